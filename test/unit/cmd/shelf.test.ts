import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { shelfIn } from "../../../cmd/shelf.ts";

async function newFolder(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "acr-secret-shelf-"));
  onTestFinished(() => rm(home, { recursive: true }));
  return join(home, ".kube", "acr-secret");
}

const object = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "demo" }, spec: { env: "hunter2" } };
const one = { in: "11111111-aaaa-4bbb-8ccc-222222222222", uid: "33333333-aaaa-4bbb-8ccc-444444444444", object };

test("a manifest lies where nobody else reads it, as kubectl takes it, until it is dropped", async () => {
  const folder = await newFolder();
  const shelf = shelfIn(folder);
  expect(await shelf.all()).toEqual([]);
  const path = await shelf.put(one);
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual(object);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(await shelfIn(folder).all()).toEqual([{ ...one, path }]);
  await shelf.drop(path);
  await shelf.drop(path);
  expect(await readdir(folder)).toEqual([]);
});

test("each run has a file of its own, also for the same object", async () => {
  const shelf = shelfIn(await newFolder());
  const [first, second] = [await shelf.put(one), await shelf.put(one)];
  expect(first).not.toBe(second);
  await shelf.drop(first);
  expect(await shelf.all()).toEqual([{ ...one, path: second }]);
});

test("what is not whole, or another's, is passed over", async () => {
  const folder = await newFolder();
  const shelf = shelfIn(folder);
  const path = await shelf.put(one);
  await writeFile(path.replace(/_[^_]*$/, "_torn.json"), '{"apiVersion":');
  await writeFile(path.replace(/_[^_]*$/, "_text.json"), '"text"');
  await writeFile(path.replace(/_[^_]*$/, "_null.json"), "null");
  await writeFile(join(folder, "notes.json"), "{}");
  expect(await shelf.all()).toEqual([{ ...one, path }]);
});

test("a uid leads nowhere else", async () => {
  const folder = await newFolder();
  const path = await shelfIn(folder).put({ ...one, uid: "../../x" });
  expect(path.startsWith(`${folder}/`)).toBe(true);
});

test("where nothing can be written that is told, and why it matters", async () => {
  const folder = await newFolder();
  await writeFile(folder.replace("/.kube/acr-secret", "/.kube"), "");
  await expect(shelfIn(folder).put(one)).rejects.toMatchObject({
    kind: "config",
    message: `cannot write to ${folder}: ENOTDIR`,
    hint: "what is deleted to be made anew is kept there until it stands again, so nothing was deleted",
  });
});
