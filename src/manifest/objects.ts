import { type ListedKind, listedKind } from "./kinds.ts";
import { type MapTree, meant, memberOf, plain, type Tree } from "./tree.ts";

/** An object of a manifest that has a list of pull secrets or may have one. */
export type Listed = {
  readonly kind: ListedKind;
  /** Of one whose name the server makes, what it begins with and `*`. */
  readonly name: string;
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly map: MapTree;
  /** The steps to it from the document, and the document's number before them. */
  readonly steps: readonly (string | number)[];
};

/** The objects of a document, those of a List too. */
export function objectsOf(document: Tree | undefined, steps: readonly (string | number)[]): Listed[] {
  const map = meant(document);
  if (map?.is !== "map") return [];
  const of = (key: string) => plain(memberOf(map, key)?.pair.value);
  const [apiVersion, kind] = [textOf(of("apiVersion")), textOf(of("kind"))];
  const items = meant(memberOf(map, "items")?.pair.value);
  if (kind.endsWith("List") && items?.is === "list")
    return items.items.flatMap(({ value }, index) => objectsOf(value, [...steps, "items", index]));
  const row = listedKind(apiVersion, kind);
  return row && hasHolder(map, row) ? [{ kind: row, map, steps, ...named(of("metadata")) }] : [];
}

/** Whether the map is there that has the list or could: a patch of Kustomize may be about another part of an object. */
function hasHolder(map: MapTree, { path }: ListedKind): boolean {
  const holder = path
    .slice(0, -1)
    .reduce<Tree | undefined>((at, step) => (at?.is === "map" ? meant(memberOf(at, step)?.pair.value) : at), map);
  return holder !== undefined;
}

function named(metadata: unknown): Pick<Listed, "name" | "namespace" | "labels"> {
  const { name, generateName, namespace, labels } = (metadata ?? {}) as Record<string, unknown>;
  const of = name === undefined || name === null ? `${textOf(generateName)}*` : textOf(name);
  const pairs = Object.entries((labels ?? {}) as object).map(([key, value]) => [key, textOf(value)]);
  return { name: of, namespace: typeof namespace === "string" ? namespace : undefined, labels: Object.fromEntries(pairs) };
}

const textOf = (value: unknown): string => (value === undefined || value === null || typeof value === "object" ? "" : String(value));

/** The names in an object's list of pull secrets, wherever its text has them from. */
export function namesIn({ kind, map }: Listed): string[] {
  const list = inside(plain(map), kind.path);
  const names = Array.isArray(list) ? list.map((entry) => inside(entry, ["name"])) : [];
  return names.filter((name) => typeof name === "string");
}

export const isNamed = (entry: unknown, name: string): boolean => inside(entry, ["name"]) === name;

/** What stands in plain data behind these steps. */
export const inside = (data: unknown, steps: readonly (string | number)[]): unknown =>
  steps.reduce<unknown>((at, step) => (at as Record<string | number, unknown> | null | undefined)?.[step], data);
