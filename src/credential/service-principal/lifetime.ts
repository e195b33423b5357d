import { changePolicy, otherwise } from "../../azure/password-policies.ts";
import type { Application, Azure } from "../../azure/port.ts";
import { skewOfAzure } from "../../clock.ts";
import { day, formatLifetime } from "../../duration.ts";
import { CliError } from "../../errors.ts";
import { toSeconds } from "../../timestamp.ts";
import type { Lifetime } from "../issuer.ts";

/** The lifetime of a password for which none is requested, in milliseconds. Azure's own default is two years. */
const usual = 180 * day;

type Limiting = { readonly azure: Pick<Azure, "passwordLimit">; now(): Date };

/**
 * Returns when a new password of an application expires: no later than the policies of the tenant allow. If they can't be read, Azure
 * decides.
 * @param application undefined if it does not exist yet
 * @throws CliError forbidden, invalid
 */
export async function expiryWithin(
  { expiresAt, isExact }: Lifetime,
  application: Application | undefined,
  { azure, now }: Limiting,
): Promise<string> {
  const at = now().getTime();
  const limit = await azure.passwordLimit(application ?? { madeAt: toSeconds(now()) });
  if (limit?.longest === 0)
    throw new CliError("forbidden", "a policy of the tenant forbids passwords of applications", { hint: changePolicy });
  const end = expiresAt === undefined ? at + usual : Date.parse(expiresAt);
  if (limit === undefined) return toSeconds(new Date(end));
  if (isExact && end > at + limit.longest) {
    // Azure knows whether the policy exempts this identity
    if (!limit.isForAll) return toSeconds(new Date(end));
    const longest = formatLifetime(limit.longest);
    const message = `a policy of the tenant allows passwords of applications for at most ${longest}`;
    throw new CliError("invalid", message, { hint: `use --expires-in ${longest}, ${otherwise}` });
  }
  return toSeconds(new Date(Math.min(end, at + limit.longest - skewOfAzure)));
}
