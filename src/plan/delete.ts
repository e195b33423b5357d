import type { Ref } from "../kinds.ts";
import type { Change, Plan, Refer } from "./change.ts";
import { type Needing, refuseNeeded, tellLasting, tellNeeded } from "./delete-needed.ts";
import { refuseDeletion } from "./delete-refused.ts";
import type { ExistingSecret } from "./existing-secret.ts";
import { planDetach, type Target } from "./references.ts";

/** What one place holds that a deletion looks at. */
export type DeleteFacts = {
  readonly to: Ref<"secret">;
  readonly existing: ExistingSecret | undefined;
  /** It has the label of those that this plugin made. */
  readonly ours: boolean;
  readonly targets: readonly Target[];
  /** Pods that have not ended, name the Secret and have an image that it may be for. */
  readonly needing: readonly Needing[];
};

export type DeleteOptions = {
  /** It goes whoever made it, whatever is in it, and whoever needs it. */
  readonly force: boolean;
  /** What was made for it is revoked then. */
  readonly revoke: boolean;
};

/**
 * Plans one place of `delete`: first the references, then the Secret, or the login that was added to somebody else's. What is to be
 * revoked stays noted, on a Secret without its logins, until that has happened.
 * @throws CliError conflict where pods need it, or what is somebody else's would be lost
 */
export function planDelete(facts: DeleteFacts, options: DeleteOptions): Plan {
  const { to, existing, ours, needing } = facts;
  const named = facts.targets.filter(({ names }) => names.includes(to.name));
  const changes = named.map((target) => planDetach(to.name, target));
  const references = changes.filter((change): change is Refer => change.act === "detach");
  if (!existing) return references;
  if (!options.force) refuseNeeded(to, references, needing);
  const because = "it is deleted";
  refuseDeletion(facts.to, existing, ours, options.force);
  const { uid, version, immutable, entries = [] } = existing;
  const secret = { to, entries, precondition: { uid, version }, because };
  const noted = options.revoke && { noted: true as const };
  if (isBeside(facts)) return [{ act: "withdraw", ...secret, ...noted, beside: true }, ...tellNeeded(to, needing)];
  const rehearsal: Change = { act: "rehearse", to, precondition: secret.precondition, replaces: false, deletes: true };
  const needs = [to, ...references.map((reference) => reference.to)];
  const end: Change = noted
    ? { act: "withdraw", ...secret, ...noted, ...(immutable && { immutable }), needs }
    : { act: "remove", ...secret, needs };
  const first = references.map((reference) => ({ ...reference, needs: to }));
  return [rehearsal, ...first, end, ...tellLasting(to, changes), ...tellNeeded(to, needing)];
}

/** Somebody else's Secret, to which a login was added: it goes on without that. */
const isBeside = ({ existing, ours }: DeleteFacts): boolean => !ours && existing?.entries !== undefined;
