import type { Secret } from "../objects.ts";

/**
 * Which run makes a password for a Secret, noted on it: as long as it holds, no other run makes one. Like a Lease (coordination.k8s.io/v1)
 * it has a holder and an end, so that a run which died keeps nobody out.
 */
export type SecretClaim = {
  /** The run, by a random id. */
  readonly by: string;
  /** RFC 3339, by the run's own clock. */
  readonly until: string;
};

/** The annotation that holds a claim. */
export const claimNote = "acr-secret/claim";

/** How long a claim holds unless it is renewed, in milliseconds: longer than any one step in Azure takes. */
export const claimLasts = 30_000;

/** The annotation of a claim that begins now. */
export const noteClaim = (by: string, now: Date): { readonly [claimNote]: string } => ({
  [claimNote]: JSON.stringify({ by, until: new Date(now.getTime() + claimLasts).toISOString() } satisfies SecretClaim),
});

/** The claim on a Secret. Anybody can write the note, so what cannot be read is none. */
export function readClaim({ metadata }: Pick<Secret, "metadata">): SecretClaim | undefined {
  try {
    const { by, until }: Partial<SecretClaim> = JSON.parse(metadata.annotations?.[claimNote] ?? "null") ?? {};
    return typeof by === "string" && typeof until === "string" ? { by, until } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a claim has not come to its end. */
export const isLive = ({ until }: SecretClaim, now: Date): boolean => Date.parse(until) > now.getTime();

/** Whether two notes are of one claim, which has not been renewed in between. */
export const sameClaim = (a: SecretClaim, b: SecretClaim | undefined): boolean => a.by === b?.by && a.until === b.until;
