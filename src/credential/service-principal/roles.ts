import type { Application, Azure, AzureRegistry, RoleAssignment, ServicePrincipal } from "../../azure/port.ts";
import type { Sleep } from "../../env.ts";
import { Busy, CliError, usage } from "../../errors.ts";
import { shell } from "../../hint.ts";
import type { Outcome } from "../../outcome.ts";
import { retryWhileReplicating } from "../../retry.ts";
import { StartAgain } from "../../secret/source.ts";
import { builtInRole, type Mode, pullRole } from "../granted-rights.ts";
import type { Grant, Reversal, Sending } from "../issuer.ts";
import { lackingIn } from "../repository-scope.ts";

/** Returns the repositories that roles allow to pull, without those of unknown conditions; undefined if no role allows pulling. */
export function granted(mode: Mode, assignments: readonly RoleAssignment[]): string[] | undefined {
  const pulling = assignments.filter(({ role }) => builtInRole(role)?.pulls === mode);
  if (pulling.length === 0) return undefined;
  const all = [...new Set(pulling.flatMap(({ condition }) => repositoriesIn(condition) ?? []))].sort();
  return all.includes("*") ? ["*"] : all;
}

/** Whether this plugin assigned a role on the registry itself. */
export const hasOurRole = (assignments: readonly RoleAssignment[]): boolean => assignments.some(({ ours, here }) => ours && here);

/** Other users of the application may pull with the role that this plugin assigned. */
export const roleStays = ({ displayName: name, appId }: Application, { id: scope }: AzureRegistry): Outcome => ({
  to: { kind: "roleassignment.management.azure.com", name },
  messages: [
    `the role of ${JSON.stringify(name)} was kept, because other logins of the application may need it. ` +
      "If no other login needs it, delete the role",
  ],
  fix: shell("az role assignment delete", "--assignee", appId, "--scope", scope),
});

/** Returns the assignment of the pull role on the registry itself. A principal has at most one. */
const roleOn = (mode: Mode, assignments: readonly RoleAssignment[]): RoleAssignment | undefined =>
  assignments.find(({ role, here }) => here && role === pullRole[mode].id);

function union(some: readonly string[], others: readonly string[]): string[] {
  const all = [...new Set([...some, ...others])].sort();
  return all.includes("*") ? ["*"] : all;
}

/**
 * Returns the repositories of an existing assignment.
 * @throws CliError conflict if this plugin did not write its condition
 */
function repositoriesOf({ ours, condition, name }: RoleAssignment, principal: string): string[] {
  const repositories = repositoriesIn(condition);
  if (ours && repositories) return repositories;
  throw new CliError("conflict", `the role of "${principal}" on the registry has a condition that this plugin did not write`, {
    hint: `specify another service principal, or add the repositories to the condition of role assignment ${name} yourself`,
  });
}

/** The condition limits these two actions, and allows every other action of the role. */
const reads = ["content/read", "metadata/read"].map((right) => `Microsoft.ContainerRegistry/registries/repositories/${right}`);

const attribute = "@Request[Microsoft.ContainerRegistry/registries/repositories:name]";

/** The form of a repository or a path. It contains no character that ends a string in a condition. */
const form = /^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?:\/\*)?$/;

/**
 * Returns the condition (Azure ABAC 2.0) that limits a role to these repositories. The slash of `team/*` excludes `team-b`. The text is
 * that of Azure's page about repository permissions.
 * @returns undefined for the whole registry
 * @throws CliError usage for an invalid repository name
 */
export function conditionOf(repositories: readonly string[]): string | undefined {
  if (repositories.includes("*")) return undefined;
  const odd = repositories.find((name) => !form.test(name));
  if (odd !== undefined) throw usage(`invalid repository name ${JSON.stringify(odd)}`);
  const others = reads.map((action) => `!(ActionMatches{'${action}'})`).join(" AND ");
  return `((${others}) OR (${repositories.map(comparison).join(" OR ")}))`;
}

const comparison = (repository: string): string =>
  repository.endsWith("/*")
    ? `${attribute} StringStartsWithIgnoreCase '${repository.slice(0, -1)}'`
    : `${attribute} StringEqualsIgnoreCase '${repository}'`;

/** Returns the repositories of such a condition; undefined for any other condition. */
export function repositoriesIn(condition: string | undefined): string[] | undefined {
  if (condition === undefined) return ["*"];
  const found = [...condition.matchAll(/String(Equals|StartsWith)IgnoreCase '([^']+)'/g)].map(([, how, text = ""]) =>
    how === "Equals" ? text : `${text}*`,
  );
  const known = found.length > 0 && found.every((name) => form.test(name));
  return known && conditionOf(found) === condition ? found : undefined;
}

