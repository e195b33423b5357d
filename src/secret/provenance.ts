import type { Slot } from "../context.ts";
import type { Secret } from "../objects.ts";

/** The kinds of credential that a pull secret can hold. */
export type CredentialKind = "acr-token" | "given";

/** What we note on a Secret, so that a later run knows what it holds without reading it. Never a secret's text. */
export type Provenance = {
  /** The login server that the credential is for. */
  readonly registry: string;
  readonly credential: CredentialKind;
  /** What authenticates: an ACR token's name, a user name. */
  readonly identity: string;
  /** Which of an ACR token's two passwords is inside. */
  readonly slot?: Slot;
  /** RFC 3339; absent when the credential does not expire. */
  readonly expiresAt?: string;
};

export const managedBy = { key: "app.kubernetes.io/managed-by", value: "kubectl-acr-secret" };

const prefix = "acr-secret";

/** The labels and annotations that say what a Secret holds. */
export function writeProvenance(of: Provenance): { labels: Record<string, string>; annotations: Record<string, string> } {
  return {
    labels: { [managedBy.key]: managedBy.value },
    annotations: {
      [`${prefix}/registry`]: of.registry,
      [`${prefix}/credential`]: of.credential,
      [`${prefix}/identity`]: of.identity,
      ...(of.slot && { [`${prefix}/slot`]: of.slot }),
      ...(of.expiresAt && { [`${prefix}/expires-at`]: of.expiresAt }),
    },
  };
}

/** What a Secret says about itself; undefined when it is not one of ours. */
export function readProvenance(secret: Secret): Provenance | undefined {
  if (secret.metadata.labels?.[managedBy.key] !== managedBy.value) return undefined;
  const note = (name: string) => secret.metadata.annotations?.[`${prefix}/${name}`];
  const credential = note("credential");
  const slot = note("slot");
  const expiresAt = note("expires-at");
  return {
    registry: note("registry") ?? "",
    credential: credential === "acr-token" ? "acr-token" : "given",
    identity: note("identity") ?? "",
    ...((slot === "password1" || slot === "password2") && { slot }),
    ...(expiresAt && { expiresAt }),
  };
}
