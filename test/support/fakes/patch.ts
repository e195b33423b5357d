type Tree = Readonly<Record<string, unknown>>;

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON merge patch (RFC 7386). */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isTree(patch)) return patch;
  const merged: Record<string, unknown> = isTree(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    // JSON has no undefined value
    else if (value !== undefined) merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** Returns the paths of an object's leaves that a manager can own, each as `["f:data", "f:key"]`, with their values. */
function leavesOf(object: Tree): Map<string, unknown> {
  const { metadata = {}, data = {}, imagePullSecrets } = object as { metadata?: Tree; data?: Tree; imagePullSecrets?: unknown };
  const { labels = {}, annotations = {} } = metadata as { labels?: Tree; annotations?: Tree };
  const below = (path: string[], tree: Tree) =>
    Object.entries(tree).map(([key, value]) => [JSON.stringify([...path, `f:${key}`]), value] as const);
  return new Map([
    ...below(["f:metadata", "f:labels"], labels),
    ...below(["f:metadata", "f:annotations"], annotations),
    ...below(["f:data"], data),
    // In a ServiceAccount, the whole list is one leaf.
    ...(imagePullSecrets === undefined ? [] : [[JSON.stringify(["f:imagePullSecrets"]), JSON.stringify(imagePullSecrets)] as const]),
  ]);
}

/** Returns the owners of leaves after a write: the writing manager owns the leaves that it changed (operation Update). */
export function ownersAfter(
  owners: ReadonlyMap<string, string>,
  { before, after, manager }: { readonly before: Tree; readonly after: Tree; readonly manager: string },
): Map<string, string> {
  const [old, now] = [leavesOf(before), leavesOf(after)];
  return new Map([...now].map(([path, value]) => [path, old.get(path) === value ? (owners.get(path) ?? manager) : manager]));
}

/** Returns the meta/v1 ManagedFieldsEntry of each manager. */
export function managedFieldsOf(
  owners: ReadonlyMap<string, string>,
): { manager: string; operation: string; apiVersion: string; fieldsV1: object }[] {
  return [...new Set(owners.values())].map((manager) => {
    const paths = [...owners].flatMap(([path, owner]) => (owner === manager ? [JSON.parse(path) as string[]] : []));
    const fieldsV1 = paths.reduce<unknown>(
      (tree, path) =>
        mergePatch(
          tree,
          path.toReversed().reduce<object>((inside, step) => ({ [step]: inside }), {}),
        ),
      {},
    ) as object;
    return { manager, operation: "Update", apiVersion: "v1", fieldsV1 };
  });
}
