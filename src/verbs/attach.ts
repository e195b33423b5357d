import { CliError, isForbidden, withLines } from "../errors.ts";
import { type Command, plugin } from "../hint.ts";
import { pullSecretKey, type Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import { hostOf, isKeyOf } from "../registry/server-key.ts";
import type { NamespaceScope } from "../scope/cluster-scopes.ts";
import { loginsIn } from "../secret/login.ts";
import { credentialOf } from "../secret/record.ts";
import { attachTargets } from "../targets/attach.ts";
import type { RecreateOptions } from "../targets/lists.ts";
import { noTarget } from "../targets/no-target.ts";
import type { RestartOptions } from "../targets/restart.ts";
import type { Tools } from "../tools.ts";
import { type NamespaceState, type ReadOptions, readNamespace } from "../usage/namespace-state.ts";
import { noSecret, onlySecret } from "../usage/pull-secrets.ts";
import { type TargetObject, type TargetOptions, targetOf } from "../usage/targets.ts";
import { usersOf } from "../usage/users.ts";

export type Attach = {
  readonly namespace: string;
  /** Absent: the only Secret of this plugin in the namespace. */
  readonly secret: string | undefined;
  /** Absent: the run fails with the targets that use the Secret's registry and lack the Secret. */
  readonly targets: TargetOptions | undefined;
  readonly restart: RestartOptions;
  readonly recreateOptions: RecreateOptions;
  /** How long to wait for the default ServiceAccount of a new namespace, in milliseconds. */
  readonly wait: number;
  /** The words of the command that creates the Secret, after its name, for the hint if it doesn't exist. */
  readonly make: readonly string[];
};

/**
 * Adds a Secret to the lists of targets in one namespace, and restarts the pods that wait for it.
 * @throws CliError if the Secret or a named target doesn't exist, no target is named, or the kubelet can't use the Secret's type
 */
export async function* attachSecret(order: Attach, tools: Tools): AsyncGenerator<Outcome> {
  const { namespace, restart, recreateOptions, make } = order;
  const cluster = tools.cluster();
  const name = order.secret ?? (await onlySecret(cluster, namespace, { ...plugin("create", make), namespace, or: "name the Secret" }));
  const targets = order.targets ?? { picks: [], whereUsed: true };
  const pods = restart === "all" || targets.whereUsed ? "all" : "waiting";
  const wait = { milliseconds: order.wait, sleep: tools.sleep };
  const read = async () => {
    const state = await readWithPods({ cluster, namespace }, { secret: name, targets, pods, wait, lenient: false });
    const secret = attachable(state.secret, name, { ...plugin("create", name, make), namespace });
    return { ...state, secret, selected: targets.whereUsed ? usersIn(state, secret) : state.targets };
  };
  const candidates = async () => {
    const users = (await read()).selected.map((object) => targetOf(object));
    return users.filter(({ names }) => !names.includes(name)).map(({ to }) => to);
  };

  if (!order.targets) throw await noTarget("attach", name, candidates, tools);
  const { secret, selected, ...state } = await read();
  const hosts = hostsOf(secret);
  const to = { kind: "secret", name, namespace } as const;
  if (selected.length === 0) return yield { to, messages: [`no target that can be changed uses ${hosts.join(" or ")}`] };
  yield* attachTargets({ secret: to, targets: selected, pods: state.pods, hosts, restart, recreateOptions, mayPull: () => true }, tools);
  if (state.denial && restart !== "none") yield { to, messages: [withLines("pods that wait are not restarted", state.denial.message)] };
}

/** Reads a namespace, without its pods if the user may not list them. */
async function readWithPods(scope: NamespaceScope, reads: ReadOptions): Promise<NamespaceState & { readonly denial?: CliError }> {
  try {
    return await readNamespace(scope, reads);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return { ...(await readNamespace(scope, { ...reads, pods: "none" })), denial: error };
  }
}

/** @throws CliError notFound if the Secret doesn't exist, invalid if the kubelet can't use its type */
function attachable(secret: Secret | undefined, name: string, make: Command): Secret {
  if (!secret) throw noSecret(name, make);
  const type = secret.type ?? "Opaque";
  if (!(type in pullSecretKey)) throw new CliError("invalid", `secret "${name}" is of type ${type}, which the kubelet ignores`);
  return secret;
}

function usersIn(state: NamespaceState, secret: Secret): TargetObject[] {
  const hosts = hostsOf(secret);
  if (hosts.length > 0) return usersOf(hosts, state);
  const { name } = secret.metadata;
  throw new CliError("invalid", `secret/${name} does not name the registry of its login: specify the targets`, {
    hint: { ...plugin("attach", name, "--serviceaccount", "default"), or: "deployment/NAME, or --all-serviceaccounts" },
  });
}

/**
 * Returns the registries of a Secret: the one that its record names, if it has a login for it. Without a record, returns the hosts of all
 * its keys. The record alone doesn't count, because anyone in the namespace can write it and the result decides which pods are restarted.
 */
function hostsOf(secret: Secret): string[] {
  const servers = loginsIn(secret).map(({ server }) => server);
  const record = credentialOf(secret);
  if (!record) return [...new Set(servers.map(hostOf))].filter((host) => /^[\w.:-]+$/.test(host));
  return servers.some((server) => isKeyOf(record.host, server)) ? [record.host] : [];
}
