import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, chmod, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Environment } from "../src/env.ts";
import { CliError } from "../src/errors.ts";
import { reasonOf } from "./files.ts";

/** The programs that are found by name in the folders of PATH. Failed operations throw a CliError of kind config. */
export type Programs = {
  readonly system: "posix" | "windows";
  readonly folders: readonly string[];
  /** Returns the path of the program that runs under this name; undefined if there is none. */
  find(name: string): Promise<string | undefined>;
  /** Whether a folder is one of these, by any path to it. */
  searches(folder: string): Promise<boolean>;
  /** Returns why a folder is not writable; undefined if it is. */
  closed(folder: string): Promise<string | undefined>;
  read(path: string): Promise<string | undefined>;
  put(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
};

/** Returns the programs of this machine as kubectl finds them: it skips relative folders in PATH. */
export function machinePrograms(env: Environment, platform: NodeJS.Platform): Programs {
  const windows = platform === "win32";
  const folders = [...new Set((env["PATH"] ?? env["Path"] ?? "").split(windows ? ";" : ":").filter(isAbsolute))];
  return {
    system: windows ? "windows" : "posix",
    folders,
    find: async (name) => {
      const found = await Promise.all(folders.map((folder) => runs(join(folder, name))));
      return folders.map((folder) => join(folder, name)).find((_, at) => found[at]);
    },
    searches: async (folder) => {
      const [here, ...others] = await Promise.all([folder, ...folders].map(trueName));
      return here !== undefined && others.includes(here);
    },
    closed: (folder) => access(folder, constants.W_OK | constants.X_OK).then(() => undefined, reasonOf),
    read: (path) =>
      readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => (cause.code === "ENOENT" ? undefined : failTo("read", path)(cause))),
    put: (path, text) => put(path, text).catch(failTo("write", path)),
    remove: (path) => rm(path, { force: true }).catch(failTo("delete", path)),
  };
}

const trueName = (folder: string): Promise<string | undefined> => realpath(folder).catch(() => undefined);

const runs = (file: string): Promise<boolean> =>
  Promise.all([stat(file), access(file, constants.X_OK)]).then(
    ([found]) => found.isFile(),
    () => false,
  );

/** Writes a temporary file first, so that an incomplete program never runs. */
async function put(path: string, text: string): Promise<void> {
  const fresh = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  try {
    await writeFile(fresh, text, { flag: "wx" });
    await chmod(fresh, 0o755);
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}

const failTo = (verb: string, path: string) => (cause: unknown) => {
  throw new CliError("config", `cannot ${verb} ${path}: ${reasonOf(cause)}`, { cause });
};
