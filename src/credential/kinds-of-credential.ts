import { tokenIssuer } from "./acr-token.ts";
import { admin } from "./admin.ts";
import type { Asked, CredentialKind, Sources } from "./credential-kind.ts";
import { entra } from "./entra.ts";
import { given } from "./given.ts";

/** An ACR token of the source's own: the default. */
const acrToken = {
  name: "acr-token",
  again: () => ({ flags: {} }),
  creation: {
    isExtensible: true,
    rights: ["tokens/read", "scopeMaps/read", "scopeMaps/write", "tokens/write", "generateCredentials/action"].map(
      (action) => `Microsoft.ContainerRegistry/registries/${action}`,
    ),
  },
  flags: {},
  parse: () => true,
  async open({ registry: named, identity, force }, { azure: openAzure, during, sleep }) {
    const azure = await openAzure(identity);
    const registry = await during(`Looking for ${named} in Azure`, () => azure.findRegistry(named));
    return tokenIssuer({ azure, registry, force, sleep });
  },
} as const satisfies CredentialKind;

/** Every kind of credential, in the order in which they parse the flags. The last one accepts all flags. */
export const kindsOfCredential: readonly CredentialKind[] = [given, entra, admin, acrToken];

/** The flags of `create` of all kinds. */
export const flagsOfKinds = { ...entra.flags, ...given.flags, ...admin.flags } as const satisfies CredentialKind["flags"];

/** Returns the kind that a command line asks for. @throws CliError usage */
export const kindAskedFor = (asked: Asked, stdin: Sources["stdin"]): CredentialKind =>
  kindsOfCredential.find((kind) => kind.parse(asked, stdin)) ?? acrToken;

/** Returns the kind that a source records; undefined for a kind of a newer version. */
export const kindCalled = (name: string): CredentialKind | undefined => kindsOfCredential.find((kind) => kind.name === name);
