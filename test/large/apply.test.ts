import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, inject, test } from "vitest";
import { ask, openApi } from "../../scripts/bench/fleet/api.ts";
import { makeNamespaces, namespaceOf } from "../../scripts/bench/fleet/namespaces.ts";
import { watch } from "../../scripts/bench/fleet/watched.ts";
import { policyVariable } from "../../src/schedule/policy.ts";
import { mapConcurrently } from "../../src/scope/concurrency.ts";
import { copyLabel, credentialKey, sourceKey } from "../../src/secret/record.ts";
import { newAppliedWorlds, pullsWith, type WrittenFile } from "../support/applied-world.ts";
import { pullSecret } from "../support/fakes/cluster.ts";
import { create, getJson, kubectl } from "../support/kubectl.ts";
import { loginOf } from "../support/logins.ts";
import { newNamespace, openShell } from "../support/plugin.ts";
import { applySchedule } from "../support/schedule-account.ts";

const shell = await openShell();
const worlds = await newAppliedWorlds(shell, 1);
afterAll(async () => {
  await worlds.remove();
  await shell.stop();
});
for (const image of ["app/api:1", "base/os:1"]) await shell.azure.push(`myregistry.azurecr.io/${image}`);
Object.assign(shell.azure.world.longRunning, { retryAfter: 0 });

const teams = Array.from({ length: 10 }, (_, index) => `fleet-${index}`);

/** Returns how often a run has sent each request to the API server, from its trace. */
function requestsIn(log: string): Readonly<Record<string, number>> {
  const sent = [...log.matchAll(/^(\w+) (\/apis?\/[^ ?]+)\S* \d+ /gm)].map(([, method, path = ""]) => {
    return `${method} ${path.replace(/(\/namespaces)\/[^/]+\//, "$1/NS/").replace(/(\/v1\/(?:namespaces\/NS\/)?\w+)\/[^/]+$/, "$1/NAME")}`;
  });
  return Object.fromEntries([...Map.groupBy(sent, (one) => one)].map(([one, { length }]) => [one, length]));
}

// First, because the objects of the other test would be in its lists. The Job of `schedule` requests 128 MiB
test("reads each list of the cluster once for each entry when 1,000 namespaces need no change", { timeout: 600_000 }, async () => {
  const api = await openApi(inject("kubeconfig"));
  await makeNamespaces(api, 1000, (index) => ({ team: teams[index % teams.length] }));
  const accounts = Array.from({ length: 1000 }, (_, index) => `/api/v1/namespaces/${namespaceOf(index)}/serviceaccounts`);
  await mapConcurrently(accounts, 32, (path) => ask(api, "POST", path, { metadata: { name: "ci" } }));
  api.close();
  const home = await newNamespace();
  const pullSecrets = teams.map((team) => ({
    ...{ name: `acr-${team}`, copyTo: { selector: `team=${team}` }, repositories: ["app/web"], serviceAccounts: ["default", "ci"] },
  }));
  const text = JSON.stringify({ name: "teams", namespace: home, registry: "myregistry", pullSecrets });
  const [file, log] = [join(shell.folder, "teams.yaml"), join(shell.folder, "log")];
  await writeFile(file, text);
  expect(await shell.type(`kubectl acr-secret apply -f ${file} --quiet`)).toMatchObject({ code: 0 });
  const { name, kubeconfig } = await applySchedule(shell, text, home, "fleet-00000");
  // A program that was written just now has more in memory
  const plugin = join(shell.folder, "plugin");
  await cp(inject("plugin"), plugin, { recursive: true });
  const env = { ...shell.env, PATH: `${plugin}:${shell.env.PATH}`, KUBECONFIG: kubeconfig, [policyVariable]: name };
  const run = async (flags = "") => {
    const line = `exec kubectl acr-secret apply -f ${file} --skip-blocked --quiet ${flags} >${log} 2>&1`;
    return { ...(await watch("sh", ["-c", line], env, 5)), log: await readFile(log, "utf8") };
  };
  shell.azure.calls.reset();

  const runs = [await run(), await run(), await run()];
  const requests = requestsIn((await run("-v=6")).log);

  expect(runs.map((one) => one.log)).toEqual(Array(3).fill("nothing to do\n"));
  // A list has two pages: the size of the first one determines that of the second one
  expect(requests).toEqual({
    "GET /apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/NAME": 1,
    "GET /apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/NAME": 1,
    "POST /apis/authentication.k8s.io/v1/selfsubjectreviews": 1,
    "GET /api/v1/namespaces/NAME": 11,
    "GET /api/v1/namespaces": 2 * 10,
    "GET /api/v1/namespaces/NS/secrets/NAME": 10,
    "GET /api/v1/secrets": 2 * 10,
    "GET /api/v1/serviceaccounts": 2 * 2 * 10,
    "GET /api/v1/pods": 10,
  });
  const changing = shell.azure.calls.list().filter(({ method }) => ["PUT", "PATCH", "DELETE"].includes(method));
  expect(changing).toEqual([]);
  expect(Math.min(...runs.map(({ milliseconds }) => milliseconds))).toBeLessThan(3_000);
  expect(Math.min(...runs.map(({ peak = Number.NaN }) => peak))).toBeLessThan(160);
});

