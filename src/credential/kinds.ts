import { acrToken } from "./acr-token/acr-token.ts";
import type { Kind } from "./kind.ts";
import { servicePrincipal } from "./service-principal/service-principal.ts";

/** The kinds of credential for which the plugin creates an object in Azure. Such an object exists until it is deleted. */
export const credentialKinds: readonly Kind[] = [servicePrincipal, acrToken];

/** Returns the kind that a Secret records. */
export const kindNamed = (name: string): Kind | undefined => credentialKinds.find((kind) => kind.name === name);

/** Whether the plugin creates an object in Azure for a login of this kind. */
export const isMadeInAzure = (name: string): boolean => kindNamed(name) !== undefined;
