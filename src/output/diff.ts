import type { ChangeOutcome } from "../actions/outcome.ts";
import { at, kinds } from "../kinds.ts";
import { type KubeObject, lastApplied, type Metadata, type Secret } from "../objects.ts";
import type { Act, Recreate, Refer, Store, Withdraw } from "../plan/change.ts";
import { patched, unclaimed } from "../secret/pull-secret.ts";
import { shapeNamed } from "../secret/shapes.ts";

/**
 * The compared parts of an object, before and after; undefined if the object does not exist. `recreated`: the old object is deleted before
 * the new one is created.
 */
export type Sides = { readonly before: object | undefined; readonly after: object | undefined; readonly recreated?: true };

type SidesOf = (outcome: ChangeOutcome) => Sides;

/** The actions with two sides. */
const rows: { readonly [A in Act]?: SidesOf } = {
  attach: referred,
  detach: referred,
  recreate: referred,
  store: stored,
  withdraw: withdrawn,
  remove: removed,
};

/** Returns the two sides of a change; undefined if it has none. */
export const sidesOf = (outcome: ChangeOutcome): Sides | undefined => rows[outcome.change.act]?.(outcome);

/** Only a target's list, at its path in the object. The API server's response, if there is one, is more accurate than the plan. */
function referred({ change, object }: ChangeOutcome): Sides {
  const { to, before, after } = change as Refer | Recreate;
  const { path } = kinds[to.kind].carries;
  const answered = at(object, path);
  return { before: listAt(path, before), after: Array.isArray(answered) ? standing(path, answered) : listAt(path, after) };
}

const listAt = (path: readonly string[], names: readonly string[]) =>
  standing(
    path,
    names.map((name) => ({ name })),
  );

/** The API server omits an empty list from an object. */
const standing = (path: readonly string[], list: readonly unknown[]): object | undefined =>
  list.length === 0 ? undefined : (path.toReversed().reduce<unknown>((value, step) => ({ [step]: value }), list) as object);

/** A Secret without the fields of the API server, and without its text. */
function stored({ change, object, before, unmade }: ChangeOutcome): Sides {
  const { precondition, replaces, shape } = change as Store;
  const old = precondition && asSecret(before);
  const fresh = asSecret(object);
  // A write changes only the fields that it contains, and ends a claim
  const next = old && fresh && !replaces ? patched(patched(old, fresh), { metadata: { annotations: unclaimed } }) : fresh;
  const [masked, maskedNext] = masks(old?.data, next?.data, unmade ? shapeNamed(shape).keys : []);
  return { before: old && shown(old, masked), after: next && shown(next, maskedNext), ...(replaces && { recreated: true }) };
}

/** A login that stays under another key until it is revoked is only shown in the later change that removes it. */
function withdrawn({ change, object, before }: ChangeOutcome): Sides {
  if ((change as Withdraw).noted) return { before: undefined, after: undefined };
  const [old, next] = [asSecret(before), asSecret(object)];
  const [masked, maskedNext] = masks(old?.data, next?.data, []);
  return { before: old && shown(old, masked), after: next && shown(next, maskedNext) };
}

function removed({ object }: ChangeOutcome): Sides {
  const old = asSecret(object);
  return { before: old && shown(old, masks(old.data, undefined, [])[0]), after: undefined };
}

const asSecret = (object: KubeObject | undefined) => (object?.kind === "Secret" ? object : undefined);

function shown({ metadata: { name, namespace, labels, annotations }, data: _, ...secret }: Secret, data: Data | undefined): object {
  const noted = annotations?.[lastApplied] === undefined ? annotations : { ...annotations, [lastApplied]: mask };
  const metadata: Partial<Metadata> = { name, ...(namespace && { namespace }), ...filled({ labels, annotations: noted }) };
  return { ...secret, metadata, ...filled({ data }) };
}

/** The members that are not empty. */
const filled = (members: Readonly<Record<string, object | undefined>>) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value && Object.keys(value).length > 0));

type Data = Readonly<Record<string, string>>;

const mask = "***";

/**
 * Masks values like kubectl diff: a changed value becomes `(before)` and `(after)`, and no value is shown.
 * @param unmade keys whose value is not created yet, so it will differ
 */
function masks(before: Data | undefined, after: Data | undefined, unmade: readonly string[]): [Data | undefined, Data | undefined] {
  const differs = (key: string) => {
    const [old, fresh] = [before?.[key], after?.[key]];
    return old !== undefined && fresh !== undefined && (old !== fresh || unmade.includes(key));
  };
  const masked = (data: Data | undefined, suffix: string) =>
    data && Object.fromEntries(Object.keys(data).map((key) => [key, differs(key) ? `${mask} (${suffix})` : mask]));
  return [masked(before, "before"), masked(after, "after")];
}
