import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import type { Env } from "../context.ts";

/** Texts that outlive a run, by name, which nobody else can write. None of it ever fails: what cannot be read is not there. */
export type NoteFiles = {
  read(name: string): Promise<string | undefined>;
  /** @returns whether it is there now */
  write(name: string, text: string, now: Date): Promise<boolean>;
  remove(name: string): Promise<void>;
};

/** Bytes; a note has a few hundred. */
const largest = 4096;

/** Nothing older is of use. Milliseconds. */
export const longest = 60 * 60_000;

type Place = { readonly env: Env; readonly cacheDir?: string | undefined; readonly uid: number | undefined };

/**
 * A folder of ours in kubectl's cache: `--cache-dir`, else KUBECACHEDIR, else `~/.kube/cache`. There is none where kubectl's is
 * relative, where files have no owner (Windows), and where ACR_SECRET_ASK_AZ says anything.
 */
export function noteFilesOf({ env, cacheDir, uid }: Place): NoteFiles | undefined {
  const { ACR_SECRET_ASK_AZ: always, KUBECACHEDIR, HOME } = env;
  const cache = cacheDir || KUBECACHEDIR || (HOME && join(HOME, ".kube", "cache"));
  if (uid === undefined || always || !cache || !isAbsolute(cache)) return undefined;
  return noteFilesIn(join(cache, "acr-secret"), uid);
}

/** @param uid whose the folder and its files have to be */
export function noteFilesIn(folder: string, uid: number): NoteFiles {
  return {
    read: (name) => readOwn(join(folder, name), uid).catch(() => undefined),
    async write(name, text, now) {
      const beside = join(folder, `${name}.${crypto.randomUUID()}`);
      try {
        // Node's own way to make what is missing above never ends in /proc, and where an automounter knows no such home
        for (const missing of [dirname(dirname(folder)), dirname(folder), folder]) await mkdir(missing, { mode: 0o700 }).catch(() => {});
        if (!isOwn(await lstat(folder), uid)) return false;
        await writeFile(beside, text, { flag: "wx", mode: 0o600 });
        await rename(beside, join(folder, name));
        await sweep(folder, now).catch(() => {});
        return true;
      } catch {
        await rm(beside, { force: true }).catch(() => {});
        return false;
      }
    },
    remove: (name) => rm(join(folder, name), { force: true }).catch(() => {}),
  };
}

type Owned = { readonly uid: number; readonly mode: number };

const isOwn = ({ uid, mode }: Owned, own: number) => uid === own && (mode & 0o077) === 0;

async function readOwn(path: string, uid: number): Promise<string | undefined> {
  // A link is not followed, and a pipe not waited for
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return await readPlain(file, uid);
  } finally {
    await file.close();
  }
}

async function readPlain(file: FileHandle, uid: number): Promise<string | undefined> {
  const found = await file.stat();
  if (!found.isFile() || !isOwn(found, uid) || found.size > largest) return undefined;
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(found.size), position: 0 });
  return buffer.toString("utf8", 0, bytesRead);
}

/** Takes away what nobody came back for, and what a run left that was killed while it wrote. */
async function sweep(folder: string, now: Date): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^[\da-f]{64}(\.|$)/.test(name));
  await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { mtimeMs } = await lstat(path);
      if (now.getTime() - mtimeMs > longest) await rm(path, { force: true });
    }),
  );
}
