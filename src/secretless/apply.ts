import type { Azure, AzureRegistry, ManagedIdentity } from "../azure/port.ts";
import { pullRole } from "../credential/granted-rights.ts";
import type { Applied, Credential } from "../credential/kind.ts";
import { retryWhileReplicating } from "../credential/retry.ts";
import { CliError } from "../errors.ts";
import { type ClusterKind, keyOf, type Ref } from "../kinds.ts";
import type { Cluster, WriteOptions } from "../kube/port.ts";
import type { KubeObject } from "../objects.ts";
import type { Make } from "../plan/change.ts";
import { annotated, annotationKeys, credentialFor } from "./objects.ts";
import type { SecretlessState } from "./plan.ts";

type ApplyEnv = {
  readonly azure: Azure;
  readonly cluster: Cluster;
  readonly registry: AzureRegistry;
  readonly state: SecretlessState;
  /** The objects in the cluster as they were read. */
  readonly objects: ReadonlyMap<string, KubeObject>;
  readonly write: WriteOptions;
  sleep(milliseconds: number): Promise<void>;
};

/** How long to wait until Azure knows a new identity everywhere. Milliseconds. */
const wait = 120_000;

/** Returns the function that applies a change of `planSetUp` or `planTakeDown`. */
export function applierOf(env: ApplyEnv): Credential["apply"] {
  const { azure, registry, state, sleep } = env;
  let created: ManagedIdentity | undefined;
  const identity = () => created ?? state.identity;
  /** The writes to the credentials of one identity, one after the other: Azure rejects concurrent ones. */
  let credentials = Promise.resolve();

  const retried = (write: () => Promise<void>) => retryWhileReplicating(created !== undefined, { wait, sleep }, write);

  function applyCredential({ act, to }: Make): Promise<void> {
    const wanted = state.accounts.map(({ at }) => credentialFor(at, state.issuer)).find(({ name }) => name === to.name);
    const turn = credentials.then(() =>
      retried(async () => {
        if (act === "delete") await azure.deleteFederatedCredential(state.identityId, to.name);
        else if (wanted) await azure.putFederatedCredential(state.identityId, wanted);
      }),
    );
    credentials = turn.catch(() => undefined);
    return turn;
  }

  const inAzure: Readonly<Record<string, (change: Make) => Promise<void>>> = {
    async "identity.managedidentity.azure.com"({ act }) {
      if (act === "delete") await retried(() => azure.deleteManagedIdentity(state.identityId));
      else created = await azure.createManagedIdentity(state.identityId, registry);
    },
    "federatedcredential.managedidentity.azure.com": applyCredential,
    "federatedcredential.graph.microsoft.com": applyCredential,
    async "roleassignment.management.azure.com"({ act }) {
      const of = { principalId: identity()?.principalId ?? "", role: pullRole[state.mode].id };
      await retried(() => (act === "delete" ? azure.unassignRole(registry, of) : azure.assignRole(registry, of)));
    },
  };

  return async (change): Promise<Applied> => {
    if (change.act !== "create" && change.act !== "update" && change.act !== "delete")
      throw new CliError("internal", `secretless has no action ${change.act}`);
    const apply = inAzure[change.to.kind];
    if (!apply) return { object: await applyInCluster(change, env, identity()) };
    await apply(change);
    return {};
  };
}

async function applyInCluster(
  { act, to, object }: Make,
  { cluster, objects, write }: ApplyEnv,
  identity: ManagedIdentity | undefined,
): Promise<KubeObject | undefined> {
  const ref = to as Ref<ClusterKind>;
  if (act === "create") return cluster.write(ref, { create: object ?? {} }, write);
  const there = objects.get(keyOf(to));
  if (!there) throw new CliError("internal", `${to.kind} ${to.name} was not read`);
  const { uid = "", resourceVersion } = there.metadata;
  const precondition = { uid, resourceVersion };
  if (act === "delete") return void (await cluster.write(ref, { delete: { uid } }, write));
  if (there.kind !== "ServiceAccount" || object?.kind !== "ServiceAccount")
    return cluster.write(ref, { patch: { ...object, metadata: precondition } }, write);
  // The plan doesn't know the ids of a new identity
  const own = annotationKeys.clientId in (object.metadata.annotations ?? {}) && identity ? annotated(there, identity) : object;
  const annotations = Object.fromEntries(Object.values(annotationKeys).map((key) => [key, own.metadata.annotations?.[key] ?? null]));
  return cluster.write(ref, { patch: { metadata: { ...precondition, annotations } } }, write);
}
