import type { CliError } from "../errors.ts";
import type { Pod, Secret, ServiceAccount } from "../objects.ts";
import type { Change, Ref } from "../plan/change.ts";

export type Object = Secret | ServiceAccount | Pod;

/** What became of one change: the object as the server has it now, or why it could not be. */
export type Outcome = { readonly change: Change; readonly object?: Object | undefined; readonly error?: CliError };

export type DryRun = "none" | "client" | "server";

/** The objects that were observed, by {@link keyOf}. */
export type Seen = ReadonlyMap<string, Object>;

export const keyOf = ({ kind, namespace, name }: Ref): string => `${kind}/${namespace}/${name}`;

/** The objects of one observation, to look up by what a change names. */
export function remember(objects: readonly (Object | undefined)[]): Seen {
  return new Map(
    objects.flatMap((object) => {
      if (!object) return [];
      const { namespace = "", name } = object.metadata;
      return [[keyOf({ kind: object.kind.toLowerCase() as Ref["kind"], namespace, name }), object] as const];
    }),
  );
}
