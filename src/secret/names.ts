import { createHash } from "node:crypto";
import { CliError } from "../errors.ts";
import { isObjectName } from "../kinds.ts";

/** @throws CliError invalid, in the API server's words, before any request to Azure */
export function checkSecretName(name: string): string {
  if (isObjectName(name)) return name;
  throw new CliError(
    "invalid",
    `The Secret "${name}" is invalid: metadata.name: Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case ` +
      "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    { hint: { verb: "create", secret: "NAME", registry: "REGISTRY" } },
  );
}

/**
 * Returns the default name of a Secret: `acr-myregistry`, from a registry's name or its login server. Invalid characters become hyphens.
 * Other code checks whether it is a registry.
 */
export function defaultSecretName(registry: string): string {
  return `acr-${(registry.split(".")[0] ?? registry).toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
}

/**
 * Returns the name of the ACR token and the scope map for one Secret. It is the same in each run and unique across clusters, so a new
 * password never breaks another Secret. Azure allows 5 to 50 of `[a-zA-Z0-9-]`.
 */
export function tokenName(namespaceUid: string, namespace: string, secret: string): string {
  const unique = createHash("sha256").update(`${namespaceUid}/${secret}`).digest("hex").slice(0, 10);
  return `${readablePart(namespace, secret)}-${unique}`;
}

const readablePart = (namespace: string, secret: string) => `${namespace}-${secret}`.replace(/[^a-zA-Z0-9-]/g, "-").slice(0, 39);

/** Whether a name can be that of a Secret's own token, as far as that is known without the namespace's uid. */
export const mayBeTokenOf = (name: string, namespace: string, secret: string): boolean =>
  name.startsWith(`${readablePart(namespace, secret)}-`);
