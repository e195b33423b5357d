import { expect, test } from "vitest";
import { openInterruption } from "../../../src/interruption.ts";
import { sharedFindLogins } from "../../../src/usage/secret-logins.ts";
import { refusing } from "../../support/fakes/asked.ts";
import { stored } from "../../support/fakes/fleet.ts";

async function clusterScope(...names: readonly string[]) {
  const world = await stored(...names);
  const cluster = world.cluster.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });
  return { world, selected: { cluster, namespaces: names, open: true } };
}

const listsIn = (calls: readonly string[]) => calls.filter((call) => call.startsWith("list secret")).length;

test("shares a list between callers that wait, and starts the next list for later callers", async () => {
  const { world, selected } = await clusterScope("a", "b");
  const listed = sharedFindLogins(selected);

  const first = [listed(() => true), listed(({ identity }) => identity === "nobody")];
  await Promise.resolve();
  await Promise.resolve();
  const next = listed(() => true);
  const [all, none] = await Promise.all(first);
  await next;

  expect(all?.recorded.map(({ to }) => to.namespace)).toEqual(["a", "b"]);
  expect(none?.recorded).toEqual([]);
  // Each read needs four lists: the plugin's Secrets, both types of pull secrets, and the metadata of all Secrets.
  expect(listsIn(world.asking.all)).toBe(2 * 4);
});

test("throws the error of a list only to the callers that waited for it", async () => {
  const { world, selected } = await clusterScope("a");
  const listed = sharedFindLogins(selected);
  const free = world.asking.around(
    refusing(
      ({ call }) => call === "list",
      () => new Error("defect"),
    ),
  );

  const failed = await Promise.allSettled([listed(() => true), listed(() => true)]);
  free();

  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect((await listed(() => true)).recorded).toHaveLength(1);
});
