import { open, readdir, readFile, rm, stat } from "node:fs/promises";
import type { Files } from "../src/env.ts";
import { CliError } from "../src/errors.ts";

/** The files of this machine. */
export const machineFiles: Files = {
  look: (path) =>
    stat(path).then(
      (found) => (found.isDirectory() ? "folder" : "file"),
      (cause: NodeJS.ErrnoException) => {
        if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
        return failToRead(path)(cause);
      },
    ),
  read: (path) => readFile(path, "utf8").catch(failToRead(path)),
  list: (path) => readdir(path).catch(failToRead(path)),
  create,
  remove: (path) => rm(path, { force: true }),
};

export function reasonOf(cause: unknown): string {
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

async function create(path: string, text: string): Promise<boolean> {
  const file = await open(path, "wx", 0o600).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST") throw failToWrite(path)(cause);
    return undefined;
  });
  if (!file) return false;
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (cause) {
    await rm(path, { force: true });
    failToWrite(path)(cause);
  } finally {
    await file.close();
  }
  return true;
}

const failToRead = (path: string) => (cause: unknown) => {
  throw new CliError("config", `cannot read ${path}: ${reasonOf(cause)}`, { cause });
};

const failToWrite = (path: string) => (cause: unknown) => {
  throw new CliError("config", `cannot write ${path}: ${reasonOf(cause)}; nothing was written`, { cause });
};
