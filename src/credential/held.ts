import type { Asked, HeldLogin, Sources } from "./kind.ts";
import { type Still, stillPulls } from "./prove.ts";
import type { Reach } from "./repository-scope.ts";

/** Whether the login that a Secret holds still pulls. One that has expired does not, whoever is asked. */
export async function tryHeld(
  held: HeldLogin | undefined,
  reach: Reach,
  { verify }: Pick<Asked, "verify">,
  { registry, during, now }: Pick<Sources, "registry" | "during" | "now">,
): Promise<Still> {
  const { entry, login } = held ?? {};
  if (!entry || !login) return { pulls: "no" };
  if (entry.expiresAt !== undefined && new Date(entry.expiresAt) <= now()) return { pulls: "no" };
  if (!verify) return { pulls: "unknown" };
  return during(`Asking ${reach.host} whether the credential still pulls`, () => stillPulls(reach, login, registry()));
}
