import type { Fix } from "../fix.ts";
import { kinds, nameOf, type Ref, type TargetKind, targetKindCalled } from "../kinds.ts";
import type { Change, Warn } from "./change.ts";
import type { OwnerRef, Target } from "./references.ts";
import type { WarningId } from "./warnings.ts";
import { hasPods, isPlain, pluralize, saidTargets, several, shown } from "./wording.ts";

/** The input of warnings about targets: ServiceAccounts, and the owners of lists. */
export type WarningInputs = {
  /** The ServiceAccounts that were read. */
  readonly accounts: readonly Account[];
  readonly listers: readonly Lister[];
};

/** A ServiceAccount that pods run as. */
export type Account = {
  readonly name: string;
  readonly names: readonly string[];
  /** Its pods may name only pull secrets that it lists (`kubernetes.io/enforce-mountable-secrets`). */
  readonly mountableOnly: boolean;
};

/** An owner of a list of pull secrets with images of the registry: a template, or a pod without a controller. */
export type Lister = { readonly of: OwnerRef; readonly account: string; readonly names: readonly string[] };

/** A ServiceAccount with its templates. */
type Of = { readonly account: Account; readonly templates: readonly Ref<TargetKind>[] };

/**
 * Warns about templates that had no list and get one, and whose ServiceAccount has names: their pods no longer get the ServiceAccount's
 * names. The fix adds the name to the ServiceAccount's list and removes it from the template's.
 * @param targets targets that get the Secret in this run
 * @param attached ServiceAccounts that have the Secret or get it
 */
export function warnHidden(secret: string, targets: readonly Target[], attached: readonly string[], accounts: readonly Account[]): Warn[] {
  const bare = targets.filter(({ names }) => names.length === 0);
  return byAccount(bare, accounts).flatMap(({ account, templates }): Warn[] => {
    const lost = account.names.filter((name) => name !== secret && name !== "");
    if (lost.length === 0) return [];
    const message = (names: string) =>
      `${names} had no list, and ${pluralize(templates.length, "its", "their")} pods no longer get what serviceaccount/${account.name} lists: ${several(lost.map(shown))}`;
    return warningAbout(templates, "hides-account-list", message, byTheAccount(secret, account, templates, attached));
  });
}

/** Returns a warning about some targets; none if there are no targets. */
function warningAbout(targets: readonly Ref<TargetKind>[], id: WarningId, message: (names: string) => string, fix: Fix): Warn[] {
  const [to] = targets;
  return to ? [{ act: "warn", id, to, says: message(several(targets.map(nameOf))), fix }] : [];
}

function byTheAccount(secret: string, { name, names }: Account, templates: readonly Ref<TargetKind>[], attached: readonly string[]): Fix {
  const { namespace, context } = templates[0] ?? {};
  const there = { namespace, context };
  const detach = { verb: "detach", secret, ...saidTargets(templates), ...there } as const;
  if (names.includes(secret) || attached.includes(name)) return detach;
  return { do: "steps", steps: [{ verb: "attach", secret, serviceaccounts: [name], ...there }, detach] };
}

/**
 * Warns about templates whose pods will be rejected, because the ServiceAccount's annotation allows only names that it lists itself.
 * @param targets targets that have the Secret or get it
 */
export function warnMountable(
  secret: string,
  targets: readonly Target[],
  attached: readonly string[],
  accounts: readonly Account[],
): Warn[] {
  const strict = accounts.filter(({ name, names, mountableOnly }) => mountableOnly && !names.includes(secret) && !attached.includes(name));
  return byAccount(targets, strict).flatMap(({ account: { name }, templates }): Warn[] => {
    const message = (names: string) =>
      `serviceaccount/${name} lets pods name only what it lists itself (${annotation}), so those of ${names} will be refused`;
    return warningAbout(templates, "mountable-only", message, { verb: "attach", secret, serviceaccounts: [name] });
  });
}

/** Deprecated since Kubernetes 1.32, and still honored (plugin/pkg/admission/serviceaccount). */
export const annotation = "kubernetes.io/enforce-mountable-secrets";

function byAccount(targets: readonly Target[], accounts: readonly Account[]): Of[] {
  const templates = targets.filter(({ to }) => hasPods(to));
  return accounts.map((account) => ({ account, templates: templates.filter((one) => one.account === account.name).map(({ to }) => to) }));
}

/**
 * Warns about templates and pods that run as a ServiceAccount with the Secret, and have their own list without it. Admission copies the
 * ServiceAccount's names only into a pod without a list. Prints one warning for each ServiceAccount, and another one for objects whose list
 * can't be changed.
 * @param attached targets that have the Secret or get it
 */
