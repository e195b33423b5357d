import { keyOf, kinds, type Ref } from "../kinds.ts";
import type { KubeObject } from "../objects.ts";

/** Objects as they were looked at, by what names them. */
export type Seen = ReadonlyMap<string, KubeObject>;

/** The objects of one place, to look up by what a change names. */
export function remember(objects: readonly (KubeObject | undefined)[], context: string | undefined): Seen {
  return new Map(objects.flatMap((object) => (object ? [[keyOf(refOf(object, context)), object] as const] : [])));
}

/** What names an object of the API. */
function refOf({ kind: name, metadata }: KubeObject, context: string | undefined): Ref {
  const kind = (Object.keys(kinds) as Ref["kind"][]).find((each) => "kind" in kinds[each] && kinds[each].kind === name) ?? "secret";
  return {
    kind,
    name: metadata.name,
    ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    ...(context !== undefined && { context }),
  };
}
