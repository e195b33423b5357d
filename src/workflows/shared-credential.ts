import { type Credential, type Issue, lifecycleOf, type Need } from "../credential/kind.ts";
import { CliError, withLines } from "../errors.ts";
import type { Create } from "../fix.ts";
import { joinNames, type Ref } from "../kinds.ts";
import { mintIn, type Plan } from "../plan/change.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { matchesGlob, type Scope } from "../scope/scope.ts";
import { type Holders, holdersOf } from "../usage/holders.ts";
import { inLine, nameInPlace } from "../wording.ts";

/**
 * Refuses to add repositories to a credential that Secrets outside the selected namespaces hold, or may hold.
 * @param again the command, with the repositories
 * @throws CliError conflict
 */
export async function refuseWidening(issue: Issue, credential: Credential, clusterScope: ClusterScope, again: Create): Promise<void> {
  if (!widens(issue.steps)) return;
  const { kind, host } = credential;
  const { identity } = issue.entry;
  const holders = await holdersOf(clusterScope, { kind, identity, host }, await lifecycleOf(credential).clusters(identity));
  const others = holders.secrets.map(({ to }) => to).filter((to) => !isSelected(to, clusterScope));
  const called = `cannot add repositories to the ${kind} ${JSON.stringify(identity)}`;
  if (others.length > 0) {
    const names = [...new Set(others.map(nameInPlace))];
    throw new CliError("conflict", `${called}, because other Secrets hold it too: ${inLine(names)}`, {
      hint: { ...again, scope: again.scope && withNamespaces(again.scope, others, clusterScope) },
    });
  }
  const unknown = unknownHolders(holders);
  if (unknown !== undefined)
    throw new CliError("conflict", `${called}: ${unknown}`, {
      hint: "run the command as a user who can list all Secrets of the cluster; or specify another Secret name",
    });
}

/**
 * Whether an issue adds a password to a credential that Secrets outside the selected namespaces hold, or may hold. Such a credential may be
 * known only from an annotation, which anyone in the namespace can write.
 */
export async function isHeldOutside({ steps, entry: { identity } }: Issue, credential: Credential, clusterScope: ClusterScope) {
  if (mintIn(steps)?.inNew !== false) return false;
  const { kind, host } = credential;
  const { secrets, unknown } = await holdersOf(clusterScope, { kind, identity, host }, await lifecycleOf(credential).clusters(identity));
  return unknown.length > 0 || secrets.some(({ to }) => !isSelected(to, clusterScope));
}

function widens(plan: Plan): boolean {
  return (
    !mintIn(plan)?.inNew && plan.some((change) => (change.act === "create" || change.act === "update") && (change.grants ?? []).length > 0)
  );
}

const isSelected = ({ namespace = "" }: Ref, clusterScope: ClusterScope): boolean => clusterScope.namespaces.includes(namespace);

function unknownHolders({ unlisted, unknown }: Holders): string | undefined {
  if (unlisted) return withLines("not all Secrets of this cluster could be listed", unlisted.message);
  return unknown.length === 0 ? undefined : `Secrets of cluster ${joinNames(unknown)} may hold it`;
}

function withNamespaces(scope: Scope, others: readonly Ref[], clusterScope: ClusterScope): Scope {
  const more = others.map(({ namespace = "" }) => namespace);
  const selected = { names: clusterScope.namespaces, globs: [] };
  // Without its selector or an exclusion, the command would select other namespaces, and each of them would get the credential
  const isExact = scope.selector === undefined && !scope.exclude.some((glob) => more.some((name) => matchesGlob(glob, name)));
  const { names, globs } = isExact ? (wordsOf(scope) ?? selected) : selected;
  const exclude = isExact ? scope.exclude : [];
  return { ...scope, namespaces: { names: [...new Set([...names, ...more])], globs }, selector: undefined, exclude };
}

/** Returns the names and patterns that select the namespaces of a scope; undefined for the current namespace. */
function wordsOf({ namespaces }: Scope) {
  if (namespaces === "current") return undefined;
  return namespaces === "all" ? { names: [], globs: ["*"] } : namespaces;
}

/**
 * Issues a credential that Secrets of the scope already hold, if one of them still pulls. Otherwise issues another password of the last
 * one.
 * @param isOutside whether other Secrets hold that credential, so that the scope gets a new credential
 */
export async function issueHeld(
  credential: Credential,
  need: Omit<Need, "current">,
  holders: AsyncIterable<NonNullable<Need["current"]>>,
  isOutside: (issue: Issue) => Promise<boolean>,
): Promise<Issue> {
  let last: Issue | undefined;
  for await (const current of holders) {
    last = await credential.issue({ ...need, current });
    const isOthers = current.login !== undefined && last.isOthers?.(current.login);
    if (last.pulls !== "no" && !isOthers) return last;
  }
  return last && !(await isOutside(last)) ? last : credential.issue({ ...need, current: undefined });
}
