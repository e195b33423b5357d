import type { Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { isSameTime } from "../timestamp.ts";

/**
 * Which run makes a password for a Secret, noted on it: as long as it holds, no other run makes one. Like a Lease (coordination.k8s.io/v1)
 * it has a holder and an end, so that a run which died keeps nobody out.
 */
export type SecretClaim = {
  /** The run, by a random id. */
  readonly by: string;
  /** RFC 3339, by the run's own clock. */
  readonly until: string;
  /** The password that the run is about to make, or to hand out: where it dies, the next one knows whose that is. */
  readonly makes?: Making;
};

/** A password that is about to be made; without a slot one that is only handed out. */
export type Making = {
  /** What authenticates: an ACR token's name. */
  readonly identity: string;
  readonly slot?: string;
  /** When the password was made that an earlier run has left in the slot (RFC 3339): that one is nobody else's either. */
  readonly madeAt?: string;
  /** Shows that the run has the login that it hands out: {@link claimProof}. */
  readonly proof?: string;
};

/**
 * What only a run that has a login can write into its claim on a Secret that does not hold the login yet. It is of one run and one Secret,
 * so a copy in another namespace proves nothing.
 */
export const claimProof = ({ password }: Login, by: string, { namespace = "", name }: Pick<Ref, "namespace" | "name">): string =>
  password.sign(by, namespace, name);

/** The annotation that holds a claim. */
export const claimNote = "acr-secret/claim";

/** How long a claim holds unless it is renewed, in milliseconds: longer than any one step in Azure takes. */
export const claimLasts = 30_000;

/** By how much the clocks of a run and of Azure may differ, in milliseconds. */
const skew = 5_000;

/** The annotation of a claim that begins now. */
export const noteClaim = (by: string, now: Date, makes?: Making): { readonly [claimNote]: string } =>
  noteOf({ by, until: new Date(now.getTime() + claimLasts).toISOString(), makes });

const noteOf = (claim: SecretClaim): { readonly [claimNote]: string } => ({ [claimNote]: JSON.stringify(claim) });

/**
 * The annotation of a claim that has ended before its password was made, where an earlier run had left one in the slot: no other password
 * is meant by it.
 */
export const noteLeft = (by: string, makes: Making & { readonly madeAt: string }): { readonly [claimNote]: string } =>
  noteOf({ by, until: new Date(makes.madeAt).toISOString(), makes });

/** The claim on a Secret. Anybody can write the note, so what cannot be read is none. */
export function readClaim({ metadata }: Pick<Secret, "metadata">): SecretClaim | undefined {
  try {
    const { by, until, makes }: Partial<SecretClaim> = JSON.parse(metadata.annotations?.[claimNote] ?? "null") ?? {};
    return typeof by === "string" && typeof until === "string" ? { by, until, ...readMaking(makes) } : undefined;
  } catch {
    return undefined;
  }
}

function readMaking({ identity, slot, madeAt, proof }: Partial<Making> = {}): Pick<SecretClaim, "makes"> {
  if (typeof identity !== "string") return {};
  const more = Object.entries({ slot, madeAt, proof }).filter(([, value]) => typeof value === "string");
  return { makes: { identity, ...Object.fromEntries(more) } };
}

/** Whether a claim has not come to its end. One that ends later than any run can write is void. */
export function isLive({ until }: SecretClaim, now: Date): boolean {
  const left = Date.parse(until) - now.getTime();
  return left > 0 && left <= claimLasts + skew;
}

/** Whether two notes are of one claim, which has not been renewed in between. */
export const sameClaim = (a: SecretClaim, b: SecretClaim | undefined): boolean => a.by === b?.by && a.until === b.until;

/** Whether a password that Azure shows is the one that the claim's run has made, or one before it had left. */
export function isMadeBy({ until, makes }: SecretClaim, identity: string, { slot, madeAt }: { slot: string; madeAt: string }): boolean {
  if (makes?.identity.toLowerCase() !== identity.toLowerCase() || makes.slot !== slot) return false;
  const sinceEnd = Date.parse(madeAt) - Date.parse(until);
  return isSameTime(makes.madeAt, madeAt) || (sinceEnd >= -claimLasts - skew && sinceEnd <= skew);
}
