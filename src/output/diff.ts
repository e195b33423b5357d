import type { ChalkInstance } from "chalk";
import { at, isInCluster, kinds, type Ref, type TargetKind } from "../kinds.ts";
import { type KubeObject, lastApplied, merged, type Secret } from "../objects.ts";
import type { ListChange, Outcome } from "../outcome.ts";
import { claimKey } from "../secret/record.ts";
import { shapeNamed, shapeOf } from "../secret/shapes.ts";
import { printData } from "./object.ts";
import { diffLines } from "./unified.ts";

/** The compared parts of an object, before and after; undefined if the object does not exist. */
type Sides = { readonly before: object | undefined; readonly after: object | undefined };

/**
 * Formats the difference that a change makes, like `kubectl diff`.
 * @returns its lines, none for an unchanged object; undefined if only the line of the change shows it
 */
export async function diffOf(outcome: Outcome, name: string, style: ChalkInstance) {
  const sides = sidesOf(outcome);
  if (!sides) return undefined;
  const [before, after] = [await asText(sides.before), await asText(sides.after)];
  return diffLines({ name, before, after }, style);
}

const asText = async (object: object | undefined) => (object ? printData(object, "yaml") : "");

/** Results that change no field that is compared. */
const without: readonly (Outcome["result"] | undefined)[] = [undefined, "unchanged", "restarted"];

/** Returns the two sides of a change; undefined if it has none. */
export function sidesOf(outcome: Outcome): Sides | undefined {
  const { to, result, list, object, before } = outcome;
  if (without.includes(result)) return undefined;
  if (list) return listSides(to.kind as TargetKind, list, object);
  if (!asSecret(object ?? before)) return objectSides(to, before, result === "deleted" ? undefined : object);
  return result === "deleted" ? secretSides(before ?? object, undefined) : storeSides(outcome);
}

function storeSides({ result, object, before, unmade }: Outcome): Sides {
  const [old, fresh] = [result === "created" ? undefined : asSecret(before), asSecret(object)];
  // A write changes only the fields that it contains, and ends a claim
  const next = old && fresh ? merged(merged(old, fresh), { metadata: { annotations: { [claimKey]: null } } }) : fresh;
  return secretSides(old, next, unmade && fresh ? shapeNamed(shapeOf(fresh)).keys : []);
}

/** An object in the cluster without the fields of the API server. An object in Azure gets only its line. */
function objectSides(to: Ref, before: KubeObject | undefined, after: KubeObject | undefined): Sides | undefined {
  if (!isInCluster(to)) return undefined;
  const shown = (object: KubeObject | undefined) => {
    if (!object) return undefined;
    const { metadata, ...rest } = object;
    const { name, namespace, labels, annotations } = metadata;
    return { ...rest, metadata: { name, namespace, ...filled({ labels, annotations }) } };
  };
  return { before: shown(before), after: shown(after) };
}

/** Returns only a target's list, at its path in the object. A response of the API server is more accurate than the decision. */
function listSides(kind: TargetKind, { before, after }: ListChange, object: object | undefined): Sides {
  const { path } = kinds[kind].pullSecretList;
  const returned = at(object, path);
  const named = (names: readonly string[]) => names.map((name) => ({ name }));
  return { before: nested(path, named(before)), after: nested(path, Array.isArray(returned) ? returned : named(after)) };
}

/** An object with only this list. The API server omits an empty list from an object. */
const nested = (path: readonly string[], list: readonly unknown[]): object | undefined =>
  list.length === 0 ? undefined : (path.toReversed().reduce<unknown>((value, step) => ({ [step]: value }), list) as object);

const asSecret = (object: { readonly kind: string } | undefined) => (object?.kind === "Secret" ? (object as Secret) : undefined);

/**
 * Secrets without the fields of the API server, and without their text. Values are masked like in `kubectl diff`: a changed value becomes
 * `(before)` and `(after)`, and no value is shown.
 * @param ungenerated keys whose value is not generated yet, so it will differ
 */
function secretSides(before: Parameters<typeof asSecret>[0], after: typeof before, ungenerated: readonly string[] = []): Sides {
  const [old, next] = [asSecret(before), asSecret(after)];
  const differs = (key: string) => {
    const [was, is] = [old?.data?.[key], next?.data?.[key]];
    return was !== undefined && is !== undefined && (was !== is || ungenerated.includes(key));
  };
  const shown = (secret: Secret | undefined, suffix: string) => {
    if (!secret) return undefined;
    const { metadata, data = {}, ...rest } = secret;
    const { name, namespace, labels, annotations = {} } = metadata;
    const shownAnnotations = lastApplied in annotations ? { ...annotations, [lastApplied]: mask } : annotations;
    const masked = Object.fromEntries(Object.keys(data).map((key) => [key, differs(key) ? `${mask} (${suffix})` : mask]));
    return { ...rest, metadata: { name, namespace, ...filled({ labels, annotations: shownAnnotations }) }, ...filled({ data: masked }) };
  };
  return { before: shown(old, "before"), after: shown(next, "after") };
}

const filled = (members: Readonly<Record<string, object | undefined>>) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value && Object.keys(value).length > 0));

/** Replaces the values of a Secret, like in `kubectl diff`. */
const mask = "***";

/** Masks each value of a Secret, also in the annotation of kubectl apply. */
export function withoutPasswords(object: object): object {
  const { kind, data, metadata, ...secret } = object as Secret;
  if (kind !== "Secret") return object;
  const { annotations = {} } = metadata;
  const masked = lastApplied in annotations ? { ...metadata, annotations: { ...annotations, [lastApplied]: mask } } : metadata;
  return { ...secret, kind, metadata: masked, data: data && Object.fromEntries(Object.keys(data).map((key) => [key, mask])) };
}
