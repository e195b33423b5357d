import type { Login } from "../registry/port.ts";
import { isGuid } from "./azure-words.ts";

/** The probable kind of a login without an annotation. */
type Guess = {
  /** The kind of credential; undefined if it could be any. */
  readonly kind: "acr-token" | "admin" | "entra" | "service-principal" | undefined;
  /** RFC 3339; only a JWT contains it. */
  readonly expiresAt: string | undefined;
};

/** The user name of a login whose password is a registry's own token for an Entra identity. */
export const tokenUser = "00000000-0000-0000-0000-000000000000";

/** A login server with the registry's name, which may be followed by a hash: `name-hash.azurecr.io`. */
const azure = /^(?:https?:\/\/)?([a-z0-9]+)(?:-[a-z0-9]+)?\.azurecr\.(?:io|us|cn)(?:[:/]|$)/i;

/**
 * Guesses the kind of a login in another tool's Secret, from the user name and the format of the password.
 * @param server the key under `auths`, as written
 */
export function guess(server: string, { username, password }: Login): Guess {
  const expiresAt = password.claims?.expiresAt;
  const [, registry] = azure.exec(server) ?? [];
  return { kind: registry === undefined ? undefined : kindOf(registry, username), expiresAt };
}

function kindOf(registry: string, username: string): Guess["kind"] {
  if (username === tokenUser) return "entra";
  if (isGuid(username)) return "service-principal";
  return username.toLowerCase() === registry.toLowerCase() ? "admin" : "acr-token";
}
