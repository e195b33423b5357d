import { printableServer, readPullSecret, serversOf } from "../kubelet/read-pull-secret.ts";
import type { Secret } from "../objects.ts";
import { isTimestamp } from "../timestamp.ts";
import { guess } from "./guess.ts";
import { recordedIn } from "./login.ts";
import type { Credential, FileIdentity, SourceOfCopy } from "./record.ts";

/** A login that a pull secret holds, as the record describes it or as guessed from its text. */
export type Holding = {
  /** The keys under `auths` with this login. */
  readonly hosts: readonly string[];
  /** The kind of credential; empty if unknown. */
  readonly kind: string;
  readonly guessed: boolean;
  /** The user name or id that signs in; empty if unknown. */
  readonly identity: string;
  readonly slot: string;
  readonly expiry: "at" | "never" | "unknown";
  /** RFC 3339; only if `expiry` is `at`. */
  readonly expiresAt?: string;
  /** Which repositories it may pull, if that is known. */
  readonly grants?: { readonly repositories: readonly string[]; readonly from: "azure" | "record" } | undefined;
} & Pick<Credential, "madeAt" | "by" | "previous">;

/** A pull secret. Its data is not kept, because there can be thousands of them. */
export type ListedPullSecret = Pick<Secret["metadata"], "name" | "namespace" | "creationTimestamp"> & {
  readonly holdings: readonly Holding[];
  readonly serviceAccounts: readonly string[];
  /** The Secret of which it says that it is a copy. Its tenant can write this. */
  readonly source: SourceOfCopy | undefined;
  /** The namespaces that have a copy of it. */
  readonly copies: readonly string[];
  /** The file of `apply` that it belongs to. */
  readonly file: FileIdentity | undefined;
};

/** Returns the logins of a pull secret, sorted by host. A login that no record describes is guessed. */
export function holdingsOf(secret: Secret): Holding[] {
  const { credential } = recordedIn(secret) ?? {};
  const recorded = credential ? [holdingIn(credential)] : [];
  const others = guessed(secret).filter(({ hosts }) => credential === undefined || !hosts.includes(credential.host));
  return [...recorded, ...others].sort(({ hosts: [a = ""] }, { hosts: [b = ""] }) => (a < b ? -1 : Number(a > b)));
}

function holdingIn({ host, kind, identity, slot, expiresAt, madeAt, by, previous, repositories }: Credential): Holding {
  // A password that Azure generated has a slot. The expiry of a login that a user supplied is unknown
  const expiry = expiryOf(expiresAt, slot === undefined ? "unknown" : "never");
  const grants = repositories && ({ repositories, from: "record" } as const);
  return { hosts: [host], kind, guessed: false, identity, slot: slot ?? "", ...expiry, madeAt, by, previous, grants };
}

/**
 * Returns the expiry of a recorded time. Anyone can write the annotation, so a text that is not a time means an unknown expiry.
 * @param absent the meaning of no text
 */
function expiryOf(expiresAt: string | undefined, absent: "never" | "unknown"): Pick<Holding, "expiry" | "expiresAt"> {
  if (expiresAt === undefined) return { expiry: absent };
  return isTimestamp(expiresAt) ? { expiry: "at", expiresAt } : { expiry: "unknown" };
}

function guessed(secret: Secret): Holding[] {
  const named = { ...secret, name: secret.metadata.name };
  const nothing = { kind: "", guessed: true, identity: "", slot: "", expiry: "unknown" } as const;
  const reading = readPullSecret(named);
  if (!("entries" in reading)) return (serversOf(named) ?? []).map((server) => ({ ...nothing, hosts: [printableServer(server)] }));
  return reading.entries.map(({ server, login }) => {
    const { kind, expiresAt } = guess(server, login);
    return { ...nothing, hosts: [printableServer(server)], kind: kind ?? "", identity: login.username, ...expiryOf(expiresAt, "unknown") };
  });
}
