import type { World } from "../../sandbox/azure/world.ts";
import { kubectl } from "./kubectl.ts";

/**
 * Fields that the API server changes at each write, whatever was written. All other fields of an object are compared, including its uid.
 */
const bookkeeping = {
  /** Changes at each write, even if the write restores the old value. */
  resourceVersion: "metadata",
  /** Increases by one at each change of a spec. */
  generation: "metadata",
  /** The last writer of each field. Restoring a list changes it, too. */
  managedFields: "metadata",
} as const;

/** Kinds that describe what happened, not the state. Controllers write events at any time. */
const ignored = ["events", "events.events.k8s.io"];

let kindsRead: Promise<string> | undefined;

/** Returns the namespaces and every object in them, of all kinds: by `KIND NAMESPACE/NAME`. */
export async function everythingIn(namespaces: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  kindsRead ??= kubectl(["api-resources", "--namespaced", "--verbs=list", "-o", "name"]);
  const kinds = (await kindsRead).trim().split("\n");
  const wanted = [...new Set([...kinds, "namespaces"])].filter((kind) => !ignored.includes(kind));
  const { items } = JSON.parse(await kubectl(["get", wanted.join(","), "-A", "-o", "json", "--show-managed-fields=false"])) as {
    items: { kind: string; metadata: { name: string; namespace?: string } & Record<string, unknown> }[];
  };
  const of = items.filter(({ kind, metadata: { name, namespace } }) =>
    namespaces.includes(kind === "Namespace" ? name : (namespace ?? "")),
  );
  return Object.fromEntries(
    of.map(({ kind, metadata, ...object }) => {
      const kept = Object.entries(metadata).filter(([field]) => !(field in bookkeeping));
      return [`${kind} ${metadata.namespace ?? ""}/${metadata.name}`, { ...object, metadata: Object.fromEntries(kept) }];
    }),
  );
}

/** Fields in which Azure records requests: operations, and the time and author of the last write. */
const remembered = ["operations", "operation", "lastModifiedAt", "lastModifiedBy", "writtenAt"];

/** Returns the complete state of Azure: registries with their tokens and scope maps, applications, principals, roles and the rest. */
export const everythingAt = (world: World): unknown =>
  JSON.parse(JSON.stringify(world, (key, value) => (remembered.includes(key) ? undefined : value instanceof Map ? [...value] : value)));
