import { printableJson } from "../../src/output/printable.ts";
import type { Listed } from "./rows.ts";

/** A pull secret as an object of `acr-secret/v1`, without its passwords. */
export function listedObject({ context, secret: { metadata }, carriers, holdings }: Listed): object {
  const { name, namespace, creationTimestamp } = metadata;
  const logins = holdings.map(({ hosts, kind, guessed, identity, slot, expiry, expiresAt, madeAt, by, previous }) => ({
    registries: hosts,
    ...(kind !== "" && { credential: kind }),
    guessed,
    ...(identity !== "" && { identity }),
    ...(slot !== "" && { slot }),
    expiry,
    expiresAt: expiresAt ?? null,
    ...(madeAt !== undefined && { madeAt }),
    ...(by !== undefined && { madeBy: by }),
    ...(previous !== undefined && { previous: { slot: previous.slot, madeAt: previous.madeAt, until: previous.until } }),
  }));
  const place = { ...(context !== undefined && { context }), namespace, name };
  return { apiVersion: "acr-secret/v1", kind: "PullSecret", ...place, creationTimestamp, logins, serviceAccounts: carriers };
}

/** The same as a line of JSON. */
export const listedLine = (listed: Listed): string => `${printableJson(JSON.stringify(listedObject(listed)))}\n`;
