import { expect, test } from "vitest";
import type { Pod } from "../../../src/objects.ts";
import { withAside } from "../../../src/state/shelved.ts";
import { benchOf } from "../../support/fakes/bench.ts";
import { fakeShelf } from "../../support/fakes/shelf.ts";
import { addNamespaces, fakeWorld } from "../../support/fakes/world.ts";
import { jobOf, podOf } from "../../support/situations/anew.ts";

const inside = "uid-of-demo";
const written = (name: string, labels = {}) => {
  const { uid: _, resourceVersion: __, ...metadata } = podOf({ metadata: { name, labels } }).metadata;
  return { ...podOf({}), metadata };
};
const going = podOf({ metadata: { uid: "uid-p", deletionTimestamp: "2026-01-01T00:00:00Z" } });

test.for<{ why: string; found?: Pod[]; meant?: { selector?: string; name?: string }; lies?: object[]; names: string[] }>([
  { why: "it is gone", names: ["p"] },
  { why: "it goes", found: [going], names: ["p"] },
  { why: "another goes of that name", found: [{ ...going, metadata: { ...going.metadata, uid: "another" } }], names: ["p uid another"] },
  { why: "another stands", found: [podOf({ metadata: { uid: "another" } })], names: ["p uid another"] },
  { why: "beside others", found: [podOf({ metadata: { name: "q", uid: "uid-q" } })], names: ["q uid uid-q", "p"] },
  { why: "another is meant", meant: { name: "q" }, names: [] },
  { why: "it has the labels", meant: { selector: "app=web" }, names: ["p"] },
  { why: "it has not", meant: { selector: "app=api" }, names: [] },
  { why: "twice", lies: [written("p"), written("p")], names: ["p"] },
  { why: "of another kind", lies: [{ ...jobOf({}) }], names: [] },
])("what was deleted counts: $why", async ({ found = [], meant = {}, lies = [written("p", { app: "web" })], names }) => {
  const world = fakeWorld();
  addNamespaces(world.cluster, "demo");
  const place = { cluster: benchOf(world).cluster, namespace: "demo", context: undefined };
  const shelf = fakeShelf();
  for (const object of lies) await shelf.put({ in: inside, uid: "uid-p", object });
  const all = await withAside(found, { kind: "pod", ...meant }, place, shelf);
  expect(all.map(({ metadata: { name, uid } }) => (uid ? `${name} uid ${uid}` : name))).toEqual(names);
});

test("nothing is asked where nothing lies there, or nothing could", async () => {
  const world = fakeWorld();
  const place = { cluster: benchOf(world).cluster, namespace: "demo", context: undefined };
  expect(await withAside([podOf({})], { kind: "pod" }, place, fakeShelf())).toHaveLength(1);
  expect(await withAside([podOf({})], { kind: "pod" }, place, undefined)).toHaveLength(1);
  const shelf = fakeShelf();
  await shelf.put({ in: inside, uid: "uid-p", object: written("p") });
  expect(await withAside([], { kind: "deployment.apps" }, place, shelf)).toEqual([]);
  expect(world.asking.all).toEqual([]);
});
