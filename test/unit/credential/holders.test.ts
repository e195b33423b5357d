import { expect, test } from "vitest";
import { openHolders } from "../../../src/credential/holders.ts";
import type { Cluster } from "../../../src/kube/port.ts";
import type { Secret } from "../../../src/objects.ts";
import type { Registry } from "../../../src/registry/port.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";

const host = "myregistry.azurecr.io";
const registry = { admits: async () => ({ verdict: "pulls", hosts: [] }) } as unknown as Registry;

/** Answers lists at a time that a test sets, and counts them. */
function world() {
  const state = { now: 1_000_000, lists: 0, isBroken: false, secrets: [] as Secret[] };
  const pages = async function* (_kind: string, { fields = "" }: { fields?: string }) {
    if (!fields.endsWith("dockerconfigjson")) return;
    state.lists++;
    if (state.isBroken) throw new Error("broken");
    yield state.secrets;
  };
  const cluster = { pages, now: () => state.now } as unknown as Cluster;
  const holders = openHolders(cluster, () => registry, host);
  for (const user of ["a", "b"]) holders.expect(user);
  return { state, holders };
}

const holder = (username: string): Secret => pullSecret("other", "theirs", { [host]: { username, password: "old" } });

test.each([
  { when: "the password was replaced before the list", replacedAt: 999_999, lists: 1 },
  { when: "the list began as the password was replaced", replacedAt: 1_000_000, lists: 1 },
  { when: "the password was replaced after the list began", replacedAt: 1_000_001, lists: 2 },
  { when: "it is not known when the password was replaced", replacedAt: undefined, lists: 2 },
  { when: "the list is a minute old", replacedAt: 0, later: 60_000, lists: 2 },
  { when: "the list was not for this user", user: "c", replacedAt: 0, lists: 2 },
])("finds holders with $lists lists when $when", async ({ replacedAt, later = 0, user = "b", lists }) => {
  const { state, holders } = world();
  expect(await holders.find("a", () => true, replacedAt)).toEqual({ by: undefined });
  state.now += later;
  state.secrets = [holder(user)];

  const { by } = await holders.find(user, () => true, replacedAt);

  expect(state.lists).toBe(lists);
  expect(by?.name).toBe(lists === 1 ? undefined : "theirs");
});

test("lists again when the list shows a holder that was written since", async () => {
  const { state, holders } = world();
  state.secrets = [holder("b")];
  await holders.find("a", () => true, 0);
  state.secrets = [];

  expect(await holders.find("b", () => true, 0)).toEqual({ by: undefined });
  expect(state.lists).toBe(2);
});

test("lists again when a list has failed", async () => {
  const { state, holders } = world();
  state.isBroken = true;
  await expect(holders.find("a", () => true, 0)).rejects.toThrow("broken");
  state.isBroken = false;

  expect(await holders.find("b", () => true, 0)).toEqual({ by: undefined });
});
