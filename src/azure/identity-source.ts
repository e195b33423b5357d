import type { Env, IdentitySource, TokenSource } from "../context.ts";
import { hasEnvironmentCredential } from "./environment-credential.ts";
import { hasManagedIdentity } from "./managed-credential.ts";
import { hasWorkloadIdentity } from "./workload-credential.ts";

/** What the environment can name, in the order in which Azure's DefaultAzureCredential asks. */
const named: readonly (readonly [TokenSource, (env: Env) => boolean])[] = [
  ["env", hasEnvironmentCredential],
  ["workload", hasWorkloadIdentity],
  ["managed", hasManagedIdentity],
];

/** `auto` is the first that the environment names, else the Azure CLI. */
export const sourceOf = (source: IdentitySource, env: Env): TokenSource =>
  source === "auto" ? (named.find(([, names]) => names(env))?.[0] ?? "az") : source;
