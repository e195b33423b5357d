import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mapConcurrently } from "../../src/scope/concurrency.ts";
import { type Api, ask, openApi } from "./fleet/api.ts";
import { accountsNamed } from "./fleet/namespaces.ts";
import { type Watched, watch } from "./fleet/watched.ts";
import type { World } from "./fleet/world.ts";
import { type Row, time } from "./report.ts";

/** Megabytes that a command may use, however large the cluster is. */
const mostMemory = 150;
/** How much longer a command may take in a cluster that is ten times as large. */
const mostGrowth = 11;

/** Namespaces in each of which two of ten sources have a copy. */
const block = 50;

const nameOf = (index: number) => `estate-${String(index).padStart(5, "0")}`;
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

/** One source for five namespaces, each with ten copies. The password of every tenth source expires within a month. */
function fileOf(namespaces: number): object {
  const pullSecrets = upTo(namespaces / 5).map((index) => {
    const first = Math.floor((5 * index) / block) * block;
    const names = upTo(10).map((of) => nameOf(first + ((5 * index + of) % block)));
    const common = { name: `acr-${index}`, namespace: nameOf(5 * index), repositories: ["app/web"], serviceAccounts: ["default"] };
    return { ...common, copyTo: { names }, ...(index % 10 === 0 && { expiresIn: "30d" }) };
  });
  return { name: "estate", registry: "myregistry", restart: "none", pullSecrets };
}

/** Creates the namespaces from one number up to another, each with nine more ServiceAccounts. */
async function makeNamespaces(api: Api, from: number, to: number): Promise<void> {
  const names = upTo(to).slice(from).map(nameOf);
  await mapConcurrently(names, 64, async (name) => {
    await ask(api, "POST", "/api/v1/namespaces", { metadata: { name } });
    for (const index of upTo(9))
      await ask(api, "POST", `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: `job-${index}` } });
  });
  while ((await accountsNamed(api, "default")).items.length < to) await sleep(1000);
}

/** Creates five running pods in each namespace, with the status that a kubelet writes. They get the list of their ServiceAccount. */
async function makePods(api: Api, from: number, to: number): Promise<void> {
  const [container, state] = [{ name: "web", image: "myregistry.azurecr.io/app/web:1" }, { running: {} }];
  const containerStatuses = [{ ...container, imageID: "", ready: true, restartCount: 0, state }];
  await mapConcurrently(upTo(to).slice(from).map(nameOf), 64, async (name) => {
    const path = `/api/v1/namespaces/${name}/pods`;
    for (const index of upTo(5)) {
      await ask(api, "POST", path, { metadata: { name: `web-${index}` }, spec: { containers: [container] } });
      await ask(api, "PATCH", `${path}/web-${index}/status`, { status: { phase: "Running", containerStatuses } });
    }
  });
}

type Figures = Readonly<Record<string, Watched>>;

/** Measures commands over a whole cluster, at a tenth of its size and at its size. @param namespaces a multiple of 500 */
export async function estate(world: World, namespaces: number): Promise<Row[]> {
  const { sandbox, say } = world;
  const api = await openApi(sandbox.cluster.kubeconfig);
  await sandbox.azure.push("myregistry.azurecr.io/app/web:1");
  sandbox.azure.world.longRunning.retryAfter = 0;
  // Other tiers admit fewer tokens
  for (const registry of sandbox.azure.world.registries) registry.sku = "Premium";
  const small = await grow(api, 0, namespaces / 10, world);
  say(`${namespaces / 10} namespaces: ${inWords(small)}`);
  const large = await grow(api, namespaces / 10, namespaces, world);
  say(`${namespaces} namespaces: ${inWords(large)}`);
  return Object.entries(large).flatMap(([what, { milliseconds, peak = Number.NaN }]): Row[] => {
    const tenth = small[what]?.milliseconds ?? Number.NaN;
    const beside = `${time(tenth)} for a tenth`;
    const common = { runs: 1, what: `${what}, ${namespaces} namespaces` };
    return [
      { ...common, ours: time(milliseconds), beside, figure: milliseconds / tenth, budget: mostGrowth },
      { ...common, what: `memory of ${what}`, ours: `${peak.toFixed(0)} MB`, beside: "", figure: peak, budget: mostMemory },
    ];
  });
}

const inWords = (figures: Figures) =>
  Object.entries(figures)
    .map(([what, { milliseconds, peak = Number.NaN }]) => `${what} ${time(milliseconds)} ${peak.toFixed(0)} MB`)
    .join(", ");

async function grow(api: Api, from: number, to: number, { sandbox, kubectl, env, say }: World): Promise<Figures> {
  say(`making ${to} namespaces`);
  await makeNamespaces(api, from, to);
  const file = join(sandbox.folder, "estate.json");
  await writeFile(file, JSON.stringify(fileOf(to)));
  const figures: Record<string, Watched> = {};
  const measure = async (what: string, line: string) => {
    say(`measuring ${what}`);
    figures[what] = await watch(kubectl, ["acr-secret", ...line.split(" ")], env);
  };
  await watch(kubectl, ["acr-secret", "apply", "-f", file], env);
  say(`making ${5 * to} pods`);
  await makePods(api, from, to);
  await measure("list -A", "list -A");
  await measure("check -A", "check -A");
  await measure("apply without changes", `apply -f ${file}`);
  await measure("rotate -A of a tenth of the sources", "rotate -A --expiring-within 60d --grace 0");
  return figures;
}
