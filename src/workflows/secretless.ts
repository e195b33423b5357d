import type { Env } from "../actions/action.ts";
import { Claims } from "../actions/claims.ts";
import { execute } from "../actions/execute.ts";
import type { Outcome } from "../actions/outcome.ts";
import type { Tools } from "../actions/tools.ts";
import type { Azure, AzureRegistry } from "../azure/port.ts";
import { isForbidden } from "../errors.ts";
import { keyOf, kinds } from "../kinds.ts";
import type { Cluster } from "../kube/port.ts";
import type { KubeObject } from "../objects.ts";
import type { Plan } from "../plan/change.ts";
import { isGuid } from "../secret/azure-words.ts";
import { applierOf } from "../secretless/apply.ts";
import { type Account, bindingRef, managedIdentityId, noIssuer, roleRef, tokenAudience } from "../secretless/objects.ts";
import { type AccountState, identityRef, planSetUp, planTakeDown, type SecretlessState } from "../secretless/plan.ts";

/** The ServiceAccounts of one namespace, and the identity in Azure that they pull as. */
type Order = {
  readonly namespace: string;
  readonly serviceAccounts: readonly string[];
  /** A registry's name, login server or id. */
  readonly registry: string;
  /** A managed identity by its name or resource id, or an application by its client id. Default: the plugin's identity of the registry. */
  readonly identity: string | undefined;
};

type Ports = { readonly azure: Azure; readonly cluster: Cluster };

/** Sets up pulls without a pull secret for ServiceAccounts, or takes that back. Each change that exists already is `unchanged`. */
export async function* setUp(does: "create" | "delete", order: Order, ports: Ports, tools: Tools): AsyncGenerator<Outcome> {
  const { registry, state } = await tools.during(`Reading ${order.registry} and the ServiceAccounts`, () => readState(order, ports));
  const plan = does === "create" ? [...planSetUp(state), ...warnOfRoles(state)] : [...planTakeDown(state), ...cacheNotice(state)];
  const objects = new Map<string, KubeObject>();
  for (const { at, account, role, binding } of state.accounts) {
    if (account) objects.set(keyOf(at), account);
    if (role) objects.set(keyOf(roleRef(at)), role);
    if (binding) objects.set(keyOf(bindingRef(at)), binding);
  }
  const apply = applierOf({ ...ports, registry, state, objects, write: tools.write, sleep: tools.sleep });
  const env: Env = { tools: { ...tools, apply }, claims: new Claims(tools), objects };
  yield* execute(plan, env);
}

async function readState(order: Order, { azure, cluster }: Ports): Promise<{ registry: AzureRegistry; state: SecretlessState }> {
  const [registry, issuer, accounts] = await Promise.all([
    azure.findRegistry(order.registry),
    issuerOf(order, cluster),
    Promise.all(order.serviceAccounts.map((name) => readAccount(cluster, { kind: "serviceaccount", name, namespace: order.namespace }))),
  ]);
  const identityId = identityIdOf(order.identity, registry);
  const [identity, { mode }] = await Promise.all([azure.managedIdentity(identityId), azure.registryFacts(registry)]);
  const [credentials, assignments] = identity
    ? await Promise.all([azure.federatedCredentials(identityId), azure.roleAssignments(registry, identity.principalId)])
    : [[], []];
  return { registry, state: { accounts, issuer, registry: registry.name, mode, identityId, identity, credentials, assignments } };
}

/** Returns the issuer of the cluster's tokens. A user who may not read its document may be allowed to request a token, which names it. */
async function issuerOf({ namespace, serviceAccounts: [name = ""] }: Order, cluster: Cluster): Promise<string> {
  const request = async () => (await cluster.requestToken({ kind: "serviceaccount", name, namespace }, tokenAudience)).claims?.issuer;
  const issuer = await cluster.issuer().catch((error: unknown) => {
    if (isForbidden(error)) return request();
    throw error;
  });
  if (issuer !== undefined) return issuer;
  throw noIssuer();
}

async function readAccount(cluster: Cluster, at: Account): Promise<AccountState> {
  const [account, role, binding] = await Promise.all([cluster.get(at), cluster.get(roleRef(at)), cluster.get(bindingRef(at))]);
  return { at, account, role, binding };
}

/** Returns the id of the identity. By default the name contains the registry's, so that each registry has its own identity. */
function identityIdOf(named: string | undefined, registry: AzureRegistry): string {
  if (named?.startsWith("/")) return named;
  if (named !== undefined && isGuid(named)) return named.toLowerCase();
  return managedIdentityId(registry, named ?? `acr-secretless-${registry.name.toLowerCase()}`);
}

/** A pod can request the same token and sign in itself, so it can use every role of the identity. */
function warnOfRoles({ identity, identityId }: SecretlessState): Plan {
  if (!identity || identity.ours) return [];
  const to = identityRef(identityId);
  return [{ act: "warn", to, message: `another user created ${kinds[to.kind].called} ${to.name}; the pods can use all of its roles` }];
}

function cacheNotice({ identity, identityId }: SecretlessState): Plan {
  const message = "nodes keep the logins that they have for up to 60 minutes, or until the kubelet restarts";
  return identity ? [{ act: "warn", to: identityRef(identityId), message, isInfo: true }] : [];
}
