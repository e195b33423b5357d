import { CliError, usage } from "../../src/errors.ts";
import { nameOf } from "../../src/kinds.ts";
import { listedNames, type ManifestObject, valueAt } from "../../src/manifest/objects.ts";
import { matchesGlob } from "../../src/scope/scope.ts";
import type { TargetPick } from "../../src/state/targets.ts";
import { type LabelRequirement, parseLabelSelector } from "../line/label-selector.ts";

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
  const filters = picks.length > 0 ? picks.map(filterOf) : [({ kind }: ManifestObject) => kind.makesPods];
  const isSelected = (object: ManifestObject) =>
    namespace === undefined || object.namespace === undefined || object.namespace === namespace;
  const chosen = all.filter((object) => isSelected(object) && filters.some((matches) => matches(object)));
  const found = [...new Set(all.map(shownAs))];
  const hint = found.length > 0 ? `found ${found.join(", ")}` : "no object has a list of pull secrets";
  const names = picks.flatMap((pick) => pick.names.map((name) => ({ kind: pick.kind, name })));
  const missing = names.find(({ kind, name }) => !chosen.some((object) => object.kind.name === kind && object.name === name));
  if (missing) throw new CliError("notFound", `${nameOf(missing)} not found in ${where}`, { hint });
  if (chosen.length > 0) return new Set(chosen);
  throw new CliError("notFound", `no ${picks.length > 0 ? "matching objects" : "workloads"} found in ${where}`, { hint });
}

/** @throws CliError usage for invalid labels */
function filterOf({ kind: wanted, names, globs, selector }: TargetPick): (object: ManifestObject) => boolean {
  const matchesLabels = selector === undefined ? () => true : readSelector(selector);
  if (!matchesLabels) throw usage(`unable to parse the labels ${JSON.stringify(selector)}: key1=value1,key2=value2`);
  return ({ kind, name, labels }) =>
    kind.name === wanted && (names.includes(name) || globs.some((glob) => matchesGlob(glob, name))) && matchesLabels(labels);
}

/** Returns an object as kubectl prints it. */
export const shownAs = ({ kind, name }: Pick<ManifestObject, "kind" | "name">): string => nameOf({ kind: kind.name, name });

/**
 * Warns about templates that get their first name, because pods with their own list ignore their ServiceAccount's list (apiserver
 * admission, serviceaccount). Checks only ServiceAccounts in the manifests.
 */
export function hiddenLists(changed: readonly ManifestObject[], all: readonly ManifestObject[], secret: string): string[] {
  const accounts = all.filter(({ kind }) => !kind.makesPods);
  return changed.flatMap((object) => {
    if (!object.kind.makesPods || listedNames(object).length > 0) return [];
    const account = accounts.find((one) => one.name === accountOf(object) && one.namespace === object.namespace);
    const names = account ? listedNames(account).filter((name) => name !== secret) : [];
    if (!account || names.length === 0) return [];
    return [`${shownAs(object)} now has its own pull secrets, so its pods no longer get ${names.join(", ")} from ${shownAs(account)}`];
  });
}

function accountOf({ kind, data }: ManifestObject): string {
  const name = valueAt(data, [...kind.path.slice(0, -1), "serviceAccountName"]);
  return typeof name === "string" && name !== "" ? name : "default";
}

/** Whether labels match a selector. */
type Selector = (labels: Readonly<Record<string, string>>) => boolean;

/** @returns undefined if the text is not a label selector */
export function readSelector(text: string): Selector | undefined {
  const requirements = parseLabelSelector(text);
  return requirements && ((labels) => requirements.every((one) => isMet(one, labels)));
}

function isMet({ key, operator, values }: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  const isNegative = operator === "NotIn" || operator === "DoesNotExist";
  return (Object.hasOwn(labels, key) && (!values || values.includes(labels[key] ?? ""))) !== isNegative;
}
