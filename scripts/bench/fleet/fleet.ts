import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "../../../src/scope/limits.ts";
import { compare, median } from "../compare.ts";
import { type Row, time } from "../report.ts";
import { type Api, type Call, openApi } from "./api.ts";
import { followAudit, type Written } from "./audit.ts";
import { makeNamespaces, undo } from "./namespaces.ts";
import { reads } from "./reads.ts";
import { startRecorder } from "./record.ts";
import { afresh } from "./replay.ts";
import { rotation } from "./rotation.ts";
import { type Watched, watch } from "./watched.ts";
import type { World } from "./world.ts";

const secretOf = (run: number | string) => `pull-${run}`;

/** A command over 1,000 namespaces. Its Secrets have names of their own in each run. */
type Load = {
  readonly what: string;
  /** Prepares a run, and returns the arguments of `kubectl`. */
  start(secret: string, world: World): Promise<readonly string[]>;
  /** The names of its Secrets. */
  secrets(secret: string): readonly string[];
  readonly budgets: { readonly first: number; readonly rerun: number; readonly memory: number };
};

const create: Load = {
  what: "1,000 namespaces",
  start: async (secret) => [
    ..."acr-secret create --registry myregistry --repository app/web --serviceaccount default -n default --copy-to-all".split(" "),
    secret,
  ],
  secrets: (secret) => [secret],
  budgets: { first: 1.35, rerun: 0.2, memory: 110 },
};

const tens = Array.from({ length: 10 }, (_, index) => index);

/** A file with ten entries, each for a hundred of the namespaces. */
const apply: Load = {
  what: "1,000 namespaces in a file",
  async start(secret, { sandbox }) {
    const pullSecrets = tens.map((index) => ({
      ...{ name: `${secret}-${index}`, namespace: "default", copyTo: { names: [`fleet-00${index}*`] } },
      ...{ repositories: ["app/web"], serviceAccounts: ["default"], restart: "none" },
    }));
    const file = join(sandbox.folder, `${secret}.json`);
    await writeFile(file, JSON.stringify({ name: secret, registry: "myregistry", pullSecrets }));
    return ["acr-secret", "apply", "-f", file];
  },
  secrets: (secret) => tens.map((index) => `${secret}-${index}`),
  budgets: { first: 1.35, rerun: 0.2, memory: 120 },
};

/** A first run, and a second one that has nothing left to change. */
type Pair = { readonly first: Watched; readonly rerun: Watched; readonly writes: readonly Written[]; readonly again: readonly Written[] };

/** Compares copies of one source in every namespace of a cluster with a bare load that only sends the same requests. */
export async function fleet(world: World): Promise<Row[]> {
  const { sandbox, say } = world;
  const api = await openApi(sandbox.cluster.kubeconfig);
  await sandbox.azure.push("myregistry.azurecr.io/app/web:1");
  // Azure asks to wait ten seconds for a password. The plugin has no influence on that.
  sandbox.azure.world.longRunning.retryAfter = 0;
  say("making 1,000 namespaces");
  await makeNamespaces(api, 1000);
  const rows: Row[] = [];
  for (const load of [create, apply]) {
    const pairs: Pair[] = [];
    rows.push(await compareWithBare(load, api, world, pairs), ...figuresOf(load, pairs));
  }
  rows.push(await rotation(api, world));
  return [...rows, ...(await reads(api, world, (args) => record(args, world, api)))];
}

/** Compares first runs with the bare load, and collects the results of the plugin's runs. */
async function compareWithBare(load: Load, api: Api, world: World, pairs: Pair[]): Promise<Row> {
  const { sandbox, kubectl, env, say } = world;
  const [socket, file] = [join(sandbox.folder, "bare.sock"), join(sandbox.folder, "bare.json")];
  const bare = join(import.meta.dirname, "bare.mjs");
  say("recording the requests of a run");
  const recorded = secretOf("recorded");
  const calls = await record(await load.start(recorded, world), world, api);
  await undo(api, load.secrets(recorded));
  say(`measuring ${load.what}`);
  let read = await followAudit(auditOf(world));
  let first: Watched | undefined;
  let args: readonly string[] = [];
  return compare({
    name: load.what,
    other: "bare load",
    budget: load.budgets.first,
    runs: 5,
    warmUp: 1,
    async prepare(run, way) {
      if (way === "theirs")
        await writeFile(file, JSON.stringify(await afresh(api, calls, { from: recorded, to: secretOf(`bare-${run}`) })));
      else args = await load.start(secretOf(run), world);
      read = await followAudit(auditOf(world));
    },
    ours: async () => {
      first = await watch(kubectl, args, env);
    },
    theirs: async () => void (await watch(process.execPath, [bare, kubectl, socket, file, String(limits.cluster)], env)),
    async after(run, way) {
      if (way === "ours" && first) pairs.push(await again(first, read, args, world));
      await undo(api, load.secrets(way === "ours" ? secretOf(run) : secretOf(`bare-${run}`)));
    },
  });
}

async function record(args: readonly string[], { sandbox, kubectl, env }: World, api: Api): Promise<readonly Call[]> {
  const recorder = await startRecorder(api);
  const file = join(sandbox.folder, "recorder.kubeconfig");
  const cluster = { name: "recorder", cluster: { server: recorder.url } };
  const context = { name: "recorder", context: { cluster: "recorder", user: "" } };
  const kubeconfig = { apiVersion: "v1", kind: "Config", clusters: [cluster], contexts: [context], "current-context": "recorder" };
  await writeFile(file, JSON.stringify(kubeconfig));
  try {
    await watch(kubectl, args, { ...env, KUBECONFIG: file });
    return recorder.calls;
  } finally {
    recorder.stop();
  }
}

/** Runs a command a second time, after its first run has ended. */
async function again(first: Watched, read: () => Promise<Written[]>, args: readonly string[], { kubectl, env }: World): Promise<Pair> {
  const writes = await read();
  const rerun = await watch(kubectl, args, env);
  return { first, rerun, writes, again: await read() };
}

const auditOf = ({ sandbox }: World) => join(sandbox.cluster.folder, "audit.log");

const peakOf = ({ first, rerun }: Pair) => Math.max(first.peak ?? Number.NaN, rerun.peak ?? Number.NaN);

const megabytes = (size: number) => `${size.toFixed(0)} MB`;

/** Returns the other figures of the runs over 1,000 namespaces, besides their time. */
function figuresOf({ budgets }: Load, pairs: readonly Pair[]): Row[] {
  const runs = pairs.length;
  const middle = (of: (pair: Pair) => number) => median(pairs.map(of));
  const early = ({ first, writes }: Pair) => writes.filter(({ at }) => at <= (first.spoke ?? Number.POSITIVE_INFINITY)).length;
  const [rerun, writes] = [middle((pair) => pair.rerun.milliseconds), middle((pair) => pair.writes.length)];
  const rewritten = Math.max(...pairs.map((pair) => pair.again.length));
  const peak = middle(peakOf);
  const ratio = middle(({ first, rerun: second }) => second.milliseconds / first.milliseconds);
  const before = middle((pair) => early(pair) / pair.writes.length);
  return [
    { what: "their rerun", runs, ours: time(rerun), other: "the first run", figure: ratio, budget: budgets.rerun },
    { what: "its writes", runs, ours: String(rewritten), other: `${writes} at first`, figure: rewritten, budget: 0 },
    { what: "writes before the first line", runs, ours: String(middle(early)), other: `${writes} in all`, figure: before, budget: 0.05 },
    { what: "memory at 1,000", runs, ours: megabytes(peak), other: "", figure: peak, budget: budgets.memory },
  ];
}
