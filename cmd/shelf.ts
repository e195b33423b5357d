import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { CliError } from "../src/errors.ts";
import type { Shelf } from "../src/shelf.ts";

/**
 * A shelf in a folder that is ours alone, since a manifest may hold secrets in its environment. Each manifest is a file that
 * `kubectl create -f` takes; its name says of which object in which namespace of which cluster it is: NAMESPACE_OBJECT_RANDOM.json, by uid.
 */
export function shelfIn(folder: string): Shelf {
  return {
    put: async ({ in: namespace, uid, object }) => {
      const path = join(folder, `${[namespace, uid, crypto.randomUUID()].map(plain).join("_")}.json`);
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await write(path, JSON.stringify(object));
      } catch (cause) {
        const why = (cause as NodeJS.ErrnoException).code ?? "it failed";
        const hint = "what is deleted to be made anew is kept there until it stands again, so nothing was deleted";
        throw new CliError("config", `cannot write to ${folder}: ${why}`, { cause, hint });
      }
      return path;
    },
    all: async () => {
      const names = await readdir(folder).catch(() => []);
      const read = await Promise.all(names.map((name) => manifestIn(join(folder, name))));
      return read.flatMap((one) => one ?? []);
    },
    drop: (path) => rm(path, { force: true }),
  };
}

/** A uid as a part of a file's name: it could be anything. */
const plain = (uid: string) => uid.replace(/[^\w-]/g, "-");

/** It is on the disk before what it is of is deleted. */
async function write(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What is not whole was never finished, so nothing was deleted; what is gone meanwhile is another run's. */
async function manifestIn(path: string) {
  const [, namespace, uid] = /([\w-]+?)_([\w-]+?)_[\w-]+\.json$/.exec(path) ?? [];
  if (namespace === undefined || uid === undefined) return undefined;
  try {
    const object: unknown = JSON.parse(await readFile(path, "utf8"));
    return typeof object === "object" && object !== null ? { in: namespace, uid, object, path } : undefined;
  } catch {
    return undefined;
  }
}
