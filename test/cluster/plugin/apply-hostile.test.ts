import { afterAll, expect, test } from "vitest";
import { claimKey, copyLabel, credentialKey, credentialOf, sourceKey } from "../../../src/secret/record.ts";
import { applyAll, newAppliedWorlds, pullsWith, type WrittenFile } from "../../support/applied-world.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { loginOf } from "../../support/logins.ts";
import { openShell } from "../../support/plugin.ts";

const shell = await openShell();
const worlds = await newAppliedWorlds(shell, 1);
afterAll(async () => {
  await kubectl(["patch", "secret", "acr-blue", "-n", at("a"), "--type=merge", "-p", '{"metadata":{"finalizers":[]}}']).catch(() => {});
  await kubectl(["patch", "serviceaccount", "default", "-n", at("c"), "--type=merge", "-p", '{"metadata":{"finalizers":[]}}']).catch(
    () => {},
  );
  await worlds.remove();
  await shell.stop();
});
await shell.azure.push("myregistry.azurecr.io/app/api:1");
Object.assign(shell.azure.world.longRunning, { retryAfter: 0 });

const [world = expect.unreachable("a world")] = worlds.all;
const { id, at } = world;

/** All teams have a copy and a credential of their own. The tenant has all rights in `a` and `c`. The team of `e` leaves. */
const [tenant, others] = [
  ["a", "c"],
  ["b", "d"],
];
const fileWith = (repositories: readonly string[]): WrittenFile => ({
  name: id,
  namespace: at("home"),
  registry: "myregistry",
  pullSecrets: [
    { name: "acr-blue", copyTo: { selector: `shared=${id}` }, repositories, serviceAccounts: ["default"] },
    { name: "acr", eachOf: { selector: `shared=${id}` }, repositories, serviceAccounts: ["default"] },
  ],
});

const patch = (kind: string, name: string, namespace: string, change: object) =>
  kubectl(["patch", kind, name, "-n", namespace, "--type=merge", "-p", JSON.stringify(change)]);
const forever = JSON.stringify({ run: "x", until: "2999-01-01T00:00:00.000Z" });

/** Twenty pull Secrets of nearly 1 MB, with the marks of copies and of sources. */
async function writesLargeSecrets(namespace: string): Promise<void> {
  const [record, username] = await Promise.all([
    kubectl(["get", "secret", "acr-blue", "-n", at("home"), "-o", "json"]).then(
      (text) => JSON.parse(text).metadata.annotations[credentialKey],
    ),
    world.secret("home", "acr-blue").then((secret) => loginOf(secret)?.username ?? ""),
  ]);
  const large = pullSecret(namespace, "large", { "myregistry.azurecr.io": { username, password: "x".repeat(700_000) } });
  for (let index = 0; index < 20; index++) {
    const annotations = { [credentialKey]: record, [sourceKey]: JSON.stringify({ namespace: at("home"), name: "acr-blue" }) };
    const labels = { "app.kubernetes.io/managed-by": "kubectl-acr-secret", ...(index % 2 && { [copyLabel]: at("home") }) };
    await create([{ ...large, metadata: { name: `large-${index}`, namespace, labels, annotations } }]);
  }
}

async function attacks(): Promise<void> {
  const [a, c] = [at("a"), at("c")];
  const record = credentialOf(await world.secret("a", "acr"));
  await writesLargeSecrets(a);
  // A copy that never ends, and a source with a claim that never ends and the record of another team's token
  await patch("secret", "acr-blue", a, { metadata: { finalizers: ["evil.example/never"] } });
  await kubectl(["delete", "secret", "acr-blue", "-n", a, "--wait=false"]);
  const forged = JSON.stringify({ ...record, identity: loginOf(await world.secret("b", "acr"))?.username });
  await patch("secret", "acr", a, { metadata: { annotations: { [claimKey]: forever, [credentialKey]: forged } } });
  // An immutable Secret of the same name, no ServiceAccount, and a quota that admits no other Secret
  await kubectl(["delete", "secret", "acr", "acr-blue", "-n", c]);
  await create([{ ...pullSecret(c, "acr-blue", { "ghcr.io": { auth: "amFuZTpw" } }), immutable: true }]);
  await create([
    { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "none", namespace: c }, spec: { hard: { "count/secrets": "0" } } },
  ]);
  await kubectl(["wait", "--for=jsonpath={.status.hard}", "resourcequota/none", "-n", c, "--timeout=20s"]);
  await patch("serviceaccount", "default", c, { metadata: { finalizers: ["evil.example/never"] } });
  await kubectl(["delete", "serviceaccount", "default", "-n", c, "--wait=false"]);
}

test("gives all other teams their logins with apply --skip-blocked when a tenant blocks its namespaces", { timeout: 120_000 }, async () => {
  await kubectl(["label", "namespace", ...[...tenant, ...others, "e"].map(at), `shared=${id}`]);
  expect(await applyAll(shell, [fileWith(["app/web"])])).toMatchObject({ code: 0 });
  const after = [fileWith(["app/web", "app/api"])];
  await attacks();
  // Before the credential of `e` ends, the run lists all Secrets, also the large ones
  await kubectl(["label", "namespace", at("e"), "shared-"]);

  const start = Date.now();
  const run = await applyAll(shell, after, "--skip-blocked");
  const took = Date.now() - start;

  expect({ code: run.code }, run.stderr).toEqual({ code: 0 });
  for (const short of tenant) expect(run.stderr).toContain(`Warning: namespace "${at(short)}" is blocked: `);
  for (const short of others) expect(run.stderr).not.toContain(at(short));
  // One claim is waited for, 5 s at most
  expect(took).toBeLessThan(25_000);
  const shared = loginOf(await world.secret("home", "acr-blue"));
  for (const short of others) {
    expect(loginOf(await world.secret(short, "acr-blue"))).toEqual(shared);
    for (const name of ["acr-blue", "acr"])
      expect(await pullsWith(shell, loginOf(await world.secret(short, name))), short).toEqual(["app/web", "app/api"]);
    const { imagePullSecrets } = await getJson<{ imagePullSecrets: object }>("serviceaccount", "default", "-n", at(short));
    // Sources are made concurrently
    expect(imagePullSecrets).toHaveLength(2);
    expect(imagePullSecrets).toEqual(expect.arrayContaining([{ name: "acr-blue" }, { name: "acr" }]));
  }
  expect(await kubectl(["get", "secrets", "-n", at("e"), "-o", "name"])).toBe("");
  const tokens = shell.azure.world.registries.flatMap((one) => one.tokens).filter(({ name }) => name.startsWith(at("e")));
  expect(tokens).toEqual([]);
  expect((await applyAll(shell, after, "--skip-blocked --quiet")).code).toBe(0);
});
