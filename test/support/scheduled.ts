import { loadAll } from "js-yaml";
import { run } from "./in-process.ts";

export const image = "myregistry.azurecr.io/tools/kubectl-acr-secret:1";

/** Returns the objects that `schedule` prints. @param line `schedule rotate`, with the image that it needs unless it names another one */
export async function objectsOf(line: string) {
  const named = line.includes(" --image ") ? [] : ["--image", image];
  const { stdout, stderr, code } = await run([...line.split(" "), ...named, "-o", "yaml"], {});
  if (code !== 0) throw new Error(stderr);
  return loadAll(stdout) as ReturnType<typeof JSON.parse>[];
}

/** Returns one object of a printed schedule. */
export async function objectOf(line: string, kind: string) {
  return (await objectsOf(line)).find((object) => object.kind === kind);
}
