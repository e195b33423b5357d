import { open, readFile, rm, stat } from "node:fs/promises";
import type { Files } from "../src/env.ts";
import { CliError, Interrupted } from "../src/errors.ts";

/** Returns the file operations of this machine. @param signal returns the signal that ends a run */
export function machineFiles(signal: () => AbortSignal): Files {
  return {
    look: (path) =>
      stat(path).then(
        (found) => (found.isDirectory() ? "folder" : "file"),
        (cause: NodeJS.ErrnoException) => (cause.code === "ENOENT" || cause.code === "ENOTDIR" ? undefined : failToRead(path)(cause)),
      ),
    bytes: (path) => readFile(path, { signal: signal() }).catch(failToRead(path)),
    create,
    remove: (path) => rm(path, { force: true }),
  };
}

const failToRead = (path: string) => (cause: unknown) => {
  if (cause instanceof Error && cause.name === "AbortError") throw new Interrupted();
  throw new CliError("config", `cannot read ${path}: ${reasonOf(cause)}`, { cause });
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

const failToWrite = (path: string) => (cause: unknown) => {
  throw new CliError("config", `cannot write ${path}: ${reasonOf(cause)}; nothing was written`, { cause });
};
