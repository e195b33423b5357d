import { readFile } from "node:fs/promises";
import type { TokenCredential } from "@azure/identity";
import type { Environment } from "../env.ts";
import { CliError } from "../errors.ts";
import type { Transport } from "../http/transport.ts";
import { claimsOf } from "./claims.ts";
import { libraryCredential } from "./library-credential.ts";

const variables = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"] as const;

/** Whether the environment describes a workload identity, as its webhook in Kubernetes sets it. */
export const hasWorkloadIdentity = (env: Environment): boolean => variables.every((name) => env[name]);

/**
 * The application of AZURE_TENANT_ID and AZURE_CLIENT_ID that expects the assertion in AZURE_FEDERATED_TOKEN_FILE
 * (learn.microsoft.com/entra/workload-id/workload-identity-federation).
 * @throws CliError config when a variable is missing
 */
export function workloadCredential(env: Environment, authorityHost: string, transport: Transport): TokenCredential {
  const { AZURE_TENANT_ID: tenantId = "", AZURE_CLIENT_ID: clientId = "", AZURE_FEDERATED_TOKEN_FILE: tokenFilePath = "" } = env;
  const missing = variables.filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new CliError(
      "config",
      `the environment describes no workload identity: ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} not set`,
      {
        hint: "label the pod azure.workload.identity/use=true, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE",
      },
    );
  }
  return libraryCredential({
    source: "workload",
    transport,
    hint: "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE",
    async open({ WorkloadIdentityCredential }, common) {
      await readAssertion(tokenFilePath);
      return new WorkloadIdentityCredential({ ...common, authorityHost, tenantId, clientId, tokenFilePath });
    },
    refused: (error) => withExpected(error, tokenFilePath),
  });
}

/** @throws CliError config */
async function readAssertion(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "ENOENT" ? "does not exist" : `cannot be read (${cause.code})`;
    throw new CliError("config", `the file ${path} ${why}`, { hint: "set AZURE_FEDERATED_TOKEN_FILE to a file with an assertion", cause });
  });
  if (text.trim() !== "") return text.trim();
  throw new CliError("config", `the file ${path} is empty`, { hint: "set AZURE_FEDERATED_TOKEN_FILE to a file with an assertion" });
}

/** Where no federated credential of the application fits: what it would have to expect, which is no secret. */
async function withExpected(error: CliError, path: string): Promise<CliError> {
  if (!/AADSTS70021[123]?\b/.test(error.message)) return error;
  const { iss, sub, aud } = claimsOf(await readAssertion(path));
  const words = [`issuer ${iss}`, `subject ${sub}`, `audience ${[aud].flat().join(" or ")}`].join(", ");
  return error.withHint(`give the application a federated credential with ${words}`);
}
