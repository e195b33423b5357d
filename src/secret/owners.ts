import type { ManagedFields } from "../objects.ts";
import { loginsNote, managedBy } from "./entry.ts";
import { shapeNamed } from "./shapes.ts";

/** A field: its path in words, and its path in a tree of managed fields (meta/v1 FieldsV1). */
type Written = { readonly words: string; readonly path: readonly string[] };

/** The fields of a Secret that this plugin writes. @param keys the keys of its data */
const writtenOf = (keys: readonly string[]): readonly Written[] => [
  ...keys.map((key) => ({ words: `.data.${key}`, path: ["f:data", `f:${key}`] })),
  { words: `.metadata.annotations.${loginsNote}`, path: ["f:metadata", "f:annotations", `f:${loginsNote}`] },
  { words: `.metadata.labels.${managedBy.key}`, path: ["f:metadata", "f:labels", `f:${managedBy.key}`] },
];

/**
 * Returns the fields of this plugin that other managers have written, in the API server's format for a conflict: `"kubectl-patch" using v1:
 * .data..dockerconfigjson`. A merge patch overwrites fields silently, so check this first.
 */
export function othersOf(
  managedFields: readonly ManagedFields[] | undefined,
  fieldManager: string,
  keys: readonly string[] = shapeNamed().keys,
): string[] {
  const written = writtenOf(keys);
  return (managedFields ?? [])
    .filter(({ manager }) => manager !== fieldManager)
    .flatMap(({ manager = "", apiVersion = "v1", fieldsV1 }) =>
      written.filter(({ path }) => has(fieldsV1, path)).map(({ words }) => `${JSON.stringify(manager)} using ${apiVersion}: ${words}`),
    );
}

/** The other managers of fields that this plugin writes. */
export function writersOf(managedFields: readonly ManagedFields[] | undefined, fieldManager: string): string[] {
  const written = writtenOf(shapeNamed().keys);
  const foreign = (managedFields ?? []).filter(
    ({ manager, fieldsV1 }) => manager !== fieldManager && written.some(({ path }) => has(fieldsV1, path)),
  );
  return [...new Set(foreign.map(({ manager = "" }) => manager))];
}

function has(tree: unknown, path: readonly string[]): boolean {
  return path.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], tree) !== undefined;
}
