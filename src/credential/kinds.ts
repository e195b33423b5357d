import { acrToken } from "./acr-token/acr-token.ts";
import { admin } from "./admin/admin.ts";
import { entra } from "./entra/entra.ts";
import { given } from "./given/given.ts";
import type { Asked, Kind, Sources } from "./kind.ts";
import { servicePrincipal } from "./service-principal/service-principal.ts";

/** Every kind of credential, in the order in which they parse the flags. The last one accepts all flags. */
export const credentialKinds: readonly Kind[] = [given, entra, admin, servicePrincipal, acrToken];

/** Returns the kind that a command line requests. @throws CliError usage */
export function parseKind(asked: Asked, stdin: Sources["stdin"]): { readonly kind: Kind; readonly needsName: boolean } {
  for (const kind of credentialKinds) {
    const parsed = kind.parse(asked, stdin);
    if (parsed) return { kind, ...parsed };
  }
  return { kind: acrToken, needsName: true };
}

export const credentialFlags = {
  ...servicePrincipal.flags,
  ...entra.flags,
  ...given.flags,
  ...admin.flags,
} as const satisfies Kind["flags"];

/** Returns the kind that a Secret records; undefined for a kind of a newer version. */
export const kindNamed = (name: string): Kind | undefined => credentialKinds.find((kind) => kind.name === name);

/** Whether the plugin creates an object in Azure for a login of this kind. Such an object exists until it is deleted. */
export function isMadeInAzure(name: string): boolean {
  const { renewal } = kindNamed(name) ?? {};
  return renewal !== undefined && !renewal.isShortLived;
}

/** Whether a login without a recorded expiry never expires. The expiry of a login that a user supplied is unknown. */
export function endsKnown(name: string): boolean {
  const kind = kindNamed(name);
  return kind === undefined || kind.creation !== undefined;
}
