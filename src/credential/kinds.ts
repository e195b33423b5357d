import { acrToken } from "./acr-token.ts";
import { given } from "./given.ts";
import type { Asked, FlagRow, Kind } from "./kind.ts";

/** Every kind of credential, in the order in which they are asked whether the flags mean them; the last one takes what nobody took. */
const credentialKinds: readonly Kind[] = [given, acrToken];

/** The kind that a command line asks for. */
export const kindMeant = (flags: Asked["flags"]): Kind => credentialKinds.find((kind) => kind.means(flags)) ?? acrToken;

/** The flags of all kinds. */
export const credentialFlags = { ...given.flags, ...acrToken.flags } as const satisfies Readonly<Record<string, FlagRow>>;

/** Where a new password of a credential comes from; `unknown` for a kind that a newer version made. */
export const renewalOf = (name: string): Kind["renewal"] | "unknown" =>
  credentialKinds.find((kind) => kind.name === name)?.renewal ?? "unknown";

/** Whether a note that tells no end means that there is none: of a password that somebody gave, nobody here knows it. */
export const endsKnown = (name: string): boolean => renewalOf(name) !== "given";
