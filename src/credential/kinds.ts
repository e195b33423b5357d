import { usage } from "../errors.ts";
import { once } from "../scope/concurrency.ts";
import { admin } from "./admin.ts";
import type { Asked, CredentialKind, Sources } from "./credential-kind.ts";
import { entra, ownLogin } from "./entra.ts";
import { given } from "./given.ts";
import { refuseScoped } from "./service-principal/roles.ts";

/** An action on a registry that only the role for ACR tokens has, and one that only the role for service principals has. */
const [writeTokens, assignRoles] = ["Microsoft.ContainerRegistry/registries/tokens/write", "Microsoft.Authorization/roleAssignments/write"];

/** An ACR token of the source's own: the default. */
const acrToken = {
  name: "acr-token",
  again: () => [],
  creation: {
    isExtensible: true,
    rights: ["tokens/read", "scopeMaps/read", "scopeMaps/write", "tokens/write", "generateCredentials/action"].map(
      (action) => `Microsoft.ContainerRegistry/registries/${action}`,
    ),
  },
  flags: {},
  parse: () => true,
  async open({ registry: named, identity, force }, { azure: openAzure, registry: data, during, sleep }) {
    const azure = await openAzure(identity);
    const registry = await during(`Looking for ${named} in Azure`, () => azure.findRegistry(named, writeTokens));
    const { tokenIssuer } = await import("./acr-token.ts");
    return { ...tokenIssuer({ azure, registry, force, sleep }), ownLogin: once(() => ownLogin(registry, azure, data())) };
  },
} as const satisfies CredentialKind;

/** The value of `--service-principal` without a value: the application that only one source uses. No application can have this name. */
const ownPrincipal = "*";

/** A key of an application in Microsoft Graph. */
const servicePrincipal = {
  name: "service-principal",
  // Not extensible: only in an ABAC registry can it get more repositories, and `check` doesn't know the mode of the registry
  creation: {
    rights: ["read", "write"].map((action) => `Microsoft.Authorization/roleAssignments/${action}`),
    uncheckedRight: "Microsoft Graph: Application.ReadWrite.OwnedBy",
  },
  flags: {
    "service-principal": {
      type: "string",
      bare: ownPrincipal,
      exclusive: ["admin", "entra", "password-stdin", "username"],
      value: "NAME",
      describe: "Service principal, by name or application ID, created if missing. Without a value: one per Secret",
    },
  },
  parse({ flags: { "service-principal": named } }) {
    if (named !== undefined) nameOfPrincipal(named);
    return named !== undefined;
  },
  flagsFor: ({ identity }) => ({ "service-principal": identity }),
  async open(asked, { azure: openAzure, registry: data, during, now, sleep }) {
    const { identity, force, wait, waitForRole = wait, isRecorded = false } = asked;
    const flag = asked.flags["service-principal"];
    const named = isRecorded ? String(flag) : nameOfPrincipal(flag);
    const azure = await openAzure(identity);
    // Starting az takes a second, and finding the registry requires another token
    azure.prefetchToken("graph");
    return during(`Looking for ${asked.registry} in Azure`, async () => {
      const registry = await azure.findRegistry(asked.registry, assignRoles);
      const { mode } = await azure.registryFacts(registry);
      refuseScoped(mode, asked.repositories, registry.name);
      const waits = { right: waitForRole, password: wait };
      const { principalIssuer } = await import("./service-principal.ts");
      const issuer = principalIssuer({ azure, registry, mode, named, isRecorded, force, waits, sleep, now });
      return { ...issuer, ownLogin: once(() => ownLogin(registry, azure, data())) };
    });
  },
} as const satisfies CredentialKind;

/** Display names that a command line accepts. Any other application is named by its id. */
const nameForm = /^[A-Za-z0-9][A-Za-z0-9._ -]{0,119}$/;

/** @returns undefined for the source's own application @throws CliError usage */
function nameOfPrincipal(named: unknown): string | undefined {
  if (named === ownPrincipal) return undefined;
  if (typeof named === "string" && nameForm.test(named)) return named;
  throw usage(`invalid --service-principal "${named}": expected up to 120 letters, digits, spaces and . _ -, or an application ID`);
}

/** Every kind of credential, in the order in which they parse the flags. The last one accepts all flags. */
export const kindsOfCredential: readonly CredentialKind[] = [given, entra, admin, servicePrincipal, acrToken];

/** The flags of `create` of all kinds. */
export const flagsOfKinds = {
  ...servicePrincipal.flags,
  ...entra.flags,
  ...given.flags,
  ...admin.flags,
} as const satisfies CredentialKind["flags"];

export const kindAskedFor = (asked: Asked, stdin: Sources["stdin"]): CredentialKind =>
  kindsOfCredential.find((kind) => kind.parse(asked, stdin)) ?? acrToken;

/** Returns the kind that a source records; undefined for a kind of a newer version. */
export const kindCalled = (name: string): CredentialKind | undefined => kindsOfCredential.find((kind) => kind.name === name);
