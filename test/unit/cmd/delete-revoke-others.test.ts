import { expect, test } from "vitest";
import { clusterId } from "../../../src/secret/azure-words.ts";
import { managedBy } from "../../../src/secret/entry.ts";
import { refusing } from "../../support/fakes/asked.ts";
import { namespace, pullSecret } from "../../support/fakes/cluster.ts";
import { refused, worldOf } from "../../support/fakes/fleet.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { after, everythingIn, made, making, running } from "../../support/situations/deleting.ts";

const token = "demo-acr-myregistry-b3ccbab127";
const attached = "--serviceaccount default";

/** Copies a Secret unchanged to another namespace, as with kubectl. */
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
    stderr: `Warning: the acr-token "${token}" goes on working, since secret/acr-myregistry in namespace team-a holds it too\n`,
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

  expect(stderr).toContain("since secret/acr-myregistry in namespace team-a and secret/acr-myregistry in namespace team-b hold it too\n");
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
  // The other Secret is in a cluster that this run does not read.
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
  expect(stderr).toContain("goes on working, since secret/acr-myregistry in namespace demo of context test holds it too\n");
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

test.for([
  { what: "the label of another tool", labels: { [managedBy.key]: "kyverno" }, keeps: true },
  { what: "no label", labels: {}, keeps: true },
  { what: "neither label nor annotation", labels: {}, keeps: false },
])("revokes nothing that a Secret with $what holds", async ({ labels, keeps }) => {
  const world = await after(worldOf(["demo", "team-a"]), `${making} -n demo`);
  copied(world, "team-a");
  const copy = world.cluster.get("secret", "team-a", "acr-myregistry");
  if (copy)
    world.cluster.put({ ...copy, metadata: { ...copy.metadata, labels, annotations: keeps ? (copy.metadata.annotations ?? {}) : {} } });

  const { stderr, code } = await type("delete acr-myregistry --revoke -y -n demo", world.ports);

  expect(code).toBe(0);
  expect(stderr).toContain("secret/acr-myregistry in namespace team-a holds it too");
  const login = world.loginIn("team-a");
  expect(login && world.azure.knows(login)).toBe(true);
});

test("revokes nothing that another Secret holds and records as another password", async () => {
  const world = await after(worldOf(["demo", "team-a"]), `${making} -n demo`);
  copied(world, "team-a");
  const copy = world.cluster.get("secret", "team-a", "acr-myregistry");
  const note = copy?.metadata.annotations?.["acr-secret/logins"]?.replace("password1", "password2") ?? "";
  if (copy) world.cluster.put({ ...copy, metadata: { ...copy.metadata, annotations: { "acr-secret/logins": note } } });

  expect(await type("delete acr-myregistry --revoke -y -n demo", world.ports)).toMatchObject({ code: 0 });

  const login = world.loginIn("team-a");
  expect(login && world.azure.knows(login)).toBe(true);
});

test("revokes nothing of a cluster that Azure names and that is not selected, without --force", async () => {
  const world = fakeWorld({ contexts: ["prod", "dev"] });
  for (const [context, cluster] of world.clusters)
    for (const name of ["kube-system", "demo"]) cluster.put(namespace(name, { uid: `${name} of ${context}` }));
  await after(world, `${making} -n demo --contexts prod,dev --credential-per scope`);
  const line = "delete acr-myregistry --revoke -y -n demo --contexts prod";

  const { stderr, code } = await type(line, world.ports);

  expect(code).toBe(1);
  expect(stderr).toContain(`cluster ${clusterId("kube-system of dev")} may hold it`);
  const login = world.loginIn("demo", "acr-myregistry", "dev");
  expect(login && world.azure.knows(login)).toBe(true);
  expect(await type(`${line} --force`, world.ports)).toMatchObject({ stderr: "1 Secret deleted\n", code: 0 });
  expect(world.azure.tokens.size + world.azure.scopeMaps.size).toBe(0);
});

test.for([
  { how: "both passwords have expired", next: "rotate -n demo --expires-in 1m", first: "--expires-in 1m" },
  { how: "the first password never expires", next: "rotate -n demo --expires-in 1m", first: "" },
])("leaves nothing after a rotation when $how", async ({ next, first }) => {
  const world = worldOf(["demo"]);
  const before = everythingIn(world);
  await after(world, `${making} ${first} -n demo`, next);
  // Azure expires a password at its time.
  for (const token of world.azure.tokens.values())
    for (const [slot, password] of token.passwords)
      if (password.expiry) token.passwords.set(slot, { ...password, text: `expired ${slot}` });
  const now = () => new Date("2026-01-01T01:00:00Z");

  expect(await type("delete acr-myregistry --revoke -y -n demo", world.ports, { now })).toMatchObject({ stderr: "", code: 0 });

  expect(everythingIn(world)).toEqual(before);
});
