import { CliError } from "../errors.ts";
import type { Create } from "../fix.ts";
import type { Ref } from "../kinds.ts";
import { pullSecretKey, type Secret } from "../objects.ts";
import type { Plan } from "../plan/change.ts";
import { planAttaches } from "../plan/namespace.ts";
import { hostOf, isKeyOf } from "../registry/server-key.ts";
import { readEntries } from "../secret/entry.ts";
import type { RecreateOptions } from "../targets/references.ts";
import type { RestartOptions } from "../targets/restart.ts";
import { readExisting } from "../usage/existing-secret.ts";
import type { NamespaceState } from "../usage/namespace-state.ts";
import { planInputOf, usersOf } from "../usage/plan-input.ts";
import { noSecret } from "../usage/pull-secrets.ts";
import { type TargetObject, targetOf } from "../usage/targets.ts";

type Attaching = {
  readonly secret: string;
  /** The command that creates the Secret, for the hint if it doesn't exist. */
  readonly make: Create;
  readonly fieldManager: string;
  readonly now: Date;
};

type AttachOrder = {
  /** Selects only targets whose pods pull from the Secret's registry. */
  readonly whereUsed: boolean;
  isSelected(target: Ref): boolean;
  /** The run has only this namespace. If it selects no target there, the plan says so. */
  readonly isOneNamespace: boolean;
  readonly restart: RestartOptions;
  readonly recreateOptions: RecreateOptions;
};

/** Plans one namespace of `attach`. @throws CliError if the Secret doesn't exist or the kubelet can't use its type */
export function attachIn(
  state: NamespaceState,
  attaching: Attaching,
  { whereUsed, isSelected, isOneNamespace, restart, recreateOptions }: AttachOrder,
): Plan {
  const { secret: name, fieldManager, now } = attaching;
  const { hosts } = secretToAttach(state, attaching);
  const [host = "", ...others] = hosts;
  const found = whereUsed ? usersIn(state, hosts, name) : state.targets;
  const selected = { ...state, targets: found.filter((object) => isSelected(targetOf(object).to)) };
  const { facts } = planInputOf(selected, { name, host, others, fieldManager, now });
  const plan = planAttaches(facts, { restart, recreateOptions, mayPull: () => true });
  if (isOneNamespace && selected.targets.length === 0)
    return [{ act: "warn", to: facts.to, message: `no target that can be changed uses ${hosts.join(" or ")}` }];
  return plan;
}

export function lackingIn(state: NamespaceState, attaching: Attaching): Ref[] {
  const { hosts } = secretToAttach(state, attaching);
  const users = usersIn(state, hosts, attaching.secret).map((object) => targetOf(object));
  return users.filter(({ names }) => !names.includes(attaching.secret)).map(({ to }) => to);
}

/**
 * Returns the Secret, and the registries for which pods get it.
 * @throws CliError notFound if the Secret doesn't exist, invalid if the kubelet can't use its type
 */
function secretToAttach(
  { secret, scope }: Pick<NamespaceState, "secret" | "scope">,
  { secret: name, make, fieldManager }: Omit<Attaching, "now">,
) {
  if (!secret) throw noSecret(name, { ...make, secret: name, namespace: scope.namespace });
  const type = secret.type ?? "Opaque";
  if (!(type in pullSecretKey)) throw new CliError("invalid", `secret "${name}" is of type ${type}, which the kubelet ignores`);
  return { secret, hosts: hostsOf(secret, fieldManager) };
}

function usersIn(state: NamespaceState, hosts: readonly string[], name: string): TargetObject[] {
  if (hosts.length > 0) return usersOf(hosts, state);
  throw new CliError("invalid", `secret/${name} does not name the registry of its login: specify the targets`, {
    hint: { verb: "attach", secret: name, serviceaccounts: ["default"], or: "deployment/NAME, or --all-serviceaccounts" },
  });
}

/**
 * Returns the registries of a Secret: those that its annotation names and that it has a login for. Without an annotation, returns the hosts
 * of all its keys. The annotation alone doesn't count, because anyone in the namespace can write it and the result decides which pods are
 * restarted.
 */
function hostsOf(secret: Secret, fieldManager: string): string[] {
  const { hosts } = readExisting(secret, "", fieldManager).existing;
  const entries = readEntries(secret);
  if (entries === undefined) return [...new Set(hosts.map(hostOf))].filter((host) => /^[\w.:-]+$/.test(host));
  const recordedHosts = new Set(entries.flatMap((entry) => entry.hosts));
  return [...recordedHosts].filter((host) => hosts.some((server) => isKeyOf(host, server)));
}
