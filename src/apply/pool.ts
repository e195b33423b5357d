/** Runs `work` over all items, at most `width` at once; results stand in the items' order. The first failure wins, once the others have ended. */
export async function pool<Item, Result>(items: readonly Item[], width: number, work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, worker));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
  return results;
}