export function warnOwnLists(secret: string, attached: readonly Ref<TargetKind>[], listers: readonly Lister[]): Warn[] {
  const lacking = uniqueListers(listers).filter(({ of, names }) => !names.includes(secret) && !attached.some((to) => isOf(of, to)));
  return attached
    .filter((to) => !hasPods(to))
    .flatMap((to) => {
      const mine = lacking.filter(({ account }) => account === to.name);
      const refs = mine.flatMap(({ of }) => refOf(of) ?? []);
      const lasting = mine.filter(({ of }) => !refOf(of)).map(({ of }) => shownOwner(of));
      const fix = { verb: "attach", secret, ...saidTargets(refs) } as const;
      return [
        ...ownLists(refs.map(nameOf), to, `, ${secret} among them`, fix),
        ...ownLists(lasting, to, `: make ${pluralize(lasting.length, "it", "them")} anew with ${secret}`),
      ];
    });
}

function ownLists(names: readonly string[], to: Ref<TargetKind>, end: string, fix?: Fix): Warn[] {
  if (names.length === 0) return [];
  const [has, its, gets] = names.length === 1 ? ["has", "its", "gets"] : ["have", "their", "get"];
  const says = `${several(names)} ${has} imagePullSecrets of ${its} own, and ${gets} none of those of ${nameOf(to)}${end}`;
  return [{ act: "warn", id: "own-list", to, says, fix }];
}

/** Returns the target whose list can be changed; undefined for objects that keep their list, and for unknown kinds. */
function refOf({ kind: called, name }: Lister["of"]): Ref<TargetKind> | undefined {
  const kind = targetKindCalled(called);
  return kind && kinds[kind].carries.takes !== "recreate" ? { kind, name } : undefined;
}

const shownOwner = ({ kind, name }: Lister["of"]): string => `${targetKindCalled(kind) ?? kind.toLowerCase()}/${name}`;

const isOf = ({ kind, name }: Lister["of"], to: Ref<TargetKind>): boolean => targetKindCalled(kind) === to.kind && name === to.name;

/** Removes duplicates: a template that was read, and its pods, count once. */
const uniqueListers = (listers: readonly Lister[]): Lister[] => [...new Map(listers.map((one) => [shownOwner(one.of), one])).values()];

/** Another name in a list that refers to a missing Secret, or to a Secret that the kubelet can't use. */
export type OtherName = {
  readonly name: string;
  readonly id: Extract<WarningId, "dangling-name" | "secret-type" | "malformed-secret">;
  /** The problem, as a text that follows `secret/NAME, which`. */
  readonly why: string;
};

/**
 * Warns about other names in lists that refer to no usable Secret. Reports each name once, with every list that contains it.
 * @param targets targets whose list this run writes
 */
export const warnOthers = (targets: readonly Target[], others: readonly OtherName[]): Warn[] =>
  others.flatMap(({ name, id, why }) => {
    const having = havingName(name, targets);
    const message = (names: string) => `${names} also ${pluralize(having.length, "lists", "list")} secret/${shown(name)}, which ${why}`;
    const what = isPlain(name) ? { secret: name } : { dangling: true };
    return warningAbout(having, id, message, { verb: "detach", ...what, ...saidTargets(having) });
  });

/** Warns about entries without a name in lists that this run writes. */
export function warnNameless(targets: readonly Target[]): Warn[] {
  const having = havingName("", targets);
  const message = (names: string) =>
    `${names} also ${pluralize(having.length, "has an entry", "have entries")} without a name, for which the cluster autoscaler passes over pods that wait`;
  return warningAbout(having, "empty-name", message, { verb: "detach", dangling: true, ...saidTargets(having) });
}

const havingName = (name: string, targets: readonly Target[]) => targets.filter(({ names }) => names.includes(name)).map(({ to }) => to);

/**
 * Returns the warnings for targets that a Secret is attached to. A lasting problem that keeps pods from their image is reported in every
 * run. A problem that a write causes, or that concerns the written list, is reported only with that write.
 */
export function warnOfTargets(
  secret: string,
  targets: readonly Target[],
  attaches: readonly Change[],
  warningInputs: WarningInputs,
): Change[] {
  const acts = (...of: readonly string[]) => targets.filter((_, index) => of.includes(attaches[index]?.act ?? ""));
  const [written, carrying] = [acts("attach", "recreate"), acts("attach", "recreate", "keep")];
  const carriers = carrying.map(({ to }) => to);
  const accounts = carriers.filter((to) => !hasPods(to)).map(({ name }) => name);
  const warnings = [
    ...warnOwnLists(secret, carriers, warningInputs.listers),
    ...warnHidden(secret, written, accounts, warningInputs.accounts),
    ...warnMountable(secret, carrying, accounts, warningInputs.accounts),
    ...warnNameless(written),
  ];
  return warnings.map((warning) => ({ ...warning, needs: warning.to }));
}
