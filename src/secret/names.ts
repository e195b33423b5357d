import { createHash } from "node:crypto";
import { CliError } from "../errors.ts";

/** RFC 1123 subdomain, as the API server asks of a Secret's name. */
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** @throws CliError invalid, in the API server's words, before anything is asked of Azure */
export function checkSecretName(name: string): string {
  if (name.length <= 253 && subdomain.test(name)) return name;
  throw new CliError(
    "invalid",
    `The Secret "${name}" is invalid: metadata.name: Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case ` +
      "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    { hint: { verb: "create", secret: "NAME", registry: "REGISTRY" } },
  );
}

/**
 * The Secret's name when none is given: `acr-myregistry`, from a registry's name or its login server.
 * What no name may hold becomes a hyphen: whether it is a registry at all is told by who knows registries.
 */
export function defaultSecretName(registry: string): string {
  return `acr-${(registry.split(".")[0] ?? registry).toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
}

/**
 * The name of the ACR token (and of its scope map) behind one Secret: the same at every run, and of no other Secret
 * in any cluster, so that making its password anew never locks anybody else out.
 * Azure allows 5 to 50 of `[a-zA-Z0-9-]`.
 */
export function tokenName(namespaceUid: string, namespace: string, secret: string): string {
  const unique = createHash("sha256").update(`${namespaceUid}/${secret}`).digest("hex").slice(0, 10);
  return `${readablePart(namespace, secret)}-${unique}`;
}

const readablePart = (namespace: string, secret: string) => `${namespace}-${secret}`.replace(/[^a-zA-Z0-9-]/g, "-").slice(0, 39);

/** Whether a name may be that of a Secret's own token, as far as it can be told without the namespace's uid. */
export const mayBeTokenOf = (name: string, namespace: string, secret: string): boolean =>
  name.startsWith(`${readablePart(namespace, secret)}-`);
