import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mapConcurrently } from "../../../src/scope/concurrency.ts";
import { limits } from "../../../src/scope/limits.ts";
import { type Comparison, compare, median } from "../compare.ts";
import type { Row } from "../report.ts";
import { type Api, ask, type Call, openApi } from "./api.ts";
import { makeNamespaces, namespaceOf, undo } from "./namespaces.ts";
import { type Watched, watch } from "./watched.ts";
import type { World } from "./world.ts";

const image = "myregistry.azurecr.io/app/web:1";
const names = Array.from({ length: 1000 }, (_, index) => namespaceOf(index));

/** Requests to the API server: several lists of them, one after the other. */
type Load = readonly (readonly Call[])[];

/** Compares commands over 1,000 namespaces with a bare load that sends only the requests that are necessary. */
export async function fleet(world: World): Promise<Row[]> {
  const { sandbox, say } = world;
  const api = await openApi(sandbox.cluster.kubeconfig);
  await sandbox.azure.push(image);
  // Azure asks to wait ten seconds for a password. The plugin has no influence on that.
  sandbox.azure.world.longRunning.retryAfter = 0;
  say("making 1,000 namespaces");
  await makeNamespaces(api, names.length);
  const rows = await creates(api, world);
  say("making 1,000 Secrets and 2,000 pods to read");
  await watch(world.kubectl, argsOf("pull-read"), world.env);
  await makePods(api);
  for (const reading of [check, list]) rows.push(await reads(reading, world));
  return rows;
}

const argsOf = (secret: string) => [
  ..."acr-secret create --registry myregistry --repository app/web --serviceaccount default -n default --copy-to-all".split(" "),
  secret,
];

/** Compares copies of one source in every namespace. Also measures the memory, and a second run that has nothing left to change. */
async function creates(api: Api, world: World): Promise<Row[]> {
  const { kubectl, env } = world;
  const secretOf = (run: number, way: string) => `pull-${way}-${run}`;
  const peaks: number[] = [];
  const ratios: number[] = [];
  let first: Watched | undefined;
  const row = await compareWithBare(world, {
    what: "1,000 namespaces",
    budget: 1.35,
    load: (run) => [lists(["namespaces", "serviceaccounts"]), ...copiesOf(secretOf(run, "theirs"))],
    ours: async (run) => {
      first = await watch(kubectl, argsOf(secretOf(run, "ours")), env);
    },
    async after(run, way) {
      if (way === "ours" && first) {
        const rerun = await watch(kubectl, argsOf(secretOf(run, "ours")), env);
        peaks.push(Math.max(first.peak ?? Number.NaN, rerun.peak ?? Number.NaN));
        ratios.push(rerun.milliseconds / first.milliseconds);
      }
      await undo(api, secretOf(run, way));
    },
  });
  const peak = median(peaks);
  const runs = peaks.length;
  return [
    row,
    { what: "their rerun", runs, ours: "", other: "the first run", figure: median(ratios), budget: 0.2 },
    { what: "memory at 1,000", runs, ours: `${peak.toFixed(0)} MB`, other: "", figure: peak, budget: 110 },
  ];
}

type Reading = { readonly verb: "check" | "list"; readonly kinds: readonly string[]; readonly budget: number };

const list: Reading = { verb: "list", kinds: ["namespaces", "secrets", "serviceaccounts"], budget: 2 };
const check: Reading = { verb: "check", kinds: [...list.kinds, "pods", "podtemplates", "replicationcontrollers"], budget: 2.5 };

const reads = ({ verb, kinds, budget }: Reading, world: World): Promise<Row> =>
  compareWithBare(world, {
    what: `${verb} -A of 1,000 namespaces`,
    budget,
    load: () => [lists(kinds)],
    ours: async () => void (await watch(world.kubectl, ["acr-secret", verb, "-A"], world.env)),
  });

type Compared = Pick<Comparison, "budget" | "ours" | "after"> & { readonly what: string; load(run: number): Load };

function compareWithBare({ sandbox, kubectl, env, say }: World, { what, load, ...comparison }: Compared): Promise<Row> {
  const [socket, file] = [join(sandbox.folder, "bare.sock"), join(sandbox.folder, "bare.json")];
  const bare = [join(import.meta.dirname, "bare.mjs"), kubectl, socket, file, String(limits.cluster)];
  say(`measuring ${what}`);
  return compare({
    ...{ ...comparison, name: what, other: "bare load", runs: 5, warmUp: 1 },
    prepare: (run) => writeFile(file, JSON.stringify(load(run))),
    theirs: async () => void (await watch(process.execPath, bare, env)),
  });
}

const headers = { accept: "application/json", "user-agent": "bare" };

/** The plugin's pages have some hundred objects too, so that it keeps few objects in memory. */
const lists = (kinds: readonly string[]): Call[] => kinds.map((kind) => ({ method: "GET", path: `/api/v1/${kind}?limit=200`, headers }));

/** Returns the writes of a copy for each namespace: the Secrets, then the ServiceAccounts. */
function copiesOf(name: string): Load {
  const login = Buffer.from(JSON.stringify({ auths: { "myregistry.azurecr.io": { auth: "dTpw" } } })).toString("base64");
  const secret = { metadata: { name }, type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": login } };
  const write = (method: string, type: string, kind: string, object: object): Call[] =>
    names.map((namespace) => ({
      ...{ method, path: `/api/v1/namespaces/${namespace}/${kind}`, body: JSON.stringify(object) },
      headers: { ...headers, "content-type": `application/${type}` },
    }));
  return [
    write("POST", "json", "secrets", secret),
    write("PATCH", "merge-patch+json", "serviceaccounts/default", { imagePullSecrets: [{ name }] }),
  ];
}

/** Creates two pods in each namespace. They have one image, so that nearly all requests of `check` are reads of the cluster. */
async function makePods(api: Api): Promise<void> {
  await mapConcurrently(names, 32, async (namespace) => {
    for (const name of ["web-0", "web-1"]) {
      const pod = { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { containers: [{ name: "app", image }] } };
      await ask(api, "POST", `/api/v1/namespaces/${namespace}/pods`, pod);
    }
  });
}
