import type { Identity } from "../entra/identity.ts";
import type { Answer } from "../http.ts";
import { preciseNow, withOffset } from "../time.ts";
import type { SystemData } from "../world.ts";

/** Returns systemData after a write by this caller, based on the earlier systemData. */
export function stamp({ clientId }: Identity, before?: SystemData): SystemData {
  const now = preciseNow();
  return { createdBy: clientId, createdAt: now, ...before, lastModifiedBy: clientId, lastModifiedAt: now };
}

/** Returns systemData in Azure's format. Resources that exist from the start have no recorded creator. */
export function systemData({ creationDate, made }: { creationDate: string; made?: SystemData }) {
  const { createdBy, createdAt, lastModifiedBy, lastModifiedAt } = made ?? {
    createdBy: "sandbox",
    createdAt: creationDate,
    lastModifiedBy: "sandbox",
    lastModifiedAt: creationDate,
  };
  return {
    createdBy,
    createdByType: "Application",
    createdAt: withOffset(createdAt),
    lastModifiedBy,
    lastModifiedByType: "Application",
    lastModifiedAt: withOffset(lastModifiedAt),
  };
}

/** Returns the response of a PATCH to a resource. Azure sets the creation time in it to the time of the PATCH. */
export const asPatched = <T extends { readonly systemData?: { readonly lastModifiedAt: string } }>({
  body,
  ...answer
}: Answer & { readonly body: T }): Answer => ({
  ...answer,
  body: { ...body, systemData: { ...body.systemData, createdAt: body.systemData?.lastModifiedAt } },
});
