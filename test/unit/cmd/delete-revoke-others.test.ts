import { expect, test } from "vitest";
import { refusing } from "../../support/fakes/asked.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { refused, worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { after, made, making, running } from "../../support/situations/deleting.ts";

const token = "demo-acr-myregistry-b3ccbab127";
const attached = "--serviceaccount default";

/** A Secret as it stands, put somewhere else, as by kubectl. */
function copied({ cluster }: FakeWorld, to: string, from = "demo"): void {
  const secret = cluster.get("secret", from, "acr-myregistry");
  if (!secret) throw new Error("no Secret");
  const { uid: _, resourceVersion: __, creationTimestamp: ___, managedFields: ____, ...metadata } = secret.metadata;
  cluster.put({ ...secret, metadata: { ...metadata, namespace: to } });
}

test("another Secret that holds it goes on, and is named; the last one takes it along", async () => {
  const world = await after(worldOf(["demo", "team-a"]), `${making} ${attached} -n demo`);
  copied(world, "team-a");
  expect(await type("delete acr-myregistry --revoke -y -n demo", world.ports)).toEqual({
    stdout: "serviceaccount/default patched\nsecret/acr-myregistry deleted\n",
    stderr: `Warning: the acr-token "${token}" goes on working, since secret/acr-myregistry in namespace team-a notes it too\n`,
    code: 0,
  });
  const login = world.loginIn("team-a");
  expect(login && world.azure.knows(login)).toBe(true);
  expect(await type("delete acr-myregistry --revoke -y -n team-a", world.ports)).toMatchObject({ code: 0 });
  expect(world.azure.tokens.size + world.azure.scopeMaps.size).toBe(0);
});

test("two others that hold it are named", async () => {
  const world = await after(worldOf(["demo", "team-a", "team-b"]), `${making} -n demo`);
  copied(world, "team-a");
  copied(world, "team-b");

  const { stderr } = await type("delete acr-myregistry --revoke -y -n demo", world.ports);

  expect(stderr).toContain("since secret/acr-myregistry in namespace team-a and secret/acr-myregistry in namespace team-b note it too\n");
});

test("where others hold another password of it, only the one that nobody holds goes", async () => {
  const world = await after(
    worldOf(["demo", "team-a"]),
    `${making} --acr-token ci-token -n demo`,
    `${making} --acr-token ci-token -n team-a`,
  );
  expect(await type("delete acr-myregistry --revoke -y -n demo", world.ports)).toEqual({
    stdout: "token.azurecr.io/ci-token configured (-password1)\nsecret/acr-myregistry deleted\n",
    stderr: "",
    code: 0,
  });
  const login = world.loginIn("team-a");
  expect(login && world.azure.knows(login)).toBe(true);
});

test("a note that somebody wrote ends no password: the Secret has to hold what it notes", async () => {
  const world = await after(worldOf(["demo", "team-a"]), `${making} --acr-token ci-token -n demo`, `${making} -n team-a`);
  const { annotations = {} } = world.cluster.get("secret", "demo", "acr-myregistry")?.metadata ?? {};
  const login = world.loginIn("demo");
  // It is in a cluster that this run does not look at
  world.cluster.remove("secret", "demo", "acr-myregistry");
  const forged = world.cluster.get("secret", "team-a", "acr-myregistry");
  if (forged) world.cluster.put({ ...forged, metadata: { ...forged.metadata, annotations } });
  expect(await type("delete acr-myregistry --revoke -y -n team-a", world.ports)).toEqual({
    stdout: "secret/acr-myregistry deleted\n",
    stderr: "Warning: secret/acr-myregistry in namespace team-a notes ci-token, and holds no login of it\n",
    code: 0,
  });
  expect(login && world.azure.knows(login)).toBe(true);
});

test("nor does one with a login that somebody made up", async () => {
  const world = await after(worldOf(["demo", "team-a"]), `${making} --acr-token ci-token -n demo`);
  const real = world.cluster.get("secret", "demo", "acr-myregistry");
  const login = world.loginIn("demo");
  world.cluster.remove("secret", "demo", "acr-myregistry");
  const { data = {} } = pullSecret("team-a", "x", { "myregistry.azurecr.io": { username: "ci-token", password: "made up" } });
  if (real) world.cluster.put({ ...real, metadata: { ...real.metadata, namespace: "team-a" }, data });
  expect(await type("delete acr-myregistry --revoke -y -n team-a", world.ports)).toMatchObject({
    stdout: "secret/acr-myregistry deleted\n",
    code: 0,
  });
  expect(login && world.azure.knows(login)).toBe(true);
});

test("where the registry cannot be asked, what has another name is not revoked, and waits", async () => {
  const world = await after(worldOf(["demo"]), `${making} --acr-token ci-token -n demo`);
  const registry = { admits: async () => ({ verdict: "unreachable" as const, message: "no route" }) };
  expect(await type("delete --revoke -y -n demo", { ...world.ports, registry })).toMatchObject({
    stdout: "",
    stderr: expect.stringContaining("could not be asked for the login inside"),
    code: 1,
  });
  expect(world.azure.tokens.size).toBe(1);
  expect(await type("delete --revoke -y -n demo", world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(world.azure.tokens.size).toBe(0);
});

test("a Secret of another cluster keeps it alive, where that is among the contexts", async () => {
  const world = worldOf(["demo"], { contexts: ["prod", "test"] });
  await after(world, `${making} ${attached} -n demo --contexts prod,test --credential-per scope`);
  world.clusters.get("test")?.put(running("web-1"));
  const { stdout, stderr, code } = await type("delete acr-myregistry --revoke -y -n demo --contexts prod,test", world.ports);
  expect({ stdout, code }).toEqual({
    stdout:
      "serviceaccount/default patched in namespace demo of context prod\nsecret/acr-myregistry deleted in namespace demo of context prod\n",
    code: 1,
  });
  expect(stderr).toContain("goes on working, since secret/acr-myregistry in namespace demo of context test notes it too\n");
  const login = world.loginIn("demo", "acr-myregistry", "test");
  expect(login && world.azure.knows(login)).toBe(true);
});

test("where not every Secret may be listed, only what has this Secret's own name is revoked", async () => {
  const forbidden = refusing(({ call, at, namespace }) => call === "list" && at.startsWith("secret") && namespace === undefined, refused);
  const own = await made();
  own.asking.around(forbidden);
  expect(await type("delete acr-myregistry --revoke -y -n demo", own.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(own.azure.tokens.size).toBe(0);

  const named = await after(worldOf(["demo"]), `${making} --acr-token ci-token -n demo`);
  named.asking.around(forbidden);
  expect(await type("delete acr-myregistry --revoke -y -n demo", named.ports)).toEqual({
    stdout: "",
    stderr:
      'error: the acr-token "ci-token" is not revoked, since another Secret in this cluster may hold it: Error from server (Forbidden): no\n' +
      "hint: have it revoked by somebody who may list all Secrets there, or do the same without --revoke\n" +
      "Warning: secret/acr-myregistry stays, and notes what is to be revoked: the same command goes on from there\n",
    code: 1,
  });
  expect(named.azure.tokens.size).toBe(1);
  expect(await type("delete acr-myregistry -y -n demo", named.ports)).toMatchObject({ stdout: "secret/acr-myregistry deleted\n", code: 0 });
});
