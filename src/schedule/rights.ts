import type { Entry } from "../file/entry.ts";
import type { Right } from "../kube/port.ts";
import { includes, isGlob, isOpen, type Scope } from "../scope/scope.ts";
import { inLine } from "../wording.ts";

/** A rule of a role (rbac/v1 PolicyRule). Without `resourceNames`, it is for all objects. */
type Rule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[] | undefined;
  readonly verbs: readonly string[];
};

/** Returns the rules of a role: one for each resource, and for each group of verbs with the same names. */
export function rulesOf(rights: readonly Right[]): readonly Rule[] {
  const byResource = Map.groupBy(rights, ({ group, resource }) => `${group}/${resource}`);
  return [...byResource.values()].flatMap((of) => {
    const namesFor = (wanted: string): readonly string[] | undefined => {
      const names = of.flatMap(({ verb, name }) => (verb === wanted ? [name] : []));
      return names.includes(undefined) ? undefined : [...new Set(names)].filter((name) => name !== undefined).sort();
    };
    const verbs = [...new Set(of.map(({ verb }) => verb))].sort();
    const byNames = Map.groupBy(verbs, (verb) => JSON.stringify(namesFor(verb)));
    return [...byNames.values()].map((same) => ({
      apiGroups: [of[0]?.group ?? ""],
      resources: [of[0]?.resource ?? ""],
      resourceNames: namesFor(same[0] ?? ""),
      verbs: same,
    }));
  });
}

/** A namespace; undefined: all namespaces, because they must be listed. */
type Place = string | undefined;

/** The namespaces with the sources of an entry, and those with its ServiceAccounts. */
function placesOf({ sources, copyTo }: Entry): { readonly sources: readonly Place[]; readonly targets: readonly Place[] } {
  const own = "namespace" in sources ? [sources.namespace] : placesIn(sources.eachOf);
  return { sources: own, targets: copyTo ? placesIn(copyTo) : own };
}

function placesIn(scope: Scope): readonly Place[] {
  const names = typeof scope.namespaces === "object" ? scope.namespaces.names.filter((name) => includes(scope, name, true)) : [];
  return isOpen(scope) ? [undefined, ...names] : names;
}

/**
 * Returns the rights that `apply` without `--prune` needs for these entries. No namespace: for all of them, but a write is for none named
 * kube-*, which only a name selects.
 */
export const rightsToApply = (entries: readonly Entry[]): readonly Right[] => [
  // Azure's descriptions have the uid of kube-system, which identifies the cluster
  namespaceRight("get", "kube-system"),
  ...entries.flatMap(entryRights),
];

/** Returns rights as RBAC can grant them, each once. RBAC knows no name when an object is created. */
export function grantable(rights: readonly Right[]): readonly Right[] {
  const byKey = new Map(
    rights.map((right) => (right.verb === "create" ? { ...right, name: undefined } : right)).map((right) => [keyOf(right), right]),
  );
  const isCovered = (right: Right) =>
    wider(right)
      .map(keyOf)
      .some((key) => key !== keyOf(right) && byKey.has(key));
  return [...byKey.values()].filter((right) => !isCovered(right));
}

const keyOf = ({ group, resource, verb, namespace = "", name = "" }: Right) => [group, resource, verb, namespace, name].join(" ");

const wider = (right: Right): readonly Right[] => [
  { ...right, namespace: undefined },
  { ...right, name: undefined },
  { ...right, namespace: undefined, name: undefined },
];

const namespaceRight = (verb: "get" | "list", name?: string): Right => ({ group: "", resource: "namespaces", verb, name });

function entryRights(entry: Entry): readonly Right[] {
  const { sources, targets } = placesOf(entry);
  return [
    ...[...sources, ...targets].flatMap((place) => [...namespaceRights(place), ...secretRights(entry, place)]),
    ...targets.flatMap((place) => [...accountRights(entry, place), ...podRights(entry, place)]),
    // An Event reports a rotation
    ...sources.map((namespace): Right => ({ group: "", resource: "events", verb: "create", namespace })),
  ];
}

/** The uid of a namespace shows that it is the one that has a copy. It also names a source in Azure. */
const namespaceRights = (place: Place): readonly Right[] =>
  place === undefined ? [namespaceRight("list"), namespaceRight("get")] : [namespaceRight("get", place)];

/** Copies in all namespaces are read from one list of those with a name (`metadata.name`), which shows no more than `get` of each. */
const listing = ({ copyTo }: Entry, place: Place): readonly string[] => (copyTo && place === undefined ? ["list"] : []);

function secretRights(entry: Entry, namespace: Place): readonly Right[] {
  const verbs = ["create", "get", "patch", "delete", ...listing(entry, namespace)];
  return verbs.map((verb) => ({ group: "", resource: "secrets", verb, namespace, name: entry.name }));
}

function accountRights(entry: Entry, namespace: Place): readonly Right[] {
  const { serviceAccounts } = entry;
  const right = (verb: string) => ({ group: "", resource: "serviceaccounts", verb, namespace });
  if (serviceAccounts.some(isGlob)) return ["get", "list", "patch"].map(right);
  const verbs = ["get", "patch", ...listing(entry, namespace)];
  return serviceAccounts.flatMap((name) => verbs.map((verb) => ({ ...right(verb), name })));
}

function podRights({ restart, serviceAccounts }: Entry, namespace: Place): readonly Right[] {
  if (restart === "none" || serviceAccounts.length === 0) return [];
  const pods = { group: "", resource: "pods", namespace };
  return [
    { ...pods, verb: "get" },
    { ...pods, verb: "list" },
    { ...pods, resource: "pods/eviction", verb: "create" },
  ];
}

/** Returns why some rights have no names of objects, with the positions of the entries. */
export function reasonsOf(entries: readonly Entry[]): readonly string[] {
  const at = (which: (entry: Entry) => boolean) => entries.filter(which).map((entry) => entry.at);
  const open = at((entry) => Object.values(placesOf(entry)).flat().includes(undefined));
  const patterns = at(({ serviceAccounts }) => serviceAccounts.some(isGlob));
  return [
    ...(open.length > 0 ? [`It can list and read all namespaces, because labels or patterns select them: ${inLine(open)}`] : []),
    ...(patterns.length > 0 ? [`It can list and change all ServiceAccounts there, because patterns select them: ${inLine(patterns)}`] : []),
  ];
}
