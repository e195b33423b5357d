import { hasField, type ManagedFields, managedBy } from "../objects.ts";
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
