import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mapConcurrently } from "../../src/scope/concurrency.ts";
import { type Api, ask, openApi } from "./fleet/api.ts";
import { makeNamespaces, namespaceOf } from "./fleet/namespaces.ts";
import { type Watched, watch } from "./fleet/watched.ts";
import type { World } from "./fleet/world.ts";
import { type Row, time } from "./report.ts";

/** Megabytes that a command may use, and how much longer it may take in a cluster that is ten times as large. */
const [mostMemory, mostGrowth] = [150, 11];

const upTo = (count: number) => [...Array(count).keys()];

/** One source for five namespaces, each with ten copies in the same fifty. The password of every tenth source expires within a month. */
function fileOf(namespaces: number): object {
  const pullSecrets = upTo(namespaces / 5).map((index) => {
    const first = Math.floor(index / 10) * 50;
    const names = upTo(10).map((of) => namespaceOf(first + ((5 * index + of) % 50)));
    const entry = { name: `acr-${index}`, namespace: namespaceOf(5 * index), repositories: ["app/web"], serviceAccounts: ["default"] };
    return { ...entry, copyTo: { names }, ...(index % 10 === 0 && { expiresIn: "30d" }) };
  });
  return { name: "estate", namespace: namespaceOf(0), registry: "myregistry", restart: "none", pullSecrets };
}

/** Creates nine more ServiceAccounts in each namespace. */
const makeAccounts = (api: Api, names: readonly string[]) =>
  mapConcurrently(names, 64, async (name) => {
    for (const index of upTo(9))
      await ask(api, "POST", `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: `job-${index}` } });
  });

/** Creates five running pods in each namespace, with the status that a kubelet writes. They get the list of their ServiceAccount. */
async function makePods(api: Api, names: readonly string[]): Promise<void> {
  const container = { name: "web", image: "myregistry.azurecr.io/app/web:1" };
  const containerStatuses = [{ ...container, imageID: "", ready: true, restartCount: 0, state: { running: {} } }];
  await mapConcurrently(names, 64, async (name) => {
    const path = `/api/v1/namespaces/${name}/pods`;
    for (const index of upTo(5)) {
      await ask(api, "POST", path, { metadata: { name: `web-${index}` }, spec: { containers: [container] } });
      await ask(api, "PATCH", `${path}/web-${index}/status`, { status: { phase: "Running", containerStatuses } });
    }
  });
}

/** Measures commands over a whole cluster, at a tenth of its size and at its size. @param namespaces a multiple of 500 */
export async function estate(world: World, namespaces: number): Promise<Row[]> {
  const { azure, cluster } = world.sandbox;
  const api = await openApi(cluster.kubeconfig);
  await azure.push("myregistry.azurecr.io/app/web:1");
  azure.world.longRunning.retryAfter = 0;
  // Other tiers admit fewer tokens
  for (const registry of azure.world.registries) registry.sku = "Premium";
  const small = await grow(api, 0, namespaces / 10, world);
  const large = await grow(api, namespaces / 10, namespaces, world);
  return [...large].flatMap(([what, { milliseconds, peak = Number.NaN }]): Row[] => {
    const tenth = small.get(what)?.milliseconds ?? Number.NaN;
    const common = { runs: 1, what: `${what}, ${namespaces} namespaces` };
    return [
      { ...common, ours: time(milliseconds), other: `${time(tenth)} a tenth`, figure: milliseconds / tenth, budget: mostGrowth },
      { ...common, what: `memory of ${what}`, ours: `${peak.toFixed(0)} MB`, other: "", figure: peak, budget: mostMemory },
    ];
  });
}

async function grow(api: Api, from: number, to: number, { sandbox, kubectl, env, say }: World): Promise<Map<string, Watched>> {
  const names = upTo(to).slice(from).map(namespaceOf);
  const file = join(sandbox.folder, "estate.json");
  const figures = new Map<string, Watched>();
  const measure = async (line: string) => {
    const watched = await watch(kubectl, ["acr-secret", ...line.split(" ")], env);
    figures.set(line.replace(` -f ${file}`, " of the same file"), watched);
    say(`${to} namespaces: ${line}: ${time(watched.milliseconds)}, ${watched.peak?.toFixed(0)} MB`);
  };
  await makeNamespaces(api, to);
  await makeAccounts(api, names);
  await writeFile(file, JSON.stringify(fileOf(to)));
  await measure(`apply -f ${file}`);
  await makePods(api, names);
  const rotate = "rotate -A --expiring-within 60d";
  for (const line of ["list -A", "check -A", `apply -f ${file}`, rotate]) await measure(line);
  // The second rotation ends the passwords that the first one has replaced, by a list that begins at least a minute later
  await sleep(60_000);
  await measure(rotate);
  return figures;
}
