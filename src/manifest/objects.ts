import { kinds, type TargetKind, targetKinds } from "../kinds.ts";
import { type ManifestText, manifestError } from "./text.ts";
import { type ListTree, type MapTree, memberOf, type Pair, partsOf, resolveAlias, type ScalarTree, type Tree, toData } from "./tree.ts";

/** An object of a manifest that has a list of pull secrets or can have one. */
export type ManifestObject = {
  readonly kind: ManifestKind;
  /** For an object with generateName, that prefix and `*`. */
  readonly name: string;
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly map: MapTree;
  /** The path to the object: the number of the document, then the steps in it. */
  readonly steps: readonly (string | number)[];
};

/** Returns the objects of a document, including those in a List. */
export function objectsOf(document: Tree | undefined, steps: readonly (string | number)[]): ManifestObject[] {
  const map = resolveAlias(document);
  if (map?.is !== "map") return [];
  const of = (key: string) => toData(memberOf(map, key)?.pair.value);
  const [apiVersion, kind] = [textOf(of("apiVersion")), textOf(of("kind"))];
  const items = resolveAlias(memberOf(map, "items")?.pair.value);
  if (kind.endsWith("List") && items?.is === "list")
    return items.items.flatMap(({ value }, index) => objectsOf(value, [...steps, "items", index]));
  const row = manifestKind(apiVersion, kind);
  return row && hasHolder(map, row) ? [{ kind: row, map, steps, ...named(of("metadata")) }] : [];
}

/** Whether the map exists that has the list or can have it. A Kustomize patch may concern another part of an object. */
function hasHolder(map: MapTree, { path }: ManifestKind): boolean {
  const holder = path
    .slice(0, -1)
    .reduce<Tree | undefined>((at, step) => (at?.is === "map" ? resolveAlias(memberOf(at, step)?.pair.value) : at), map);
  return holder !== undefined;
}

function named(metadata: unknown): Pick<ManifestObject, "name" | "namespace" | "labels"> {
  const { name, generateName, namespace, labels } = (metadata ?? {}) as Record<string, unknown>;
  const of = name === undefined || name === null ? `${textOf(generateName)}*` : textOf(name);
  const pairs = Object.entries((labels ?? {}) as object).map(([key, value]) => [key, textOf(value)]);
  return { name: of, namespace: typeof namespace === "string" ? namespace : undefined, labels: Object.fromEntries(pairs) };
}

const textOf = (value: unknown): string => (value === undefined || value === null || typeof value === "object" ? "" : String(value));

/** Returns the names in an object's list of pull secrets, including those from aliases and merge keys. */
export function listedNames({ kind, map }: ManifestObject): string[] {
  const list = valueAt(toData(map), kind.path);
  const names = Array.isArray(list) ? list.map((entry) => valueAt(entry, ["name"])) : [];
  return names.filter((name) => typeof name === "string");
}

export const isNamed = (entry: unknown, name: string): boolean => valueAt(entry, ["name"]) === name;

/** Returns the value at a path in plain data. */
export const valueAt = (data: unknown, steps: readonly (string | number)[]): unknown =>
  steps.reduce<unknown>((at, step) => (at as Record<string | number, unknown> | null | undefined)?.[step], data);

/** A kind of object whose list of pull secrets a manifest can contain. */
export type ManifestKind = {
  readonly name: TargetKind;
  /** The path of its list. */
  readonly path: readonly string[];
  readonly makesPods: boolean;
};

/** API groups that Kubernetes has moved kinds away from. Manifests may still use them. */
const former: Readonly<Record<string, string>> = { extensions: "apps" };

/** Returns the kind in a manifest; undefined for a kind without a list of pull secrets. */
function manifestKind(apiVersion: string, kind: string): ManifestKind | undefined {
  const group = groupOf(apiVersion);
  const name = targetKinds.find((each) => kinds[each].kind === kind && groupOf(kinds[each].api) === (former[group] ?? group));
  return name && { name, path: kinds[name].carries.path, makesPods: "podSpec" in kinds[name] };
}

const groupOf = (api: string) => (api.includes("/") ? api.slice(0, api.indexOf("/")) : "");

/** The position of a list of pull secrets, or where to add one. */
export type Site = {
  /** The map that contains the list or will contain it: a pod's spec, or a ServiceAccount. */
  readonly holder: MapTree;
  /** The pair of the list, and its value: empty (`imagePullSecrets:`) or names. */
  readonly precondition: { readonly pair: Pair; readonly list: ListTree | ScalarTree } | undefined;
};

/** @throws CliError invalid for an object that can't contain a list */
export function siteOf(source: ManifestText, { kind, map }: ManifestObject): Site {
  const steps = kind.path.slice(0, -1);
  const holder = steps.reduce((at, step) => stepInto(source, at, step), map);
  const member = memberOf(holder, kind.path.at(-1) ?? "");
  if (!member) return { holder, precondition: undefined };
  const list = resolveAlias(member.pair.value);
  if (!list || list.is === "map" || (list.is === "scalar" && list.value !== null))
    throw manifestError(source, member.pair.key.from, `${member.pair.key.text} is no list`);
  return { holder: member.holder, precondition: { pair: member.pair, list } };
}

function stepInto(source: ManifestText, map: MapTree, step: string): MapTree {
  const member = memberOf(map, step);
  const next = resolveAlias(member?.pair.value);
  if (next?.is === "map" && next.pairs.length > 0) return next;
  throw manifestError(source, member?.pair.key.from ?? map.from, member ? `${step} is empty` : `${step} is missing`);
}

/** Returns every part of these documents that an alias refers to. */
export const aliasedIn = (documents: readonly (Tree | undefined)[]): ReadonlySet<Tree> =>
  new Set(documents.flatMap((tree) => (tree ? [...partsOf(tree)] : [])).flatMap((part) => (part.is === "alias" ? part.of : [])));
