import { remember, type Seen } from "../../src/apply/outcome.ts";
import type { Cluster, Named } from "../../src/context.ts";
import type { Pod, Secret, ServiceAccount } from "../../src/objects.ts";
import type { Plan } from "../../src/plan/change.ts";
import { planAttach, pullSecretsOf } from "../../src/plan/references.ts";
import { planRestarts } from "../../src/plan/restart.ts";
import { covers } from "../../src/registry/repository.ts";
import { accountRef, chosenAccounts } from "../gather/accounts.ts";
import { waitingPods } from "../gather/pods.ts";
import { together } from "../gather/together.ts";
import type { targets, Values } from "../line/flags.ts";

/** What the cluster holds that a command on one Secret is about. */
export type Scene = {
  readonly secret: Secret | undefined;
  readonly accounts: readonly ServiceAccount[];
  readonly pods: readonly Pod[];
  readonly seen: Seen;
};

/** Reads the Secret, the targets and the pods at once. */
export async function lookAt(cluster: Cluster, at: Named, flags: Values<typeof targets>): Promise<Scene> {
  const [secret, accounts, pods] = await together([
    cluster.secret(at),
    chosenAccounts(cluster, at.namespace, flags),
    cluster.pods(at.namespace),
  ]);
  return { secret, accounts, pods, seen: remember([secret, ...accounts, ...pods]) };
}

/**
 * Plans the references to a Secret, and the restart of the pods that wait for it.
 *
 * @param scopes the repositories that it may pull, where that is known
 */
export function planTargets(
  name: string,
  host: string,
  { accounts, pods }: Scene,
  scopes: readonly string[] = ["*"],
): { plan: Plan; notices: string[] } {
  const attaches = accounts.map((account) => planAttach(name, accountRef(account), pullSecretsOf(account)));
  const after = new Map(accounts.map((account) => [account.metadata.name, [...new Set([...pullSecretsOf(account).names, name])]] as const));
  const { restarts, notices } = planRestarts(name, after, waitingPods(host, pods), (repository) =>
    scopes.some((scope) => covers(scope, repository)),
  );
  return { plan: [...attaches, ...restarts], notices };
}
