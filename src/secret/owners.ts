import type { ManagedFields } from "../objects.ts";
import { loginsNote, managedBy } from "./entry.ts";

/** What we write of a Secret: its path in words, and in a tree of managed fields (meta/v1 FieldsV1). */
const written: readonly { readonly words: string; readonly path: readonly string[] }[] = [
  { words: ".data..dockerconfigjson", path: ["f:data", "f:.dockerconfigjson"] },
  { words: `.metadata.annotations.${loginsNote}`, path: ["f:metadata", "f:annotations", `f:${loginsNote}`] },
  { words: `.metadata.labels.${managedBy.key}`, path: ["f:metadata", "f:labels", `f:${managedBy.key}`] },
];

/**
 * What others have written of what we write, as the API server names it in a conflict: `"kubectl-patch" using v1: .data..dockerconfigjson`.
 * A merge patch takes fields over without a word, so whoever does not want that has to look here first.
 */
export function othersOf(managedFields: readonly ManagedFields[] | undefined, fieldManager: string): string[] {
  return (managedFields ?? [])
    .filter(({ manager }) => manager !== fieldManager)
    .flatMap(({ manager = "", apiVersion = "v1", fieldsV1 }) =>
      written.filter(({ path }) => has(fieldsV1, path)).map(({ words }) => `${JSON.stringify(manager)} using ${apiVersion}: ${words}`),
    );
}

/** Who else has written of what we write. */
export function writersOf(managedFields: readonly ManagedFields[] | undefined, fieldManager: string): string[] {
  const foreign = (managedFields ?? []).filter(
    ({ manager, fieldsV1 }) => manager !== fieldManager && written.some(({ path }) => has(fieldsV1, path)),
  );
  return [...new Set(foreign.map(({ manager = "" }) => manager))];
}

function has(tree: unknown, path: readonly string[]): boolean {
  return path.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], tree) !== undefined;
}
