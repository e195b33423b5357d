type Results<Reads extends readonly unknown[]> = { -readonly [K in keyof Reads]: Awaited<Reads[K]> };

/**
 * Waits for reads that run at once. Where several fail, the first in their order is thrown and not the first to answer,
 * so that a refusal reads the same at every run.
 */
export async function together<const Reads extends readonly unknown[]>(reads: Reads): Promise<Results<Reads>> {
  const ends = await Promise.allSettled(reads);
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
  return ends.map((end) => (end.status === "fulfilled" ? end.value : undefined)) as Results<Reads>;
}
