import { listAll } from "../cluster/port.ts";
import { CliError } from "../errors.ts";
import { type AnewKind, nameOf } from "../kinds.ts";
import type { KubeObjects } from "../objects.ts";
import type { Recreate } from "../plan/change.ts";
import { begunWork, hasBegun, longestName, podsOf } from "../plan/recreate.ts";
import { readTarget } from "../plan/references.ts";
import { rehearseBeside } from "./rehearse.ts";
import type { Bench } from "./tools.ts";

/** The pods of a Job tell more than its counts: one that runs may not be ready. @throws CliError invalid */
export async function refuseBegun({ to }: Recreate, object: KubeObjects[AnewKind], { tools }: Bench): Promise<void> {
  const labels = podsOf(to.kind, object as never);
  if (!labels) return;
  const pods = await listAll(tools.cluster(to.context), "pod", { namespace: to.namespace, labels });
  const begun = pods.find((pod) => hasBegun(pod));
  if (begun) throw new CliError("invalid", `${nameOf(to)} ${begunWork}: see pod/${begun.metadata.name}`);
}

/** Quota, admission and rights speak before anything goes, and the list is to come to what it is made for. @throws CliError */
export async function rehearseNew({ to, does, secret }: Recreate, manifest: object, { tools }: Bench): Promise<void> {
  const write = (at: typeof to) =>
    tools.cluster(to.context).write(at, { create: renamed(manifest, at.name) }, { ...tools.write, dryRun: true });
  const answer = await rehearseBeside(to, write, longestName(to.kind));
  const { names, account } = readTarget(to.kind, answer);
  if (names.includes(secret) === (does === "attach")) return;
  const back = `${nameOf(to)} would come back`;
  if (does === "attach") throw new CliError("invalid", `${back} without ${secret}: admission takes it out`);
  throw new CliError("invalid", `${back} with ${secret}, which serviceaccount/${account} gives it`, {
    hint: { verb: "detach", secret, serviceaccounts: [account ?? "default"] },
  });
}

const renamed = (manifest: object, name: string) => ({ ...manifest, metadata: { ...(manifest as { metadata: object }).metadata, name } });
