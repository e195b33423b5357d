import type { Application, Azure } from "../../azure/port.ts";
import { skewOfAzure } from "../../clock.ts";
import { day } from "../../duration.ts";
import { toSeconds } from "../../timestamp.ts";

/** The lifetime of a password for which none is requested, in milliseconds. Azure's own default is two years. */
const usual = 180 * day;

type Limiting = { readonly azure: Pick<Azure, "passwordLimit">; now(): Date };

/**
 * Returns when a new password of an application expires: no later than the policies of the tenant allow. If they can't be read, Azure
 * decides.
 * @param wanted a timestamp
 */
export async function expiryWithin(wanted: string | undefined, application: Application, { azure, now }: Limiting): Promise<string> {
  const limit = await azure.passwordLimit(application);
  const at = now().getTime();
  const end = wanted === undefined ? at + usual : Date.parse(wanted);
  return toSeconds(new Date(limit === undefined ? end : Math.min(end, at + limit - skewOfAzure)));
}
