import { readFile } from "node:fs/promises";
import type { TokenCredential } from "@azure/identity";
import type { Environment } from "../env.ts";
import { CliError } from "../errors.ts";
import type { Transport } from "../http/transport.ts";
import { libraryCredential } from "./library-credential.ts";

/** Whether the environment describes a service principal, as Azure's EnvironmentCredential reads it. */
export function hasEnvironmentCredential(env: Environment): boolean {
  return Boolean(env.AZURE_TENANT_ID && env.AZURE_CLIENT_ID && (env.AZURE_CLIENT_SECRET || env.AZURE_CLIENT_CERTIFICATE_PATH));
}

/**
 * The service principal of AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH.
 * These are the parts of Azure's EnvironmentCredential, which itself reads the process's environment instead of the given one.
 * @throws CliError config when a variable is missing
 */
export function environmentCredential(env: Environment, authorityHost: string, transport: Transport): TokenCredential {
  const {
    AZURE_TENANT_ID: tenant,
    AZURE_CLIENT_ID: client,
    AZURE_CLIENT_SECRET: secret,
    AZURE_CLIENT_CERTIFICATE_PATH: certificatePath,
  } = env;
  if (!tenant || !client || !(secret || certificatePath)) {
    throw new CliError("config", `the environment describes no Azure identity${lacking(env)}`, {
      hint: "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH)",
    });
  }
  return libraryCredential({
    source: "env",
    transport,
    hint: "check the AZURE_* variables",
    async open({ ClientCertificateCredential, ClientSecretCredential }, common) {
      const options = { ...common, authorityHost };
      if (secret) return new ClientSecretCredential(tenant, client, secret, options);
      const certificatePassword = env.AZURE_CLIENT_CERTIFICATE_PASSWORD;
      const certificate = {
        certificate: await readCertificate(certificatePath ?? ""),
        ...(certificatePassword ? { certificatePassword } : {}),
      };
      const sendCertificateChain = /^(1|true)$/i.test(env.AZURE_CLIENT_SEND_CERTIFICATE_CHAIN ?? "");
      return new ClientCertificateCredential(tenant, client, certificate, { ...options, sendCertificateChain });
    },
  });
}

/** What is not set, where something is. */
function lacking({ AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH }: Environment): string {
  const said = { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET: AZURE_CLIENT_SECRET || AZURE_CLIENT_CERTIFICATE_PATH };
  const missing = Object.entries(said).flatMap(([name, value]) => (value ? [] : [name]));
  return missing.length === Object.keys(said).length ? "" : `: ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} not set`;
}

/** The certificate and its private key in one PEM file, as @azure/identity wants them. @throws CliError config */
async function readCertificate(path: string): Promise<string> {
  const hint = "set AZURE_CLIENT_CERTIFICATE_PATH to a PEM file with the certificate and its private key";
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "ENOENT" ? "does not exist" : `cannot be read (${cause.code})`;
    throw new CliError("config", `the file ${path} ${why}`, { hint, cause });
  });
  if (/^-----BEGIN CERTIFICATE-----/m.test(text) && /^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/m.test(text)) return text;
  throw new CliError("config", `no certificate with its key can be read from ${path}`, { hint });
}
