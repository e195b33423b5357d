import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, chmod, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Environment } from "../src/env.ts";
import { CliError } from "../src/errors.ts";
import { reasonOf } from "./files.ts";

/** The programs that are found by their names, in the folders of PATH. What cannot be done is a CliError of kind config. */
export type Programs = {
  readonly system: "posix" | "windows";
  /** The folders of PATH, in their order. */
  readonly folders: readonly string[];
  /** The path of the program that runs under this name; undefined for none. */
  find(name: string): Promise<string | undefined>;
  /** Whether a folder, by whatever path to it, is one of these. */
  searches(folder: string): Promise<boolean>;
  /** Why nothing can be put into a folder; undefined where it can. */
  closed(folder: string): Promise<string | undefined>;
  /** The text of a file; undefined where there is none. */
  read(path: string): Promise<string | undefined>;
  /** Makes a program of this text, or another of the one that is there. */
  put(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
};

/** The programs of this machine, as kubectl finds them: what PATH names by a relative folder, it passes over. */
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
      readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === "ENOENT") return undefined;
        throw failing("read", path, cause);
      }),
    put: (path, text) => put(path, text).catch((cause: unknown) => Promise.reject(failing("write", path, cause))),
    remove: (path) => rm(path, { force: true }).catch((cause: unknown) => Promise.reject(failing("delete", path, cause))),
  };
}

const passes = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

const trueName = (folder: string): Promise<string | undefined> => realpath(folder).catch(() => undefined);

const runs = async (file: string): Promise<boolean> =>
  (await passes(access(file, constants.X_OK))) &&
  (await stat(file).then(
    (found) => found.isFile(),
    () => false,
  ));

/** Beside its place first, so that nobody ever runs half of it. */
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

const failing = (verb: string, path: string, cause: unknown) =>
  new CliError("config", `cannot ${verb} ${path}: ${reasonOf(cause)}`, { cause });
