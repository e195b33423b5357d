import type { Env, IdentitySource } from "../context.ts";
import { hasEnvironmentCredential } from "./environment-credential.ts";
import { hasManagedIdentity } from "./managed-credential.ts";
import { hasWorkloadIdentity } from "./workload-credential.ts";

/** Where tokens come from, once it is decided. */
export type Source = Exclude<IdentitySource, "auto">;

/** What the environment can name, in the order in which Azure's DefaultAzureCredential asks. */
const named: readonly (readonly [Source, (env: Env) => boolean])[] = [
  ["env", hasEnvironmentCredential],
  ["workload", hasWorkloadIdentity],
  ["managed", hasManagedIdentity],
];

/** `auto` is the first that the environment names, else the Azure CLI. */
export const sourceOf = (source: IdentitySource, env: Env): Source =>
  source === "auto" ? (named.find(([, names]) => names(env))?.[0] ?? "az") : source;
