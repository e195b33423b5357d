import type { Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { isSameTime } from "../timestamp.ts";

/**
 * A run's claim on a Secret, in an annotation. While it is valid, no other run creates a password for the Secret. Like a Lease
 * (coordination.k8s.io/v1), it has a holder and an end, so a crashed run does not block other runs.
 */
export type SecretClaim = {
  /** The random id of the run. */
  readonly by: string;
  /** RFC 3339, by the run's own clock. */
  readonly until: string;
  /** The password that the run is about to create or to write. If the run crashes, the next run knows who created it. */
  readonly makes?: PendingPassword;
};

/** A password that is about to be created; without a slot, one that is only written. */
export type PendingPassword = {
  /** The identity: an ACR token's name. */
  readonly identity: string;
  readonly slot?: string;
  /** The creation time of the password that an earlier run has left in the slot (RFC 3339). It does not belong to another user either. */
  readonly madeAt?: string;
  /** Shows that the run has the login that it writes: {@link claimProof}. */
  readonly proof?: string;
};

/**
 * Only a run that has the login can write this proof into its claim. It is bound to one run and one Secret, so a copy in another namespace
 * proves nothing.
 */
export const claimProof = ({ password }: Login, by: string, { namespace = "", name }: Pick<Ref, "namespace" | "name">): string =>
  password.sign(by, namespace, name);

/** The annotation for a claim. */
export const claimAnnotation = "acr-secret/claim";

/** Lifetime of a claim that is not renewed, in milliseconds: longer than any single step in Azure. */
export const claimLasts = 30_000;

/** The maximum difference between the clocks of a run and of Azure, in milliseconds. */
const skew = 5_000;

/** The annotation of a claim that starts now. */
export const newClaim = (by: string, now: Date, makes?: PendingPassword): { readonly [claimAnnotation]: string } =>
  annotationOf({ by, until: new Date(now.getTime() + claimLasts).toISOString(), makes });

const annotationOf = (claim: SecretClaim): { readonly [claimAnnotation]: string } => ({ [claimAnnotation]: JSON.stringify(claim) });

/**
 * Returns the annotation of a claim that ended before its run created a password. It names only the password that an earlier run left in
 * the slot.
 */
export const endedClaim = (by: string, makes: PendingPassword & { readonly madeAt: string }): { readonly [claimAnnotation]: string } =>
  annotationOf({ by, until: new Date(makes.madeAt).toISOString(), makes });

/** Parses the claim on a Secret. Anyone can write the annotation, so an invalid one counts as none. */
export function readClaim({ metadata }: Pick<Secret, "metadata">): SecretClaim | undefined {
  try {
    const { by, until, makes }: Partial<SecretClaim> = JSON.parse(metadata.annotations?.[claimAnnotation] ?? "null") ?? {};
    return typeof by === "string" && typeof until === "string" ? { by, until, ...readPendingPassword(makes) } : undefined;
  } catch {
    return undefined;
  }
}

function readPendingPassword({ identity, slot, madeAt, proof }: Partial<PendingPassword> = {}): Pick<SecretClaim, "makes"> {
  if (typeof identity !== "string") return {};
  const more = Object.entries({ slot, madeAt, proof }).filter(([, value]) => typeof value === "string");
  return { makes: { identity, ...Object.fromEntries(more) } };
}

/** Whether a claim has not ended. A claim that ends later than any run can write is void. */
export function isLive({ until }: SecretClaim, now: Date): boolean {
  const left = Date.parse(until) - now.getTime();
  return left > 0 && left <= claimLasts + skew;
}

/** Whether two annotations are of one claim that was not renewed in between. */
export const sameClaim = (a: SecretClaim, b: SecretClaim | undefined): boolean => a.by === b?.by && a.until === b.until;

/** Whether the claim's run created a password that Azure shows, or an earlier run had left it. */
export function isMadeBy({ until, makes }: SecretClaim, identity: string, { slot, madeAt }: { slot: string; madeAt: string }): boolean {
  if (makes?.identity.toLowerCase() !== identity.toLowerCase() || makes.slot !== slot) return false;
  const sinceEnd = Date.parse(madeAt) - Date.parse(until);
  return isSameTime(makes.madeAt, madeAt) || (sinceEnd >= -claimLasts - skew && sinceEnd <= skew);
}
