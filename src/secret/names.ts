import { CliError } from "../errors.ts";
import { plugin } from "../hint.ts";
import { isObjectName } from "../kinds.ts";

/** @throws CliError invalid, in the API server's words, before any request to Azure */
export function checkSecretName(name: string): string {
  if (isObjectName(name)) return name;
  throw new CliError(
    "invalid",
    `The Secret "${name}" is invalid: metadata.name: Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case ` +
      "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    { hint: plugin("create", "NAME", "--registry", "REGISTRY") },
  );
}

/**
 * Returns the default name of a Secret: `acr-myregistry`, from a registry's name or its login server. Invalid characters become hyphens.
 * Other code checks whether it is a registry.
 */
export function defaultSecretName(registry: string): string {
  return `acr-${(registry.split(".")[0] ?? registry).toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
}
