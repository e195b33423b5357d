import { spawnSync } from "node:child_process";
import { chmod, chown, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { noteFilesIn, noteFilesOf } from "../../../src/azure/note-files.ts";

const uid = process.getuid?.() ?? expect.unreachable("these tests need files that have owners");
const now = new Date();
const name = "a".repeat(64);

async function newHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "acr-secret-notes-"));
  onTestFinished(() => rm(home, { recursive: true }));
  return home;
}

/** A folder with a note in it. */
async function written() {
  const home = await newHome();
  const folder = join(home, "cache", "acr-secret");
  const files = noteFilesIn(folder, uid);
  expect(await files.write(name, "first", now)).toBe(true);
  return { home, folder, files, path: join(folder, name) };
}

test("a note is where nobody else reads or writes it, until it is removed", async () => {
  const { folder, files, path } = await written();

  expect(await files.read(name)).toBe("first");
  expect([(await stat(folder)).mode & 0o777, (await stat(path)).mode & 0o777]).toEqual([0o700, 0o600]);
  expect(await files.write(name, "second", now)).toBe(true);
  expect([await files.read(name), await readdir(folder)]).toEqual(["second", [name]]);
  await files.remove(name);
  await files.remove(name);
  expect([await files.read(name), await readdir(folder)]).toEqual([undefined, []]);
});

test.for<{ what: string; make: (path: string, home: string) => Promise<unknown> }>([
  { what: "a link, also to one's own file", make: async (path, home) => symlink(await ownFile(home), path) },
  { what: "a link that leads nowhere", make: (path) => symlink("/nonexistent/x", path) },
  { what: "a pipe", make: async (path) => spawnSync("sh", ["-c", 'mkfifo -m 600 "$0"', path]) },
  { what: "huge", make: (path) => writeFile(path, "x".repeat(5000), { mode: 0o600 }) },
  { what: "readable for others", make: (path) => writeFile(path, "x").then(() => chmod(path, 0o604)) },
  { what: "writable for the group", make: (path) => writeFile(path, "x").then(() => chmod(path, 0o620)) },
])("what is $what is passed over, and replaced", async ({ make }) => {
  const { home, files, path } = await written();
  await rm(path);
  await make(path, home);

  expect(await files.read(name)).toBeUndefined();
  expect(await files.write(name, "second", now)).toBe(true);
  expect(await files.read(name)).toBe("second");
  expect(await readFile(await ownFile(home), "utf8")).toBe("own");
});

test("a folder under the note's name is passed over, and stays", async () => {
  const { files, path, folder } = await written();
  await rm(path);
  await mkdir(path);

  expect([await files.read(name), await files.write(name, "second", now)]).toEqual([undefined, false]);
  await files.remove(name);
  expect(await readdir(folder)).toEqual([name]);
});

/** A file beside, which nothing may happen to. */
async function ownFile(home: string): Promise<string> {
  const path = join(home, "own");
  await writeFile(path, "own", { mode: 0o600 });
  return path;
}

test("what is somebody else's is not read", async () => {
  const { folder, path, files } = await written();
  const others = noteFilesIn(folder, uid + 1);

  expect([await others.read(name), await others.write(name, "x", now), await files.read(name)]).toEqual([undefined, false, "first"]);
  if (uid === 0) {
    await chown(path, 1, 1);
    expect(await files.read(name)).toBeUndefined();
  }
});

test.for<{ what: string; make: (folder: string, home: string) => Promise<unknown> }>([
  {
    what: "is a link",
    make: (folder, home) => mkdir(join(home, "other"), { mode: 0o700 }).then(() => symlink(join(home, "other"), folder)),
  },
  { what: "others may write", make: (folder) => mkdir(folder).then(() => chmod(folder, 0o777)) },
  { what: "is a file", make: (folder) => writeFile(folder, "x", { mode: 0o600 }) },
])("in a folder that $what nothing is written", async ({ make }) => {
  const home = await newHome();
  const folder = join(home, "acr-secret");
  await make(folder, home);

  expect(await noteFilesIn(folder, uid).write(name, "x", now)).toBe(false);
  expect(await readdir(folder).catch(() => [])).toEqual([]);
});

