import type { Named } from "../context.ts";
import { CliError } from "../errors.ts";
import type { Provenance } from "../secret/provenance.ts";
import { dockerConfigJson } from "../secret/pull-secret.ts";
import type { Keep, Ref, Store } from "./change.ts";

/** A Secret that stands in the cluster, as far as a plan looks at it: never its text. */
export type Held = {
  readonly uid: string;
  readonly type: string;
  readonly immutable: boolean;
  /** Absent when the Secret is not one of ours. */
  readonly provenance?: Provenance;
  /** Whether the credential inside still pulls; `unproven` when nobody asked the registry. */
  readonly credential: "works" | "dead" | "unproven";
};

/**
 * Plans the write of the Secret.
 *
 * @param fresh the credential's text is not the one inside
 * @throws CliError conflict when the Secret belongs to somebody else, or holds the credential of another registry
 */
export function planStore(
  at: Named,
  provenance: Provenance,
  held: Held | undefined,
  { fresh, force }: { fresh: boolean; force: boolean },
): Store | Keep {
  const to: Ref & Named = { kind: "secret", ...at };
  if (!held) return { act: "store", to, isNew: true, provenance, because: "there is none" };
  if (!force) refuseForeign(at, provenance, held);
  if (held.type !== dockerConfigJson)
    return { act: "store", to, isNew: true, replaces: held.uid, provenance, because: `its type is ${held.type}` };
  if (!fresh && held.provenance && same(held.provenance, provenance)) return { act: "keep", to, because: "holds this credential" };
  if (held.immutable) return { act: "store", to, isNew: true, replaces: held.uid, provenance, because: "it is immutable" };
  return { act: "store", to, isNew: false, provenance, because: fresh ? "holds another credential" : "says something else of itself" };
}

/** Another writer's Secret is never taken over unasked, nor ours when that would forget a credential of another registry. */
export function refuseForeign({ namespace, name }: Named, wanted: Provenance, held: Held): void {
  const again = { hint: "name another Secret, or add --force to take this one over" };
  if (!held.provenance) {
    throw new CliError(
      "conflict",
      `secret "${name}" in namespace "${namespace}" (type ${held.type}) was not made by kubectl acr-secret`,
      again,
    );
  }
  if (held.provenance.registry !== wanted.registry) {
    throw new CliError(
      "conflict",
      `secret "${name}" in namespace "${namespace}" holds a credential for ${held.provenance.registry}`,
      again,
    );
  }
}

function same(a: Provenance, b: Provenance): boolean {
  const text = (of: Provenance) => JSON.stringify([of.registry, of.credential, of.identity, of.slot, of.expiresAt]);
  return text(a) === text(b);
}
