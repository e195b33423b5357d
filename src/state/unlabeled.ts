import type { Secret } from "../objects.ts";
import { type Entry, isOurs, readAnnotation } from "../secret/entry.ts";
import { loginFor } from "./existing-secret.ts";

/**
 * Returns the logins of a Secret that has lost our label to another tool: those that the annotation names and that are inside. The
 * annotation alone is no evidence, because other tools copy it.
 */
export function unlabeledEntries(secret: Secret): readonly Entry[] {
  if (isOurs(secret)) return [];
  const named = (readAnnotation(secret) ?? []).filter(({ beside }) => beside !== true);
  return named.filter(({ hosts: [host = ""], identity }) => loginFor(secret, host)?.username === identity);
}
