import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { manifestTypes } from "../../../src/registry/parts.ts";
import { mapConcurrently } from "../../../src/scope/concurrency.ts";
import { compare, median } from "../compare.ts";
import type { Row } from "../report.ts";
import { type Api, ask, type Call } from "./api.ts";
import { namespaceOf } from "./namespaces.ts";
import { withPages } from "./replay.ts";
import { watch } from "./watched.ts";
import type { World } from "./world.ts";

const [namespaces, pods, deployments, tags] = [1000, 2000, 400, 60];
const secret = "pull-checked";
const registry = "myregistry.azurecr.io";
const check = ["acr-secret", "check", "-A", "--no-headers"];

/**
 * Checks 2,000 pods and 400 templates with 60 images in 1,000 namespaces. The bare load only sends the same requests to the API server and
 * to the registry. Creates the objects and leaves them.
 */
export async function checkAll(
  api: Api,
  world: World,
  width: number,
  record: (args: readonly string[]) => Promise<readonly Call[]>,
): Promise<Row[]> {
  const { sandbox, kubectl, env, say } = world;
  say("making 2,000 pods and 400 Deployments");
  for (let tag = 0; tag < tags; tag++) await sandbox.azure.push(`${registry}/app/web:${tag}`);
  const create = ["acr-secret", "create", secret, "--registry", "myregistry", "-A", "--repository", "app/web", "--credential-per=scope"];
  await watch(kubectl, [...create, "--serviceaccount", "default"], env);
  await makeWorkloads(api);
  const calls = await record(check);
  const peaks: number[] = [];
  const [socket, file] = [join(sandbox.folder, "bare.sock"), join(sandbox.folder, "bare.json")];
  say("checking them");
  const row = await compare({
    name: "check -A of 2,000 pods",
    beside: "bare load",
    budget: 1.3,
    runs: 5,
    warmUp: 1,
    prepare: async () => writeFile(file, JSON.stringify([[...(await withPages(api, calls)), ...(await proofs(api))]])),
    ours: async () => void peaks.push((await watch(kubectl, check, env)).peak ?? Number.NaN),
    theirs: async () => {
      await watch(process.execPath, [join(import.meta.dirname, "bare.mjs"), kubectl, socket, file, String(width)], env);
    },
  });
  const peak = median(peaks);
  return [row, { what: "memory of check -A", runs: peaks.length, ours: `${peak.toFixed(0)} MB`, beside: "", figure: peak, budget: 130 }];
}

/** Returns the requests that prove each image: for the registry's challenge, for a token, and for the manifest. */
async function proofs(api: Api): Promise<Call[][]> {
  const path = `/api/v1/namespaces/${namespaceOf(0)}/secrets/${secret}`;
  const { data } = await ask<{ readonly data: Readonly<Record<string, string>> }>(api, "GET", path);
  const { auths } = JSON.parse(Buffer.from(data[".dockerconfigjson"] ?? "", "base64").toString());
  const login = { authorization: `Basic ${auths[registry].auth}` };
  const token = `https://${registry}/oauth2/token?service=${registry}&scope=repository%3Aapp%2Fweb%3Apull`;
  return Array.from({ length: tags }, (_, tag) => {
    const manifest = { method: "GET", path: `https://${registry}/v2/app/web/manifests/${tag}`, headers: { accept: manifestTypes } };
    return [manifest, { method: "GET", path: token, headers: login }, manifest];
  });
}

async function makeWorkloads(api: Api): Promise<void> {
  const spec = (index: number) => ({ containers: [{ name: "app", image: `${registry}/app/web:${index % tags}` }] });
  const numbers = (length: number) => Array.from({ length }, (_, index) => index);
  const make = (index: number, path: string, object: object) =>
    ask(api, "POST", path.replace("NS", namespaceOf(index % namespaces)), object);
  await mapConcurrently(numbers(pods), 32, (index) =>
    make(index, "/api/v1/namespaces/NS/pods", { apiVersion: "v1", kind: "Pod", metadata: { name: `web-${index}` }, spec: spec(index) }),
  );
  const labels = { app: "web" };
  await mapConcurrently(numbers(deployments), 32, (index) =>
    make(index, "/apis/apps/v1/namespaces/NS/deployments", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "idle" },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: spec(index) } },
    }),
  );
}
