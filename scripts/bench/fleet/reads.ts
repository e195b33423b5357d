import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mapConcurrently } from "../../../src/scope/concurrency.ts";
import { limits } from "../../../src/scope/limits.ts";
import { compare } from "../compare.ts";
import type { Row } from "../report.ts";
import { type Api, ask, type Call } from "./api.ts";
import { makeNamespaces, namespaceOf } from "./namespaces.ts";
import { watch } from "./watched.ts";
import type { World } from "./world.ts";

const secret = "pull-read";
const image = "myregistry.azurecr.io/app/web:1";
const create = "acr-secret create --registry myregistry --repository app/web --serviceaccount default -n default --copy-to-all".split(" ");

/** Returns the requests of a run to the API server. */
type Recording = (args: readonly string[]) => Promise<readonly Call[]>;

type Reading = { readonly verb: "check" | "list"; readonly of: string; readonly singles: number; readonly budget: number };

/**
 * Compares reads of all namespaces with two bare loads: one sends the same lists, the other reads each Secret by name instead of the list of
 * Secrets. Leaves its objects.
 */
export async function reads(api: Api, world: World, record: Recording): Promise<Row[]> {
  const { kubectl, env, say } = world;
  const measure = (reading: Reading) => compareReads(reading, world, record);
  say("making 1,000 Secrets and 2,000 pods to read");
  await watch(kubectl, [...create, secret], env);
  // One image, so that nearly all requests are reads of the cluster
  await mapConcurrently([...Array(2000).keys()], 32, (index) => {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: `web-${index}` }, spec: { containers: [{ name: "app", image }] } };
    return ask(api, "POST", `/api/v1/namespaces/${namespaceOf(index % 1000)}/pods`, pod);
  });
  const rows = [
    await measure({ verb: "check", of: "2,000 pods", singles: 1000, budget: 0.8 }),
    await measure({ verb: "check", of: "2,000 pods", singles: 0, budget: 1.4 }),
    await measure({ verb: "list", of: "1,000 namespaces", singles: 0, budget: 1.3 }),
  ];
  say("making 10,000 namespaces with a Secret");
  await makeNamespaces(api, 10_000);
  await watch(kubectl, [...create, secret], env);
  return [...rows, await measure({ verb: "list", of: "10,000 namespaces", singles: 0, budget: 1.3 })];
}

async function compareReads(
  { verb, of, singles, budget }: Reading,
  { sandbox, kubectl, env, say }: World,
  record: Recording,
): Promise<Row> {
  const args = ["acr-secret", verb, "-A"];
  const lists = (await record(args)).filter(({ path }) => path.includes("limit=") && !path.includes("&continue="));
  const isOf = (kind: string) => (call: Call) => call.path.startsWith(`/api/v1/${kind}?`);
  const others = lists.filter((call) => !isOf("namespaces")(call) && !(singles > 0 && isOf("secrets")(call)));
  const named = [...Array(singles).keys()].map((index): Call => {
    const path = `/api/v1/namespaces/${namespaceOf(index)}/secrets/${secret}`;
    return { method: "GET", path, headers: { accept: "application/json" } };
  });
  const [socket, file] = [join(sandbox.folder, "bare.sock"), join(sandbox.folder, "bare.json")];
  const bare = [join(import.meta.dirname, "bare.mjs"), kubectl, socket, file, String(limits.cluster), "follow"];
  const other = singles > 0 ? "bare single reads" : "bare lists";
  say(`measuring ${verb} -A of ${of}`);
  return compare({
    ...{ name: `${verb} -A of ${of}`, other, budget, runs: 5, warmUp: 1 },
    prepare: () => writeFile(file, JSON.stringify([lists.filter(isOf("namespaces")), [...others, ...named]])),
    ours: async () => void (await watch(kubectl, args, env)),
    theirs: async () => void (await watch(process.execPath, bare, env)),
  });
}
