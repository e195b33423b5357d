import { acrToken } from "./acr-token/acr-token.ts";
import { admin } from "./admin/admin.ts";
import { entra } from "./entra/entra.ts";
import { fromDockerConfig } from "./given/from-docker-config.ts";
import { given } from "./given/given.ts";
import type { Asked, FlagRow, Kind } from "./kind.ts";
import { servicePrincipal } from "./service-principal/service-principal.ts";

/** Every kind of credential, in the order in which they are asked whether the flags mean them; the last one takes what nobody took. */
export const credentialKinds: readonly Kind[] = [given, fromDockerConfig, entra, admin, servicePrincipal, acrToken];

/** The kind that a command line asks for. */
export const kindMeant = (flags: Asked["flags"]): Kind => credentialKinds.find((kind) => kind.means(flags)) ?? acrToken;

/** The flags of all kinds. */
export const credentialFlags = {
  ...given.flags,
  ...fromDockerConfig.flags,
  ...entra.flags,
  ...admin.flags,
  ...servicePrincipal.flags,
  ...acrToken.flags,
} as const satisfies Readonly<Record<string, FlagRow>>;

/** The kind that a Secret notes; undefined for one that a newer version made. */
export const kindNamed = (name: string): Kind | undefined => credentialKinds.find((kind) => kind.name === name);

/** Whether a run makes something in Azure for a login of such a kind, that stands there until somebody takes it away. */
export function isMadeInAzure(name: string): boolean {
  const kind = kindNamed(name);
  return kind !== undefined && typeof kind.noted !== "string" && !kind.ownLifetime;
}

/** Whether a note that tells no end means that there is none: of a password that somebody gave, nobody here knows it. */
export const endsKnown = (name: string): boolean => kindNamed(name)?.renewal !== "given";