/** @throws CliError conflict if a repository is named and the registry's roles can't be limited to repositories */
export function refuseScoped(mode: Mode, repositories: readonly string[], registry: string): void {
  if (mode === "abac" || repositories.every((name) => name === "*")) return;
  const message = `registry "${registry}" has no roles for single repositories, so --repository cannot be used with --service-principal`;
  const enable = shell("az acr update", "--name", registry, "--role-assignment-mode", "rbac-abac");
  const when = "omit --repository, or omit --service-principal to get an ACR token, or enable roles for single repositories";
  throw new CliError("conflict", message, { hint: { ...enable, when } });
}

/** What the role of an application gets and loses, so that it pulls what is wanted. */
export type RoleChange = {
  /** The role does not exist yet. */
  readonly isNew: boolean;
  readonly wanted: readonly string[];
  readonly after: readonly string[];
  readonly grants: readonly string[];
  readonly withdraws: readonly string[];
};

/** Repositories that other users granted stay, except with `exact`. @returns undefined if the role stays as it is */
export function roleChange(
  name: string,
  assignments: readonly RoleAssignment[],
  { repositories, exact }: Grant,
  mode: Mode,
): RoleChange | undefined {
  const wanted = mode === "legacy" ? ["*"] : repositories;
  const grants = lackingIn(granted(mode, assignments) ?? [], wanted);
  const there = roleOn(mode, assignments);
  if (grants.length === 0 && !(exact && there)) return undefined;
  const before = there ? repositoriesOf(there, name) : [];
  const withdraws = exact ? before.filter((one) => !wanted.includes(one)) : [];
  if (grants.length + withdraws.length === 0) return undefined;
  return { isNew: !there, wanted, after: changed(before, { wanted, withdraws }), grants, withdraws };
}

const changed = (before: readonly string[], { wanted, withdraws }: Pick<RoleChange, "wanted" | "withdraws">): string[] =>
  union(
    before.filter((one) => !withdraws.includes(one)),
    wanted,
  );

/** Whether another client was faster. */
export const isConflict = (error: unknown): boolean =>
  error instanceof CliError && error.kind === "conflict" && !(error instanceof Busy || error instanceof StartAgain);

type WritingRole = {
  /** The display name of the application. */
  readonly name: string;
  readonly principal: ServicePrincipal;
  readonly change: RoleChange;
  /** Azure may not know the service principal everywhere yet. */
  readonly isNew: boolean;
};

type RoleEnv = Pick<Sending, "send"> & {
  readonly azure: Azure;
  readonly registry: AzureRegistry;
  readonly mode: Mode;
  readonly waits: { readonly right: number };
  readonly sleep: Sleep;
};

/**
 * Assigns the role. Another client may have changed it since it was read, so this run writes only its own difference.
 * @returns what reverses it; undefined if there was nothing to write
 */
export async function writeRole(of: WritingRole, env: RoleEnv): Promise<Reversal | undefined> {
  const { name, principal, change, isNew } = of;
  const { azure, registry, mode, waits, sleep, send } = env;
  const at = { principalId: principal.id, role: pullRole[mode].id };
  const put = (repositories: readonly string[]) => azure.assignRole(registry, { ...at, condition: conditionOf(repositories) });
  const assigned = () => azure.roleAssignments(registry, principal.id);
  const read = async () => {
    const there = roleOn(mode, await assigned());
    return there && repositoriesOf(there, name);
  };
  const before = isNew ? undefined : await read();
  const after = changed(before ?? [], change);
  if (before && before.join() === after.join()) return undefined;
  try {
    await retryWhileReplicating(isNew, { wait: waits.right, sleep }, () => send(() => put(after)));
  } catch (error) {
    // Another run may have just assigned the role
    const had = isConflict(error) ? granted(mode, await assigned()) : undefined;
    if (!had || lackingIn(had, change.wanted).length > 0) throw error;
    return undefined;
  }
  return async (sending) => {
    const added = after.filter((one) => before?.includes(one) !== true);
    const others = ((await read()) ?? []).filter((one) => !added.includes(one));
    const left = union(before ?? [], others);
    await sending(async () => void (await (left.length > 0 ? put(left) : azure.unassignRole(registry, at))));
  };
}
