import { CliError, usage } from "../../src/errors.ts";
import { nameOf } from "../../src/kinds.ts";
import { readSelector } from "../../src/label-selector.ts";
import { listedNames, type ManifestObject, valueAt } from "../../src/manifest/objects.ts";
import { matchesGlob } from "../../src/scope/scope.ts";
import type { TargetPick } from "../../src/state/targets.ts";

type Choice = (object: ManifestObject) => boolean;

/**
 * Returns whether an object of manifests is selected. Without targets, every object that creates pods is selected.
 * @param namespace the namespace of `-n`: objects with another namespace are not selected
 * @throws CliError usage for invalid labels
 */
export function choiceOf(picks: readonly TargetPick[], namespace: string | undefined): Choice {
  const chosen = picks.map(choosing);
  const isThere = (object: ManifestObject) => namespace === undefined || object.namespace === undefined || object.namespace === namespace;
  return (object) => isThere(object) && (picks.length === 0 ? object.kind.makesPods : chosen.some((fits) => fits(object)));
}

function choosing({ kind, names, globs, selector }: TargetPick): Choice {
  const fits = selector === undefined ? () => true : readSelector(selector);
  if (!fits) throw usage(`unable to parse the labels ${JSON.stringify(selector)}: key1=value1,key2=value2`);
  return ({ kind: is, name, labels }) =>
    is.name === kind && (names.includes(name) || globs.some((glob) => matchesGlob(glob, name))) && fits(labels);
}

/** @param where the name of the manifests @throws CliError notFound for a named object that none of them contains */
export function refuseMissing(
  picks: readonly TargetPick[],
  all: readonly ManifestObject[],
  chosen: readonly ManifestObject[],
  where: string,
): void {
  const there = [...new Set(all.map(shownAs))];
  const hint =
    there.length > 0 ? `there ${there.length > 1 ? "are" : "is"} ${there.join(", ")}` : "no object in there has a list of pull secrets";
  for (const pick of picks) {
    const missing = pick.names.find((name) => !chosen.some((object) => object.kind.name === pick.kind && object.name === name));
    if (missing !== undefined) throw new CliError("notFound", `no ${nameOf({ kind: pick.kind, name: missing })} in ${where}`, { hint });
  }
  if (chosen.length > 0) return;
  throw new CliError(
    "notFound",
    picks.length > 0 ? `nothing in ${where} is what the command line names` : `nothing in ${where} makes pods`,
    { hint },
  );
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
