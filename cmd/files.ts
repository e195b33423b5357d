import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, chmod, chown, readdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CliError } from "../src/errors.ts";
import type { Files, Replacement } from "../src/files.ts";

/** The files of this machine. @param signal of what ends a run */
export function machineFiles(signal: () => AbortSignal): Files {
  return {
    look: (path) =>
      stat(path).then(
        (found) => (found.isDirectory() ? "folder" : "file"),
        (cause: NodeJS.ErrnoException) => {
          if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
          throw readingError(path, cause);
        },
      ),
    list: async (folder) => {
      const entries = await readdir(folder, { withFileTypes: true }).catch(failing(folder));
      return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() })).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    bytes: (path) => readFile(path, { signal: signal() }).catch(failing(path)),
    replace: (files) => replaceAll(files, signal()),
  };
}

const failing = (path: string) => (cause: unknown) => {
  throw readingError(path, cause);
};

/** Why a file cannot be read. */
export function readingError(path: string, cause: unknown): CliError {
  if (cause instanceof Error && cause.name === "AbortError") return new CliError("cancelled", "interrupted");
  return new CliError("config", `cannot read ${path}: ${reasonOf(cause)}`, { cause });
}

/** In a few words, why a file cannot be had. */
export function reasonOf(cause: unknown): string {
  const { code = "it failed" } = cause as NodeJS.ErrnoException;
  return reasons[code] ?? code;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
};

/** A file's new contents, written beside it and ready to take its place. */
type Ready = { readonly temporary: string; readonly target: string; readonly mode: number; readonly uid: number; readonly gid: number };

/**
 * Every new content is written beside its file first, so that the renames, which cannot fail for want of room, come one right after the
 * other. Where a path is a link, what it leads to is replaced.
 */
async function replaceAll(files: readonly Replacement[], signal: AbortSignal): Promise<void> {
  const ready = new Map<string, Ready>();
  try {
    for (const file of files) {
      const one = await readyFor(file);
      // Two paths to one file come to the same contents
      if (!ready.has(one.target)) await write(one, file);
      ready.set(one.target, ready.get(one.target) ?? one);
    }
    if (signal.aborted) throw new CliError("cancelled", "interrupted");
    for (const { temporary, target } of ready.values()) await rename(temporary, target);
  } finally {
    await Promise.all([...ready.values()].map(({ temporary }) => rm(temporary, { force: true })));
  }
}

async function readyFor({ path, before }: Replacement): Promise<Ready> {
  const target = await realpath(path).catch(notWritten(path));
  const found = await stat(target).catch(notWritten(path));
  if (!found.isFile()) throw new CliError("config", `cannot write ${path}: it is no regular file`);
  await access(target, constants.W_OK).catch(notWritten(path));
  const now = await readFile(target).catch(notWritten(path));
  if (!now.equals(before)) throw new CliError("conflict", `${path} has changed since it was read; nothing was written`);
  return { target, temporary: join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}`), ...found };
}

async function write({ temporary, mode, uid, gid }: Ready, { path, after }: Replacement): Promise<void> {
  try {
    await writeFile(temporary, after, { flag: "wx", mode: 0o600, flush: true });
    // Somebody else's file stays theirs, where we may give it away
    await chown(temporary, uid, gid).catch(() => {});
    await chmod(temporary, mode & 0o7777);
  } catch (cause) {
    await rm(temporary, { force: true });
    notWritten(path)(cause);
  }
}

const notWritten = (path: string) => (cause: unknown) => {
  throw new CliError("config", `cannot write ${path}: ${reasonOf(cause)}; nothing was written`, { cause });
};
