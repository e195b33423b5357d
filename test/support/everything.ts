import type { World } from "../../sandbox/azure/world.ts";
import { kubectl } from "./kubectl.ts";

/** What the API server counts and remembers of each write, whatever was written; everything else of an object is compared, its uid too. */
const bookkeeping = {
  /** Another one at each write, also at one that puts back what was there. */
  resourceVersion: "metadata",
  /** Goes up by one at each change of a spec. */
  generation: "metadata",
  /** Who wrote what last: whoever puts a list back has written it. */
  managedFields: "metadata",
} as const;

/** What happened, and not what is: a controller tells of its own work. */
const told = ["events", "events.events.k8s.io"];

let kindsRead: Promise<string> | undefined;

/** Everything that is in some namespaces, whatever its kind, and the namespaces themselves: by `KIND NAMESPACE/NAME`. */
export async function everythingIn(namespaces: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  kindsRead ??= kubectl(["api-resources", "--namespaced", "--verbs=list", "-o", "name"]);
  const kinds = (await kindsRead).trim().split("\n");
  const wanted = [...new Set([...kinds, "namespaces"])].filter((kind) => !told.includes(kind));
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

/** Fields that Azure keeps about requests: operations, and the time and author of the last write. */
const remembered = ["operations", "operation", "lastModifiedAt", "lastModifiedBy", "writtenAt"];

/** Everything in Azure: registries with their tokens and scope maps, applications, principals, roles and all the rest. */
export const everythingAt = (world: World): unknown =>
  JSON.parse(JSON.stringify(world, (key, value) => (remembered.includes(key) ? undefined : value instanceof Map ? [...value] : value)));
