import { expect, test } from "vitest";
import { openHolders } from "../../../src/credential/holders.ts";
import { CliError } from "../../../src/errors.ts";
import type { Cluster } from "../../../src/kube/port.ts";
import type { Secret } from "../../../src/objects.ts";
import type { Registry } from "../../../src/registry/port.ts";
import { copiesData, copiesKey } from "../../../src/secret/record.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";

const host = "myregistry.azurecr.io";
const registry = { admits: async () => ({ verdict: "pulls", hosts: [] }) } as unknown as Registry;

/** Answers lists at a time that a test sets, and counts them. */
function world() {
  const state = { now: 1_000_000, lists: 0, failure: undefined as Error | undefined, secrets: [] as Secret[] };
  const pages = async function* (_kind: string, { fields = "" }: { fields?: string }) {
    if (!fields.endsWith("dockerconfigjson")) return;
    state.lists++;
    if (state.failure) throw state.failure;
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
  state.failure = new Error("broken");
  await expect(holders.find("a", () => true, 0)).rejects.toThrow("broken");
  state.failure = undefined;

  expect(await holders.find("b", () => true, 0)).toEqual({ by: undefined });
});

test("lists again when a list was forbidden", async () => {
  const { state, holders } = world();
  state.failure = new CliError("forbidden", "Forbidden");
  expect(await holders.find("a", () => true, 0)).toEqual({ unlisted: state.failure });
  state.failure = undefined;
  state.secrets = [holder("b")];

  expect((await holders.find("b", () => true, 0)).by?.name).toBe("theirs");
});

test.for<{ copies: Record<string, string>; unread: string | undefined }>([
  { copies: { "kube-system": "uid" }, unread: 'namespace "kube-system" refuses its Secrets, and has a copy' },
  { copies: { other: "uid" }, unread: undefined },
])("counts kube-system, which refuses its Secrets, only if a record names it: $copies", async ({ copies, unread }) => {
  const source = holder("a");
  const secrets = [{ ...source, data: { ...source.data, [copiesKey]: copiesData(copies) ?? "" } }];
  const pages = async function* (kind: string, { namespace, fields = "" }: { namespace?: string; fields?: string }) {
    if (kind === "namespace") yield ["kube-system", "other"].map((name) => ({ metadata: { name } }));
    else if (namespace !== "other") throw new CliError("forbidden", "Forbidden");
    else if (fields.endsWith("dockerconfigjson")) yield secrets;
  };
  const unreadIn = new Map<string, CliError>();
  const holders = openHolders({ pages, now: () => 0 } as unknown as Cluster, () => registry, host, unreadIn);

  const held = await holders.find("a", () => true);

  expect({ by: held.by?.name, unread: held.unread }).toEqual({ by: "theirs", unread: unread && true });
  expect(unreadIn.get("kube-system")?.message).toBe(unread);
});

test("keeps at most 1,000 logins of a Secret when a run expects many names", async () => {
  const { state, holders } = world();
  const users = Array.from({ length: 1_001 }, (_, index) => `user-${index}`);
  for (const user of users) holders.expect(user);
  state.secrets = [
    pullSecret("other", "theirs", Object.fromEntries(users.map((user) => [`${user}.azurecr.io`, { username: user, password: "old" }]))),
  ];

  const found = await Promise.all(users.map((user) => holders.find(user, () => true)));

  expect(found.filter(({ by }) => by)).toHaveLength(1_000);
});
