import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { openInterruption } from "../../../src/interruption.ts";
import type { ClusterScope } from "../../../src/scope/cluster-scopes.ts";
import { encodeDockerConfig } from "../../../src/secret/docker-config.ts";
import type { Entry } from "../../../src/secret/entry.ts";
import { pullSecret } from "../../../src/secret/pull-secret.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { holdersIn } from "../../../src/usage/holders.ts";
import { openAsking, refusing } from "../../support/fakes/asked.ts";
import { fakeCluster } from "../../support/fakes/cluster.ts";

const host = "r.azurecr.io";
const entryOf = (identity: string, of = host): Entry => ({
  hosts: [of],
  kind: "acr-token",
  identity,
  slot: "password1",
  madeAt: "2026-01-01T00:00:00Z",
});

/** Returns a cluster whose namespaces have Secrets of these identities: `{ a: "x", b: "x", c: "y" }`. */
function clusterScope(held: Readonly<Record<string, string>>, { name = "acr", of = host, meant = Object.keys(held) } = {}) {
  const asking = openAsking();
  const cluster = fakeCluster(asking);
  for (const [namespace, identity] of Object.entries(held)) {
    const login = { username: identity, password: new Sensitive(`of ${identity}`) };
    cluster.put(pullSecret({ kind: "secret", namespace, name }, entryOf(identity, of), encodeDockerConfig(of, login)));
  }
  const port = cluster.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });
  const found: ClusterScope = { cluster: port, namespaces: meant, open: true };
  return { asking, cluster, clusterScope: found };
}

const found = async (clusterScope: ClusterScope) =>
  (await Array.fromAsync(holdersIn(clusterScope, "acr", { kind: "acr-token", host }))).map(
    ({ entry, login }) => `${entry.identity}: ${login.password.reveal()}`,
  );

test("yields the most frequent credential first", async () => {
  const { clusterScope: at } = clusterScope({ a: "few", b: "many", c: "many", d: "some", e: "many", f: "some" });

  expect(await found(at)).toEqual(["many: of many", "some: of some", "few: of few"]);
});

test("tries at most three credentials and reads each Secret when its turn comes", async () => {
  const { clusterScope: at, asking } = clusterScope({ a: "1", b: "2", c: "3", d: "4" });

  for await (const _ of holdersIn(at, "acr", { kind: "acr-token", host })) break;
  expect(asking.all.filter((text) => text.startsWith("get "))).toEqual(["get secret a/acr"]);
  expect(await found(at)).toHaveLength(3);
});

test.for<{ why: string; at: ClusterScope }>([
  { why: "in another namespace", at: clusterScope({ a: "x" }, { meant: ["b"] }).clusterScope },
  { why: "of another name", at: clusterScope({ a: "x" }, { name: "other" }).clusterScope },
  { why: "for another registry", at: clusterScope({ a: "x" }, { of: "s.azurecr.io" }).clusterScope },
])("ignores a Secret $why", async ({ at }) => {
  expect(await found(at)).toEqual([]);
});

test("ignores a Secret of another tool with any annotation", async () => {
  const { cluster, clusterScope: at } = clusterScope({ a: "x" });
  const secret = cluster.get("secret", "a", "acr");
  if (secret) cluster.put({ ...secret, metadata: { ...secret.metadata, labels: {} } });

  expect(await found(at)).toEqual([]);
});

test("ignores an annotation without its login", async () => {
  const { cluster, clusterScope: at } = clusterScope({ a: "x", b: "y" });
  const secret = cluster.get("secret", "a", "acr");
  if (secret) cluster.put({ ...secret, data: { ".dockerconfigjson": Buffer.from("{}").toString("base64") } });

  expect(await found(at)).toEqual(["y: of y"]);
});

test("reads each namespace when a cluster-wide list is forbidden", async () => {
  const { clusterScope: at, asking } = clusterScope({ a: "x", b: "x" });
  asking.around(
    refusing(
      ({ call }) => call === "list",
      () => new CliError("forbidden", "no"),
    ),
  );

  expect(await found(at)).toEqual(["x: of x"]);
});

test("lists nothing for named namespaces and ignores another kind", async () => {
  const { clusterScope: at, asking } = clusterScope({ a: "x" });

  expect(await found({ ...at, open: false })).toEqual(["x: of x"]);
  expect(asking.all.filter((text) => text.startsWith("list "))).toEqual([]);
  expect(await Array.fromAsync(holdersIn(at, "acr", { kind: "given", host }))).toEqual([]);
});

test("finds none when reading Secrets is forbidden, and throws other errors", async () => {
  const { clusterScope: at, asking } = clusterScope({ a: "x" });
  const allow = asking.around(
    refusing(
      () => true,
      () => new CliError("forbidden", "no"),
    ),
  );
  expect(await found(at)).toEqual([]);

  allow();
  asking.around(
    refusing(
      () => true,
      () => new CliError("unreachable", "gone"),
    ),
  );
  await expect(found(at)).rejects.toThrow("gone");
});
