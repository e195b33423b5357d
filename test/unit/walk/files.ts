/** A file of `apply`, its Secret, and the namespaces in which it wants that. */
export type AppliedFile = { readonly text: string; readonly secret: string; readonly given: readonly string[] };

type Keys = Readonly<Record<string, string>>;

/** The Secrets of the walks' two files, and the namespaces that commands give them to. The first is also that of other commands. */
export const givenTo = { "acr-myregistry": ["app", "b", "c"], "acr-other": ["d", "b", "c"] } as const;

function fileIn(home: string, secret: keyof typeof givenTo, given: readonly string[], entries: readonly Keys[]): AppliedFile {
  const items = entries.map((entry) => `{${Object.entries(entry).map(([key, value]) => `${key}: ${value}`)}}`);
  return { text: `{name: teams, namespace: ${home}, registry: myregistry, pullSecrets: [${items}]}`, secret, given };
}

const fileOf = (given: readonly string[], ...entries: readonly Keys[]) => fileIn("app", "acr-myregistry", given, entries);
const otherOf = (given: readonly string[], entry: Keys) => fileIn("d", "acr-other", given, [{ ...entry, name: "acr-other" }]);

const one: Keys = { name: "acr-myregistry", repositories: "[app/web]", serviceAccounts: "[default]" };
const shared: Keys = { ...one, namespace: "app", copyTo: "{names: [b, c]}" };

const second: Keys = { ...shared, name: "acr-second" };

const kinds: Readonly<Record<string, Keys>> = { token: {}, principal: { credential: "service-principal" } };

const filesOf = (kind: Keys): Readonly<Record<string, AppliedFile>> => ({
  copies: fileOf(["app", "b", "c"], { ...shared, ...kind }),
  one: fileOf(["app", "b"], { ...shared, ...kind, copyTo: "{names: [b]}" }),
  alone: fileOf(["app"], { ...shared, ...kind, copyTo: "{names: [x-*, app]}" }),
  each: fileOf(["b", "c"], { ...one, ...kind, eachOf: "{names: [b, c]}" }),
  "each-less": fileOf(["c"], { ...one, ...kind, eachOf: "{names: [c]}" }),
  none: fileOf([], { ...one, name: "other", eachOf: "{names: [x-*]}" }),
  unlisted: fileOf(["app", "b", "c"], { ...shared, ...kind, serviceAccounts: "['x-*']" }),
  renamed: fileOf(["app", "b", "c"], { ...shared, ...kind, name: "acr-new" }),
  "each-renamed": fileOf(["b", "c"], { ...one, ...kind, name: "acr-new", eachOf: "{names: [b, c]}" }),
  moved: fileOf(["app", "b", "c"], { ...shared, ...kind, namespace: "d" }),
  repositories: fileOf(["app", "b", "c"], { ...shared, ...kind, repositories: "[app/api]" }),
  "each-and-copies": fileOf(["b", "c"], { ...shared, ...kind, copyTo: "{names: [b]}" }, { ...one, ...kind, eachOf: "{names: [c]}" }),
  "copies-and-each": fileOf(["b", "c"], { ...shared, ...kind, copyTo: "{names: [c]}" }, { ...one, ...kind, eachOf: "{names: [b]}" }),
  two: fileOf(["app", "b", "c"], { ...shared, ...kind }, { ...one, ...kind, name: "acr-second", eachOf: "{names: [b]}" }),
  beside: fileOf(["app", "b"], { ...shared, ...kind, copyTo: "{names: [b]}" }, { ...second, ...kind, copyTo: "{names: [c]}" }),
  swapped: fileOf(["app", "c"], { ...shared, ...kind, copyTo: "{names: [c]}" }, { ...second, ...kind, copyTo: "{names: [b]}" }),
  other: otherOf(["d", "b", "c"], { ...shared, ...kind, namespace: "d" }),
  "other-one": otherOf(["d", "c"], { ...shared, ...kind, namespace: "d", copyTo: "{names: [c]}" }),
  "other-each": otherOf(["b", "c"], { ...one, ...kind, eachOf: "{names: [b, c]}" }),
  aging: fileOf(["app", "b", "c"], { ...shared, ...kind, rotate: "{olderThan: 36h, grace: 1h}" }),
});

/** The files that commands of a walk apply, by path: `token-copies.yaml`, and for a service principal `principal-copies.yaml`. */
export const files: ReadonlyMap<string, AppliedFile> = new Map(
  Object.entries(kinds).flatMap(([prefix, kind]) =>
    Object.entries(filesOf(kind)).map(([name, file]) => [`${prefix}-${name}.yaml`, file] as const),
  ),
);

/** The file that a command applies. */
export const fileBy = (line: string): AppliedFile | undefined => files.get(/^apply -f (\S+)/.exec(line)?.[1] ?? "");
