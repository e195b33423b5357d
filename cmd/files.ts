import { fstatSync, statSync } from "node:fs";
import { open, readdir, readFile, realpath, rm, stat } from "node:fs/promises";
import { devNull } from "node:os";
import { join, sep } from "node:path";
import type { Files } from "../src/env.ts";
import { CliError } from "../src/errors.ts";

/** The files of this machine. */
export const machineFiles: Files = {
  look: (path) =>
    stat(path).then(
      (found) => (found.isDirectory() ? "folder" : "file"),
      (cause: NodeJS.ErrnoException) => {
        if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
        return failTo("read", path)(cause);
      },
    ),
  read: (path) => readFile(path, "utf8").catch(failTo("read", path)),
  list: (path) => readdir(path).catch(failTo("read", path)),
  readIn,
  create,
  remove: (path) => rm(path, { force: true }),
};

export function isNullDevice(descriptor: number): boolean {
  const found = fstatSync(descriptor);
  return found.isCharacterDevice() && found.rdev === statSync(devNull, { throwIfNoEntry: false })?.rdev;
}

export const outputError = (cause: unknown): CliError =>
  new CliError("config", `cannot write to standard output: ${reasonOf(cause)}`, { cause });

function reasonOf(cause: unknown): string {
  const { code = "unknown error" } = cause as NodeJS.ErrnoException;
  return reasons[code] ?? code;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
};

/** A FIFO in a folder would block the process. A link out of the folder could make an error print another file. */
async function readIn(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  const [inside, found] = await Promise.all([realpath(folder), realpath(path)]).catch(failTo("read", path));
  if (!found.startsWith(`${inside}${sep}`)) throw new CliError("config", `cannot read ${path}: it is a link out of the folder`);
  const isRegular = (await stat(found).catch(failTo("read", path))).isFile();
  if (!isRegular) throw new CliError("config", `cannot read ${path}: it is not a regular file`);
  return readFile(found, "utf8").catch(failTo("read", path));
}

async function create(path: string, text: string): Promise<boolean> {
  const file = await open(path, "wx", 0o600).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST") throw failTo("write", path, "; nothing was written")(cause);
    return undefined;
  });
  if (!file) return false;
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (cause) {
    await rm(path, { force: true });
    failTo("write", path, "; nothing was written")(cause);
  } finally {
    await file.close();
  }
  return true;
}

const failTo =
  (verb: string, path: string, after = "") =>
  (cause: unknown) => {
    throw new CliError("config", `cannot ${verb} ${path}: ${reasonOf(cause)}${after}`, { cause });
  };
