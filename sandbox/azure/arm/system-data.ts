import type { Identity } from "../entra/identity.ts";
import type { Answer } from "../http.ts";
import { preciseNow, withOffset } from "../time.ts";
import type { SystemData } from "../world.ts";

/** What a write notes of its caller, over what was noted before. */
export function stamp({ clientId }: Identity, before?: SystemData): SystemData {
  const now = preciseNow();
  return { createdBy: clientId, createdAt: now, ...before, lastModifiedBy: clientId, lastModifiedAt: now };
}

/** systemData as it is answered; of what the world began with, nobody knows who made it. */
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

/** A resource in the answer of its PATCH: Azure gives the time of the PATCH as the time of creation. */
export const asPatched = <T extends { readonly systemData?: { readonly lastModifiedAt: string } }>({
  body,
  ...answer
}: Answer & { readonly body: T }): Answer => ({
  ...answer,
  body: { ...body, systemData: { ...body.systemData, createdAt: body.systemData?.lastModifiedAt } },
});
