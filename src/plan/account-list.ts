import type { Fix } from "../fix.ts";
import { nameOf, type Ref, type TargetKind } from "../kinds.ts";
import type { Account } from "./around.ts";
import type { Tell } from "./change.ts";
import type { Target } from "./references.ts";
import { hasPods, saidTargets, several, shown } from "./said.ts";

/** Templates of one ServiceAccount. */
type Of = { readonly account: Account; readonly templates: readonly Ref<TargetKind>[] };

/**
 * Templates that have no list until now, whose ServiceAccount has names: from then on their pods get none of these. What mends it is the
 * name in the ServiceAccount's list, and none in the template's.
 *
 * @param targets those whose list comes to hold the Secret by this run
 * @param attached the ServiceAccounts that carry it, or are about to
 */
export function tellHidden(secret: string, targets: readonly Target[], attached: readonly string[], accounts: readonly Account[]): Tell[] {
  const bare = targets.filter(({ names }) => names.length === 0);
  return byAccount(bare, accounts).flatMap(({ account, templates: [to, ...more] }): Tell[] => {
    const lost = account.names.filter((name) => name !== secret && name !== "");
    if (!to || lost.length === 0) return [];
    const templates = [to, ...more];
    const its = templates.length === 1 ? "its" : "their";
    const says = `${several(templates.map(nameOf))} had no list, and ${its} pods no longer get what serviceaccount/${account.name} lists: ${several(lost.map(shown))}`;
    return [{ act: "tell", id: "hides-account-list", to, says, fix: byTheAccount(secret, account, templates, attached) }];
  });
}

function byTheAccount(secret: string, { name, names }: Account, templates: readonly Ref<TargetKind>[], attached: readonly string[]): Fix {
  const { namespace, context } = templates[0] ?? {};
  const there = { namespace, context };
  const detach = { verb: "detach", secret, ...saidTargets(templates), ...there } as const;
  if (names.includes(secret) || attached.includes(name)) return detach;
  return { do: "steps", steps: [{ verb: "attach", secret, serviceaccounts: [name], ...there }, detach] };
}

/**
 * Templates whose pods the ServiceAccount's annotation would have refused: it lets them name only what it lists itself.
 * @param targets those that carry the Secret, or are about to
 */
export function tellMountable(
  secret: string,
  targets: readonly Target[],
  attached: readonly string[],
  accounts: readonly Account[],
): Tell[] {
  const strict = accounts.filter(({ name, names, mountableOnly }) => mountableOnly && !names.includes(secret) && !attached.includes(name));
  return byAccount(targets, strict).flatMap(({ account, templates: [to, ...more] }): Tell[] => {
    if (!to) return [];
    const { name } = account;
    const says = `serviceaccount/${name} lets pods name only what it lists itself (${annotation}), so those of ${several([to, ...more].map(nameOf))} will be refused`;
    return [{ act: "tell", id: "mountable-only", to, says, fix: { verb: "attach", secret, serviceaccounts: [name] } }];
  });
}

/** Deprecated since Kubernetes 1.32, and heeded still (plugin/pkg/admission/serviceaccount). */
export const annotation = "kubernetes.io/enforce-mountable-secrets";

function byAccount(targets: readonly Target[], accounts: readonly Account[]): Of[] {
  const templates = targets.filter(({ to }) => hasPods(to));
  return accounts.map((account) => ({ account, templates: templates.filter((one) => one.account === account.name).map(({ to }) => to) }));
}