test.for(["/proc/nonexistent/acr-secret", "/dev/null/acr-secret", "/dev/full/acr-secret"])("%s is no error", async (folder) => {
  const files = noteFilesIn(folder, uid);

  expect([await files.write(name, "x", now), await files.read(name), await files.remove(name)]).toEqual([false, undefined, undefined]);
});

test("notes of an hour ago go, and what a killed run left, and nothing else", async () => {
  const { folder, files } = await written();
  const [old, torn, young, theirs] = ["b".repeat(64), `${"c".repeat(64)}.${crypto.randomUUID()}`, "d".repeat(64), "notes.txt"];
  const before = new Date(now.getTime() - 61 * 60_000);
  for (const [file, at] of [
    [old, before],
    [torn, before],
    [young, now],
    [theirs, before],
  ] as const) {
    await writeFile(join(folder, file), "x", { mode: 0o600 });
    await utimes(join(folder, file), at, at);
  }
  await files.write(name, "second", now);

  expect(await readdir(folder)).toEqual([name, young, theirs].sort());
});

test("writers at once leave a whole note", async () => {
  const { files, folder } = await written();
  const texts = Array.from({ length: 20 }, (_, at) => String(at).repeat(1000));
  expect(await Promise.all(texts.map((text) => files.write(name, text, now)))).toEqual(texts.map(() => true));

  expect(texts).toContain(await files.read(name));
  expect(await readdir(folder)).toEqual([name]);
});

test("a note that has a second name is read all the same", async () => {
  const { files, path, home } = await written();
  await link(path, join(home, "second"));

  expect(await files.read(name)).toBe("first");
});

test.for<{ what: string; place: Omit<Parameters<typeof noteFilesOf>[0], "uid">; at: string | undefined }>([
  { what: "kubectl's default", place: { env: { HOME: "HERE" } }, at: ".kube/cache/acr-secret" },
  { what: "KUBECACHEDIR", place: { env: { HOME: "HERE", KUBECACHEDIR: "HERE/c" } }, at: "c/acr-secret" },
  { what: "--cache-dir", place: { env: { HOME: "HERE", KUBECACHEDIR: "HERE/c" }, cacheDir: "HERE/d" }, at: "d/acr-secret" },
  { what: "an empty KUBECACHEDIR, which is none", place: { env: { HOME: "HERE", KUBECACHEDIR: "" } }, at: ".kube/cache/acr-secret" },
  { what: "no home", place: { env: {} }, at: undefined },
  { what: "a relative folder", place: { env: { HOME: "HERE", KUBECACHEDIR: "c" } }, at: undefined },
  { what: "ACR_SECRET_ASK_AZ=always", place: { env: { HOME: "HERE", ACR_SECRET_ASK_AZ: "always" } }, at: undefined },
  {
    what: "an empty ACR_SECRET_ASK_AZ, which is none",
    place: { env: { HOME: "HERE", ACR_SECRET_ASK_AZ: "" } },
    at: ".kube/cache/acr-secret",
  },
])("notes lie where $what says", async ({ place, at }) => {
  const home = await newHome();
  const here = JSON.parse(JSON.stringify({ ...place, uid }).replaceAll("HERE", home)) as Parameters<typeof noteFilesOf>[0];
  const files = noteFilesOf(here);
  await files?.write(name, "x", now);

  expect(await readdir(home, { recursive: true })).toEqual(at === undefined ? [] : expect.arrayContaining([`${at}/${name}`]));
});

test("without owners of files, as on Windows, there are none", () => {
  expect(noteFilesOf({ env: { HOME: "/home/jane" }, uid: undefined })).toBeUndefined();
});
