import { CliError } from "../errors.ts";
import type { Fix } from "../fix.ts";
import type { Ref } from "../kinds.ts";
import type { ExistingSecret } from "./existing-secret.ts";
import { isOf } from "./keys.ts";

/**
 * Somebody else's Secret is never deleted unasked, nor a login that somebody else put into one of ours.
 * @param ours it has the label of those that this plugin made
 * @throws CliError conflict
 */
export function refuseDeletion(to: Ref<"secret">, existing: ExistingSecret, ours: boolean, force: boolean): void {
  const secret = `secret "${to.name}" in namespace "${to.namespace}"`;
  const refuse = (says: string, hint: string | Fix) => {
    throw new CliError("conflict", `${secret} ${says}`, { hint });
  };
  if (!ours && existing.entries && existing.immutable)
    refuse("is immutable, so no login can be taken out", { kubectl: "delete secret", args: [to.name] });
  if (force || (!ours && existing.entries)) return;
  if (!existing.entries)
    refuse(`(type ${existing.type}) was not made by kubectl acr-secret`, "name another Secret, or add --force to delete it");
  const strange = strangeIn(existing);
  if (strange.length > 0) refuse(`also holds a login for ${strange.join(", ")}`, "add --force to lose that login too");
}

/** The keys of logins that nothing is noted of. */
function strangeIn({ entries = [], hosts }: ExistingSecret): string[] {
  const noted = entries.flatMap((entry) => entry.hosts);
  return hosts.filter((server) => !noted.some((host) => isOf(host, server)));
}
