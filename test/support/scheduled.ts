import { loadAll } from "js-yaml";
import { run } from "./in-process.ts";

/** Returns the objects that `schedule` prints. @param line `schedule rotate --image IMAGE` */
export async function objectsOf(line: string) {
  const { stdout, stderr, code } = await run([...line.split(" "), "-o", "yaml"], {});
  if (code !== 0) throw new Error(stderr);
  return loadAll(stdout) as ReturnType<typeof JSON.parse>[];
}

/** Returns one object of a printed schedule. */
export async function objectOf(line: string, kind: string) {
  return (await objectsOf(line)).find((object) => object.kind === kind);
}
