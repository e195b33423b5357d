import { kinds, type TargetKind, targetKinds } from "../kinds.ts";
import { listOf, type MapNode, mapOf, type Node, type Nodes, type Pair, pairOf, resolveAlias } from "./read.ts";
import { manifestError } from "./text.ts";

type Steps = readonly (string | number)[];

/** A kind of object whose list of pull secrets a manifest can contain. */
type ManifestKind = {
  readonly name: TargetKind;
  /** The path of its list. */
  readonly path: readonly string[];
  readonly makesPods: boolean;
};

/** An object of a manifest that has a list of pull secrets or can have one. */
export type ManifestObject = {
  readonly kind: ManifestKind;
  /** For an object with generateName, that prefix and `*`. */
  readonly name: string;
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly map: MapNode;
  readonly data: unknown;
  /** The path to the object: the number of the document, then the steps in it. */
  readonly steps: Steps;
};

/** Returns the objects of a document, including those in a List. */
export function objectsIn(nodes: Nodes, node: Node, data: unknown, steps: Steps): ManifestObject[] {
  const map = mapOf(nodes, node);
  if (!map) return [];
  const { apiVersion, kind, items, metadata } = data as Readonly<Record<string, unknown>>;
  const list = listOf(nodes, pairOf(map, "items")?.value);
  if (textOf(kind).endsWith("List") && list)
    return list.items.flatMap((item, index) => objectsIn(nodes, item, valueAt(items, [index]), [...steps, "items", index]));
  const row = manifestKind(textOf(apiVersion), textOf(kind));
  return row && hasHolder(data, row) ? [{ kind: row, map, data, steps, ...named(metadata) }] : [];
}

/** Whether the map exists that has the list or can have it. A Kustomize patch may concern another part of an object. */
const hasHolder = (data: unknown, { path }: ManifestKind): boolean =>
  path.slice(0, -1).reduce((at, step) => (isRecord(at) ? at[step] : at), data) !== undefined;

const isRecord = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === "object" && data !== null && !Array.isArray(data);

function named(metadata: unknown): Pick<ManifestObject, "name" | "namespace" | "labels"> {
  const { name, generateName, namespace, labels } = (metadata ?? {}) as Record<string, unknown>;
  const of = name === undefined || name === null ? `${textOf(generateName)}*` : textOf(name);
  const pairs = Object.entries((labels ?? {}) as object).map(([key, value]) => [key, textOf(value)]);
  return { name: of, namespace: typeof namespace === "string" ? namespace : undefined, labels: Object.fromEntries(pairs) };
}

const textOf = (value: unknown): string => (value === undefined || value === null || typeof value === "object" ? "" : String(value));

/** Returns the names in an object's list of pull secrets, including those from aliases and merge keys. */
export function listedNames({ kind, data }: ManifestObject): string[] {
  const list = valueAt(data, kind.path);
  const names = Array.isArray(list) ? list.map((entry) => valueAt(entry, ["name"])) : [];
  return names.filter((name) => typeof name === "string");
}

/** Returns the value at a path in plain data. */
export const valueAt = (data: unknown, steps: Steps): unknown =>
  steps.reduce<unknown>((at, step) => (at as Record<string | number, unknown> | null | undefined)?.[step], data);

/** API groups that Kubernetes has moved kinds away from. Manifests may still use them. */
const former: Readonly<Record<string, string>> = { extensions: "apps" };

/** Returns the kind in a manifest; undefined for a kind without a list of pull secrets. */
function manifestKind(apiVersion: string, kind: string): ManifestKind | undefined {
  const group = groupOf(apiVersion);
  const name = targetKinds.find((each) => kinds[each].kind === kind && groupOf(kinds[each].api) === (former[group] ?? group));
  return name && { name, path: kinds[name].pullSecretList.path, makesPods: "podSpec" in kinds[name] };
}

const groupOf = (api: string) => (api.includes("/") ? api.slice(0, api.indexOf("/")) : "");

/**
 * Returns the position of an object's list of pull secrets, or where to add one. `holder` is a pod's spec, or a ServiceAccount. The value
 * of its `pair` is empty (`imagePullSecrets:`) or a list.
 * @throws CliError invalid for an object that can't contain a list
 */
export function findList(nodes: Nodes, { kind, map }: ManifestObject): { holder: MapNode; pair: Pair | undefined; value: Node } {
  const holder = kind.path.slice(0, -1).reduce((at, step) => stepInto(nodes, at, step), map);
  const pair = pairOf(holder, kind.path.at(-1) ?? "");
  const value = resolveAlias(nodes, pair?.value);
  const isList = listOf(nodes, value) !== undefined || !value || ("value" in value && value.value === null);
  if (pair && !isList) throw manifestError(nodes.source, pair.key.range[0], `${pair.key.value} is not a list`);
  return { holder, pair, value };
}

function stepInto(nodes: Nodes, map: MapNode, step: string): MapNode {
  const pair = pairOf(map, step);
  const next = mapOf(nodes, pair?.value);
  if (next && next.items.length > 0) return next;
  throw manifestError(nodes.source, (pair?.key ?? map).range[0], pair ? `${step} is empty` : `${step} is missing`);
}
