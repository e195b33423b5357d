import type { Environment } from "../env.ts";
import { hasEnvironmentCredential } from "./environment-credential.ts";
import { hasManagedIdentity } from "./managed-credential.ts";
import type { IdentitySource, TokenSource } from "./port.ts";
import { hasWorkloadIdentity } from "./workload-credential.ts";

/** What the environment can name, in the order in which Azure's DefaultAzureCredential asks. */
const named: readonly (readonly [TokenSource, (env: Environment) => boolean])[] = [
  ["env", hasEnvironmentCredential],
  ["workload", hasWorkloadIdentity],
  ["managed", hasManagedIdentity],
];

/** `auto` is the first that the environment names, else the Azure CLI. */
export const sourceOf = (source: IdentitySource, env: Environment): TokenSource =>
  source === "auto" ? (named.find(([, names]) => names(env))?.[0] ?? "az") : source;