const [world = expect.unreachable("a world")] = worlds.all;
const { id, at } = world;
const [tenant, others] = [
  ["a", "c"],
  ["b", "d"],
];
const fileWith = (repositories: readonly string[]): WrittenFile => ({
  name: id,
  namespace: at("home"),
  registry: "myregistry",
  pullSecrets: [
    {
      name: "acr-blue",
      copyTo: { selector: `shared=${id}` },
      repositories,
      serviceAccounts: ["default", "ci-*"],
    },
    { name: "acr", eachOf: { selector: `shared=${id}` }, repositories, serviceAccounts: ["default"] },
  ],
});

/** Creates numbered objects, some at a time. */
async function createMany(count: number, make: (index: number) => object): Promise<void> {
  for (let first = 0; first < count; first += 30)
    await create(Array.from({ length: Math.min(30, count - first) }, (_, n) => make(first + n)));
}

const text = "x".repeat(1_000_000);

/** Fills a namespace with objects of 1 MB: pull Secrets with the marks of copies and sources, pending pods, and ServiceAccounts. */
async function fill(namespace: string): Promise<void> {
  const source = await world.secret("home", "acr-blue");
  const username = loginOf(source)?.username ?? "";
  const annotations = {
    [credentialKey]: JSON.stringify({ ...JSON.parse(source.metadata.annotations?.[credentialKey] ?? ""), by: text.slice(0, 200_000) }),
    [sourceKey]: JSON.stringify({ namespace: at("home"), name: "acr-blue" }),
  };
  const large = pullSecret(namespace, "large", { "myregistry.azurecr.io": { username, password: text } });
  const short = Array.from({ length: 9_000 }, (_, n) => [`${n}.azurecr.io`, { username, password: `${n}` }]);
  const many = pullSecret(namespace, "many", Object.fromEntries(short));
  await createMany(90, (index) => ({
    ...(index % 2 ? large : many),
    metadata: {
      ...{ name: `large-${index}`, namespace, annotations },
      labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret", ...(index % 2 && { [copyLabel]: at("home") }) },
    },
  }));
  const imagePullSecrets = Array.from({ length: 60_000 }, (_, n) => ({ name: `none-${n}` }));
  await createMany(40, (index) => ({
    ...{ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: `ci-${index}`, namespace } },
    imagePullSecrets,
  }));
  const container = { name: "main", image: "myregistry.azurecr.io/app/web:1", env: [{ name: "TEXT", value: text }] };
  await createMany(100, (index) => ({
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name: `large-${index}`, namespace } },
    spec: { containers: [container] },
  }));
}

/** Applies the file and measures the process of the plugin. */
async function run(repositories: readonly string[]) {
  const [file, log] = [join(shell.folder, "teams.yaml"), join(shell.folder, "log")];
  await writeFile(file, JSON.stringify(fileWith(repositories)));
  const line = `exec kubectl acr-secret apply -f ${file} --skip-blocked 2>${log}`;
  const { milliseconds, peak = Number.NaN } = await watch("sh", ["-c", line], shell.env, 5);
  return { milliseconds, peak, log: await readFile(log, "utf8") };
}

// The Job of `schedule` may use 1 GiB and 15 minutes
test("limits the memory of apply --skip-blocked when a tenant has hundreds of large objects", { timeout: 600_000 }, async () => {
  await kubectl(["label", "namespace", ...[...tenant, ...others, "e"].map(at), `shared=${id}`]);
  await run(["app/web"]);
  const before = await run(["app/web", "app/api"]);
  await Promise.all(tenant.map((short) => fill(at(short))));
  // Before the credential of `e` ends, the run lists all Secrets
  await kubectl(["label", "namespace", at("e"), "shared-"]);

  const after = await run(["app/web", "app/api", "base/os"]);

  for (const short of tenant) expect(after.log).toContain(`Warning: namespace "${at(short)}" is blocked: the ServiceAccounts `);
  for (const short of others) expect(after.log).not.toContain(at(short));
  expect(after.log).toMatch(/, 2 namespaces blocked$/m);
  expect(after.peak).toBeLessThan(600);
  expect(after.milliseconds - before.milliseconds).toBeLessThan(120_000);
  for (const short of others) {
    for (const name of ["acr-blue", "acr"])
      expect(await pullsWith(shell, loginOf(await world.secret(short, name))), short).toEqual(["app/web", "app/api", "base/os"]);
    const { imagePullSecrets } = await getJson<{ imagePullSecrets: object }>("serviceaccount", "default", "-n", at(short));
    expect(imagePullSecrets).toEqual([{ name: "acr" }, { name: "acr-blue" }]);
  }
});
