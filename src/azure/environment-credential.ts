import type { TokenCredential } from "@azure/identity";
import type { Env } from "../context.ts";
import { CliError } from "../errors.ts";
import { redact } from "../http/redact.ts";
import type { Transport } from "../http/transport.ts";
import { explainSignIn } from "./sign-in-error.ts";

/** Whether the environment describes a service principal, as Azure's EnvironmentCredential reads it. */
export function hasEnvironmentCredential(env: Env): boolean {
  return Boolean(env.AZURE_TENANT_ID && env.AZURE_CLIENT_ID && (env.AZURE_CLIENT_SECRET || env.AZURE_CLIENT_CERTIFICATE_PATH));
}

/**
 * The service principal of AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH.
 * These are the parts of Azure's EnvironmentCredential, which itself reads the process's environment instead of the given one.
 * @throws CliError config when a variable is missing
 */
export function environmentCredential(env: Env, authorityHost: string, transport: Transport): TokenCredential {
  const {
    AZURE_TENANT_ID: tenant,
    AZURE_CLIENT_ID: client,
    AZURE_CLIENT_SECRET: secret,
    AZURE_CLIENT_CERTIFICATE_PATH: certificatePath,
  } = env;
  if (!tenant || !client || !(secret || certificatePath)) {
    throw new CliError("config", "the environment describes no Azure identity", {
      hint: "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH)",
    });
  }
  let credential: Promise<TokenCredential> | undefined;

  async function open(tenantId: string, clientId: string): Promise<TokenCredential> {
    const [{ ClientCertificateCredential, ClientSecretCredential }, httpClient] = await Promise.all([
      import("@azure/identity"),
      transport(),
    ]);
    const options = { authorityHost, httpClient, retryOptions: { maxRetries: 2, retryDelayInMs: 500 } };
    if (secret) return new ClientSecretCredential(tenantId, clientId, secret, options);
    const certificatePassword = env.AZURE_CLIENT_CERTIFICATE_PASSWORD;
    const certificate = { certificatePath: certificatePath ?? "", ...(certificatePassword ? { certificatePassword } : {}) };
    const sendCertificateChain = /^(1|true)$/i.test(env.AZURE_CLIENT_SEND_CERTIFICATE_CHAIN ?? "");
    return new ClientCertificateCredential(tenantId, clientId, certificate, { ...options, sendCertificateChain });
  }

  return {
    async getToken(scopes, options) {
      credential ??= open(tenant, client);
      try {
        return await (await credential).getToken(scopes, options);
      } catch (error) {
        if (options?.abortSignal?.aborted) throw new CliError("cancelled", "interrupted");
        throw error instanceof CliError ? error : explainSignIn(redact(error instanceof Error ? error.message : String(error)));
      }
    },
  };
}
