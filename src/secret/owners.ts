import { type ManagedFields, type Metadata, managedBy } from "../objects.ts";
import { credentialKey } from "./record.ts";
import { shapeNamed } from "./shapes.ts";

/**
 * Returns the plugin's fields of a Secret that other managers have written. `words` has the API server's format for a conflict:
 * `"kubectl-patch" using v1: .data..dockerconfigjson`. A merge patch overwrites fields silently, so check this first.
 * @param keys the keys of the Secret's data that this plugin writes
 */
export function othersOf(
  managedFields: readonly ManagedFields[] | undefined,
  fieldManager: string,
  keys: readonly string[] = shapeNamed().keys,
): { readonly manager: string; readonly words: string }[] {
  const written = [...keys.map((key) => ["data", key]), ["metadata", "annotations", credentialKey], ["metadata", "labels", managedBy.key]];
  return (managedFields ?? [])
    .filter(({ manager }) => manager !== fieldManager)
    .flatMap(({ manager = "", apiVersion = "v1", fieldsV1 }) =>
      written
        .filter((path) => hasField(fieldsV1, path))
        .map((path) => ({ manager, words: `${JSON.stringify(manager)} using ${apiVersion}: .${path.join(".")}` })),
    );
}

/** Returns when a field was last written (RFC 3339); undefined if managedFields does not record it. */
export const lastWrittenAt = ({ managedFields = [] }: Pick<Metadata, "managedFields">, path: readonly string[]): string | undefined =>
  managedFields
    .flatMap(({ fieldsV1, time = [] }) => (hasField(fieldsV1, path) ? time : []))
    .sort()
    .at(-1);

/** Whether a tree of managed fields (meta/v1 FieldsV1) contains a field. */
const hasField = (tree: unknown, path: readonly string[]): boolean =>
  path.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[`f:${step}`], tree) !== undefined;
