import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, chmod, chown, open, readdir, readFile, realpath, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Files, Replacement } from "../src/env.ts";
import { CliError, Interrupted } from "../src/errors.ts";

/** Returns the file operations of this machine. @param signal returns the signal that ends a run */
export function machineFiles(signal: () => AbortSignal): Files {
  return {
    look: (path) =>
      stat(path).then(
        (found) => (found.isDirectory() ? "folder" : "file"),
        (cause: NodeJS.ErrnoException) => (cause.code === "ENOENT" || cause.code === "ENOTDIR" ? undefined : failToRead(path)(cause)),
      ),
    list: async (folder) => {
      const entries = await readdir(folder, { withFileTypes: true }).catch(failToRead(folder));
      return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() })).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    bytes: (path) => readFile(path, { signal: signal() }).catch(failToRead(path)),
    create,
    remove: (path) => rm(path, { force: true }),
    replace: (files) => replaceAll(files, signal()),
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

/** New file content that is written next to its file and then replaces it. */
type Prepared = Awaited<ReturnType<typeof prepare>>;

/**
 * Writes each new content next to its file first, so that no rename can fail for lack of space. If a path is a symbolic link, replaces its
 * target. Overwrites a file with several hard links instead, because a rename would leave the other links with the old content.
 */
async function replaceAll(files: readonly Replacement[], signal: AbortSignal): Promise<void> {
  const ready = new Map<string, Prepared>();
  try {
    for (const file of files) {
      const one = await prepare(file);
      // Two paths to one file have the same new content
      if (!ready.has(one.id)) await write(one);
      ready.set(one.id, ready.get(one.id) ?? one);
    }
    if (signal.aborted) throw new Interrupted();
    const all = [...ready.values()];
    await overwriteAll(all.filter(({ links }) => links > 1));
    for (const { temporary, target } of all.filter(({ links }) => links === 1)) await rename(temporary, target);
  } finally {
    await Promise.all([...ready.values()].map(({ temporary }) => rm(temporary, { force: true })));
  }
}

/** Overwrites files in place. If one can't be written, restores the old content of all. */
async function overwriteAll(files: readonly Prepared[]): Promise<void> {
  for (const [index, { target, path, after }] of files.entries())
    await overwrite(target, after).catch(async (cause: unknown) => {
      await Promise.allSettled(files.slice(0, index + 1).map(({ target: done, before }) => overwrite(done, before)));
      failToWrite(path)(cause);
    });
}

async function overwrite(target: string, content: Uint8Array): Promise<void> {
  await writeFile(target, content, { flag: "r+", flush: true });
  await truncate(target, content.length);
}

async function prepare({ path, before, after }: Replacement) {
  const target = await realpath(path).catch(failToWrite(path));
  const found = await stat(target, { bigint: true }).catch(failToWrite(path));
  if (!found.isFile()) throw new CliError("config", `cannot write ${path}: it is not a regular file`);
  await access(target, constants.W_OK).catch(failToWrite(path));
  const now = await readFile(target).catch(failToWrite(path));
  if (!now.equals(before)) throw new CliError("conflict", `${path} has changed since it was read; nothing was written`);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}`);
  const { dev, ino, nlink, mode, uid, gid } = found;
  const numbers = { links: Number(nlink), mode: Number(mode), uid: Number(uid), gid: Number(gid) };
  // The id is the same for all paths to one file, such as symbolic and hard links
  return { path, before, after, target, temporary, id: `${dev}:${ino}`, ...numbers };
}

async function write({ path, after, temporary, mode, uid, gid }: Prepared): Promise<void> {
  try {
    await writeFile(temporary, after, { flag: "wx", mode: 0o600, flush: true });
    // Keep the owner of the file, if that is permitted
    await chown(temporary, uid, gid).catch(() => {});
    await chmod(temporary, mode & 0o7777);
  } catch (cause) {
    await rm(temporary, { force: true });
    failToWrite(path)(cause);
  }
}

const failToWrite = (path: string) => (cause: unknown) => {
  throw new CliError("config", `cannot write ${path}: ${reasonOf(cause)}; nothing was written`, { cause });
};
