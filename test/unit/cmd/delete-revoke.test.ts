import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { refused, shared, worldOf } from "../../support/fakes/fleet.ts";
import { type Run, type } from "../../support/in-process.ts";
import { notedSecret } from "../../support/rotating.ts";
import { after, everythingIn, made, making } from "../../support/situations/deleting.ts";

const token = "demo-acr-myregistry-b3ccbab127";
const attached = "--serviceaccount default";

test("what was made goes, the Secret only once that is done, and never with a dead password inside", async () => {
  const world = await made();
  world.asking.around(async ({ port, writes }, next) => {
    const login = world.loginIn("demo");
    if (port === "azure" && writes) expect(login).toBeUndefined();
    return next();
  });
  expect(await type("delete --revoke -y -n demo", world.ports)).toEqual({
    stdout:
      "serviceaccount/default patched\n" +
      `token.azurecr.io/${token} deleted\nscopemap.azurecr.io/${token} deleted\nsecret/acr-myregistry deleted\n`,
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([
    "patch serviceaccount demo/default",
    "patch secret demo/acr-myregistry",
    "patch secret demo/acr-myregistry",
    `deleteToken ${token}`,
    `deleteScopeMap ${token}`,
    "delete secret demo/acr-myregistry",
  ]);
});

const lending = "create --registry myregistry --scope-map readers";

test.for([
  { what: "a token of its own", line: `${making} ${attached} -n demo` },
  { what: "a named token that is new", line: `${making} ${attached} --acr-token ci-token -n demo` },
  { what: "a token with a scope map that exists", line: `${lending} ${attached} -n demo` },
  { what: "one that all share", line: `${lending} ${attached} -A --credential-per scope`, scope: "-A" },
  { what: "a token that dies", line: `${making} ${attached} --expires-in 30d -n demo` },
  { what: "a service principal of its own", line: "create --registry myregistry --serviceaccount default --service-principal -n demo" },
  { what: "a service principal that is new", line: "create --registry myregistry --serviceaccount default --service-principal ci -n demo" },
  { what: "a token that all share", line: `${making} ${attached} -A --credential-per scope`, scope: "-A" },
  { what: "a token for each", line: `${making} ${attached} -A --credential-per namespace`, scope: "-A" },
  { what: "what Argo CD reads", line: `${making} --for argocd -n demo` },
  { what: "what was rotated", line: `${making} ${attached} -n demo`, next: ["rotate -n demo"] },
])("create and then delete --revoke leave the cluster and Azure as they were: $what", async ({ line, scope = "-n demo", next = [] }) => {
  const world = worldOf(["demo", "team-a"]);
  world.cluster.put(pullSecret("team-a", "theirs"));
  world.azure.putScopeMap({ name: "readers", actions: ["repositories/app/web/content/read"] });
  const before = everythingIn(world);
  await after(world, line, ...next);
  expect(everythingIn(world)).not.toEqual(before);
  const { stderr, code } = await type(`delete acr-myregistry --revoke -y ${scope}`, world.ports);
  expect({ stderr: stderr.replace(/^\d Secrets? deleted\n/, ""), code }).toEqual({ stderr: "", code: 0 });
  expect(everythingIn(world)).toEqual(before);
});

test("in Azure goes only what this plugin made: of a token of others the password", async () => {
  const world = worldOf(["demo"]);
  world.azure.putScopeMap({ name: "ci-token", actions: ["repositories/app/web/content/read", "repositories/app/web/metadata/read"] });
  world.azure.putToken("ci-token", ["password1"]);
  const before = everythingIn(world);
  await after(world, `${making} --acr-token ci-token -n demo`);
  expect(await type("delete --revoke -y -n demo", world.ports)).toEqual({
    stdout: "token.azurecr.io/ci-token configured (-password2)\nsecret/acr-myregistry deleted\n",
    stderr: "",
    code: 0,
  });
  expect(everythingIn(world)).toEqual(before);
});

test("over many namespaces it goes once, after the last Secret has lost its login", async () => {
  const world = await after(worldOf(["a", "b"]), `${making} ${attached} --namespaces a,b --credential-per scope`);
  expect(await type("delete acr-myregistry --revoke -y --namespaces a,b", world.ports)).toEqual({
    stdout:
      "serviceaccount/default patched in namespace a\nserviceaccount/default patched in namespace b\n" +
      `token.azurecr.io/${shared} deleted\nscopemap.azurecr.io/${shared} deleted\n` +
      "secret/acr-myregistry deleted in namespace a\nsecret/acr-myregistry deleted in namespace b\n",
    stderr: "2 Secrets deleted\n",
    code: 0,
  });
});

test("where one place cannot be written, its Secret keeps the credential alive, and the next run ends it", async () => {
  const world = await after(worldOf(["a", "b"]), `${making} ${attached} --namespaces a,b --credential-per scope`);
  const free = world.asking.around(refusing(is("patch serviceaccount b/default"), refused));
  expect(await type("delete acr-myregistry --revoke -y --namespaces a,b", world.ports)).toEqual({
    stdout: "serviceaccount/default patched in namespace a\nsecret/acr-myregistry deleted in namespace a\n",
    stderr:
      "b: Error from server (Forbidden): no\n" +
      `Warning: a: the acr-token "${shared}" goes on working, since secret/acr-myregistry in namespace b holds it too\n1 Secret deleted, 1 failed\n`,
    code: 1,
  });
  free();
  const login = world.loginIn("b");
  expect(login && world.azure.knows(login)).toBe(true);
  expect(await type("delete acr-myregistry --revoke -y --namespaces a,b", world.ports)).toMatchObject({ code: 0 });
  expect(world.azure.tokens.size).toBe(0);
});

test.for([
  {
    what: "is a password that somebody gave",
    make: "create --registry myregistry.azurecr.io --username ci --password-stdin --verify=false",
    why: 'the given "ci" goes on working: whoever gave it has to give another',
  },
  {
    what: "is a token that dies by itself",
    make: "create --registry myregistry --entra --repository app/web",
    why: 'the entra "00000000-0000-0000-0000-000000000000" goes on working: it dies by itself at 2026-01-01T03:00:00Z, and nobody can end it before',
  },
])("what $what is not revoked, and told", async ({ make, why }) => {
  const world = worldOf(["demo"]);
  await type(`${make} -n demo`, world.ports, { stdin: "hunter2" });
  expect(await type("delete --revoke -y -n demo", world.ports)).toEqual({
    stdout: "secret/acr-myregistry deleted\n",
    stderr: expect.stringContaining(why),
    code: 0,
  });
});

test("a login that was added to somebody else's Secret is revoked too, and the Secret keeps the rest", async () => {
  const world = worldOf(["demo"]);
  world.cluster.put(pullSecret("demo", "theirs", { "docker.io": { auth: "YTpi" } }));
  const before = world.cluster.get("secret", "demo", "theirs")?.data;
  await after(world, `create theirs ${making.slice(7)} --merge -n demo`);
  expect(await type("delete theirs --revoke -y -n demo", world.ports)).toMatchObject({
    stdout: expect.stringMatching(/^token.azurecr.io\/\S+ deleted\nscopemap.azurecr.io\/\S+ deleted\nsecret\/theirs configured\n$/),
    stderr: "",
    code: 0,
  });
  expect(world.cluster.get("secret", "demo", "theirs")?.data).toEqual(before);
  expect(world.cluster.get("secret", "demo", "theirs")?.metadata.annotations ?? {}).toEqual({});
});

test("an immutable one goes with its login, which it cannot lose before", async () => {
  const world = await made();
  const secret = world.cluster.get("secret", "demo", "acr-myregistry");
  if (secret) world.cluster.put({ ...secret, immutable: true });
  expect(await type("delete --revoke -y -n demo", world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(world.azure.tokens.size).toBe(0);
  expect(world.cluster.get("secret", "demo", "acr-myregistry")).toBeUndefined();
});

test("who is not signed in to Azure finds out before anything is changed", async () => {
  const world = await made();
  const before = everythingIn(world);
  world.asking.around(refusing(is("findRegistry"), () => new CliError("unauthenticated", "az is not signed in", { hint: "az login" })));
  expect(await type("delete --revoke -y -n demo", world.ports)).toEqual({
    stdout: "",
    stderr: "error: az is not signed in\nhint: az login\n",
    code: 1,
  });
  expect(everythingIn(world)).toEqual(before);
});

test("where Azure refuses, the Secret stays without its login, and the same command goes on", async () => {
  const world = await made();
  const free = world.asking.around(refusing(is("deleteToken"), refused));
  expect(await type("delete --revoke -y -n demo", world.ports)).toEqual({
    stdout: "serviceaccount/default patched\n",
    stderr:
      "Error from server (Forbidden): no\n" +
      `Warning: it is not revoked; to revoke it yourself:\n  az acr token delete --registry myregistry --name ${token}\n` +
      "Warning: secret/acr-myregistry stays, and notes what is to be revoked: the same command goes on from there\n",
    code: 1,
  });
  expect(world.loginIn("demo")).toBeUndefined();
  free();
  expect(await type("delete --revoke -y -n demo", world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(world.azure.tokens.size + world.azure.scopeMaps.size).toBe(0);
});

test("a scope map that another token has been given stays, and what that token may pull", async () => {
  const world = await made();
  await type(`create other --registry myregistry --acr-token other-token --scope-map ${token} -n demo`, world.ports);

  const { stdout, code } = await type("delete acr-myregistry --revoke -y -n demo", world.ports);

  expect({ stdout, code }).toEqual({
    stdout: expect.stringContaining(`token.azurecr.io/${token} deleted\nsecret/acr-myregistry`),
    code: 0,
  });
  expect([[...world.azure.tokens.keys()], [...world.azure.scopeMaps.keys()]]).toEqual([["other-token"], [token]]);
  // The state after a run that was killed between the two steps.
  world.cluster.put(notedSecret("demo", "acr-myregistry", [noted], { username: token, password: "gone" }));
  expect(await type("delete acr-myregistry --revoke -y -n demo", world.ports)).toMatchObject({ code: 0 });
  expect([...world.azure.scopeMaps.keys()]).toEqual([token]);
});

const noted = { hosts: ["myregistry.azurecr.io"], kind: "acr-token", identity: token, slot: "password1", madeAt: "2026-01-01T00:00:00Z" };

test("whoever makes it anew in the meantime waits until it is gone, and gets a token that works", async () => {
  const world = await made();
  let making_: Promise<Run> | undefined;
  world.asking.around(async (asked, next) => {
    if (is("deleteToken")(asked)) {
      making_ ??= type(`${making} -n demo`, world.ports, { sleep: () => new Promise((resolve) => setTimeout(resolve, 2)) });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return next();
  });
  expect(await type("delete --revoke -y -n demo", world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(await making_).toMatchObject({ stdout: expect.stringContaining("secret/acr-myregistry created"), code: 0 });
  const login = world.loginIn("demo");
  expect(login && world.azure.knows(login)).toBe(true);
});

test("a run that makes a password for it is waited for, and what it made goes too", async () => {
  const world = worldOf(["demo"]);
  let deleting: Promise<Run> | undefined;
  world.asking.around(async (asked, next) => {
    if (is("generatePassword")(asked)) {
      deleting ??= type("delete acr-myregistry --revoke -y -n demo", world.ports, {
        sleep: () => new Promise((resolve) => setTimeout(resolve, 2)),
      });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return next();
  });
  await type(`${making} -n demo`, world.ports);
  expect(await deleting).toMatchObject({ stderr: "", code: 0 });
  expect(world.azure.tokens.size + world.azure.scopeMaps.size).toBe(0);
  expect(world.cluster.get("secret", "demo", "acr-myregistry")).toBeUndefined();
});
