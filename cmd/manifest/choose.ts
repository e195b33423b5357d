import { CliError, usage } from "../../src/errors.ts";
import { nameOf } from "../../src/kinds.ts";
import { readSelector } from "../../src/manifest/label-selector.ts";
import { listedNames, type ManifestObject, valueAt } from "../../src/manifest/objects.ts";
import { matchesGlob } from "../../src/scope/scope.ts";
import type { TargetPick } from "../../src/state/targets.ts";

/**
 * Returns the selected objects of manifests. Without targets, every object that creates pods is selected.
 * @param namespace the namespace of `-n`: objects with another namespace are not selected
 * @param where the name of the manifests
 * @throws CliError usage for invalid labels, notFound for a named object that none of the manifests contains, or if none is selected
 */
export function chosenIn(
  all: readonly ManifestObject[],
  picks: readonly TargetPick[],
  namespace: string | undefined,
  where: string,
): ReadonlySet<ManifestObject> {
  const fits = picks.length > 0 ? picks.map(fitting) : [({ kind }: ManifestObject) => kind.makesPods];
  const isThere = (object: ManifestObject) => namespace === undefined || object.namespace === undefined || object.namespace === namespace;
  const chosen = all.filter((object) => isThere(object) && fits.some((fitsOne) => fitsOne(object)));
  const there = [...new Set(all.map(shownAs))];
  const hint =
    there.length > 0 ? `there ${there.length > 1 ? "are" : "is"} ${there.join(", ")}` : "no object in there has a list of pull secrets";
  const names = picks.flatMap((pick) => pick.names.map((name) => ({ kind: pick.kind, name })));
  const missing = names.find(({ kind, name }) => !chosen.some((object) => object.kind.name === kind && object.name === name));
  if (missing) throw new CliError("notFound", `no ${nameOf(missing)} in ${where}`, { hint });
  if (chosen.length > 0) return new Set(chosen);
  throw new CliError("notFound", `nothing in ${where} ${picks.length > 0 ? "is what the command line names" : "makes pods"}`, { hint });
}

/** Returns whether an object is one of a target's. @throws CliError usage for invalid labels */
function fitting({ kind: wanted, names, globs, selector }: TargetPick): (object: ManifestObject) => boolean {
  const fits = selector === undefined ? () => true : readSelector(selector);
  if (!fits) throw usage(`unable to parse the labels ${JSON.stringify(selector)}: key1=value1,key2=value2`);
  return ({ kind, name, labels }) =>
    kind.name === wanted && (names.includes(name) || globs.some((glob) => matchesGlob(glob, name))) && fits(labels);
}

/** Returns an object as kubectl prints it. */
export const shownAs = ({ kind, name }: Pick<ManifestObject, "kind" | "name">): string => nameOf({ kind: kind.name, name });

/**
 * Warns about templates that get their first name: pods with their own list get nothing from their ServiceAccount's list (apiserver
 * admission, serviceaccount). Checks only ServiceAccounts in the manifests.
 */
export function hiddenLists(changed: readonly ManifestObject[], all: readonly ManifestObject[], secret: string): string[] {
  const accounts = all.filter(({ kind }) => !kind.makesPods);
  return changed.flatMap((object) => {
    if (!object.kind.makesPods || listedNames(object).length > 0) return [];
    const account = accounts.find((one) => one.name === accountOf(object) && one.namespace === object.namespace);
    const names = account ? listedNames(account).filter((name) => name !== secret) : [];
    if (!account || names.length === 0) return [];
    return [`${shownAs(object)} has a list of its own with this, so its pods no longer get ${names.join(", ")} from ${shownAs(account)}`];
  });
}

function accountOf({ kind, data }: ManifestObject): string {
  const name = valueAt(data, [...kind.path.slice(0, -1), "serviceAccountName"]);
  return typeof name === "string" && name !== "" ? name : "default";
}
