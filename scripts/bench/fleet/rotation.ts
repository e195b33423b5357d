import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "../../../src/scope/limits.ts";
import { median } from "../compare.ts";
import { type Row, time } from "../report.ts";
import { type Api, ask, type Call } from "./api.ts";
import { followAudit, type Written } from "./audit.ts";
import { undo } from "./namespaces.ts";
import { watch } from "./watched.ts";
import type { World } from "./world.ts";

type Secrets = {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly namespace: string }; readonly data: object }[];
};

const secret = "pull-rotated";
const runs = 5;

/**
 * Measures the time from the moment when Azure creates the new password until the last of 1,000 Secrets has it, compared with a bare load
 * that only writes those Secrets.
 */
export async function rotation(api: Api, world: World): Promise<Row> {
  const { sandbox, kubectl, env, say } = world;
  say("making 1,000 Secrets to rotate");
  const create = "acr-secret create -n default --registry myregistry --repository app/web --copy-to-all";
  await watch(kubectl, [...create.split(" "), secret], env);
  const took = { ours: [] as number[], theirs: [] as number[] };
  for (let run = 0; run < runs; run++) {
    say(`rotating them, ${run + 1} of ${runs}`);
    const read = await followAudit(join(sandbox.cluster.folder, "audit.log"));
    await watch(kubectl, ["acr-secret", "rotate", secret, "-n", "default"], env);
    took.ours.push(lastOf(await read()) - madeLast(world));
    await bare(api, world);
    const all = (await read()).filter(isSecret);
    took.theirs.push(lastOf(all) - Math.min(...all.map(({ at }) => at)));
  }
  await undo(api, [secret]);
  const figure = median(took.ours.map((ours, run) => ours / (took.theirs[run] ?? Number.NaN)));
  const other = `${time(median(took.theirs))} bare writes`;
  return { what: "1,000 Secrets rotated", runs, ours: time(median(took.ours)), other, figure, budget: 1.5 };
}

const isSecret = ({ method, path }: Written) => method === "patch" && path.includes(`/secrets/${secret}`);

const lastOf = (writes: readonly Written[]) => Math.max(...writes.filter(isSecret).map(({ at }) => at));

/** Returns when Azure created the newest password. */
function madeLast({ sandbox }: World): number {
  const tokens = sandbox.azure.world.registries.flatMap(({ tokens }) => tokens);
  return Math.max(...tokens.flatMap(({ passwords }) => Object.values(passwords).map(({ since }) => since)));
}

/** Writes every Secret again, with another annotation. */
async function bare(api: Api, { sandbox, kubectl, env }: World): Promise<void> {
  const { items } = await ask<Secrets>(api, "GET", `/api/v1/secrets?fieldSelector=metadata.name%3D${secret}`);
  const headers = { accept: "application/json", "content-type": "application/merge-patch+json", "user-agent": "kubectl-acr-secret/bare" };
  const calls = items.map(
    ({ metadata: { namespace, name }, data }): Call => ({
      method: "PATCH",
      path: `/api/v1/namespaces/${namespace}/secrets/${name}?fieldManager=bare`,
      headers,
      body: JSON.stringify({ metadata: { annotations: { "example.com/written": String(Date.now()) } }, data }),
    }),
  );
  const [socket, file] = [join(sandbox.folder, "bare.sock"), join(sandbox.folder, "bare.json")];
  await writeFile(file, JSON.stringify([calls]));
  await watch(process.execPath, [join(import.meta.dirname, "bare.mjs"), kubectl, socket, file, String(limits.cluster)], env);
}
