/** A file of `apply`, and the namespaces in which it wants the Secret. */
export type AppliedFile = { readonly text: string; readonly given: readonly string[] };

type Keys = Readonly<Record<string, string>>;

const fileOf = (given: readonly string[], ...entries: readonly Keys[]): AppliedFile => {
  const items = entries.map((entry) => Object.entries(entry).map(([key, value]) => `${key}: ${value}`));
  return {
    text: `{name: teams, namespace: app, registry: myregistry, pullSecrets: [${items.map((one) => `{${one.join(", ")}}`).join(", ")}]}`,
    given,
  };
};

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
  aging: fileOf(["app", "b", "c"], { ...shared, ...kind, rotate: "{olderThan: 36h, grace: 1h}" }),
});

/** The files that commands of a walk apply, by path: `token-copies.yaml`, and for a service principal `principal-copies.yaml`. */
export const files: ReadonlyMap<string, AppliedFile> = new Map(
  Object.entries(kinds).flatMap(([prefix, kind]) =>
    Object.entries(filesOf(kind)).map(([name, file]) => [`${prefix}-${name}.yaml`, file] as const),
  ),
);

/** The namespaces that the file of a command wants the Secret in; undefined for a command without a file. */
export const givenBy = (line: string): readonly string[] | undefined => files.get(/^apply -f (\S+)/.exec(line)?.[1] ?? "")?.given;
