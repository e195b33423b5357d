import { readFile } from "node:fs/promises";
import type { HttpClient } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import type { Environment } from "../env.ts";
import { CliError, Interrupted } from "../errors.ts";
import { NetworkError } from "../http/network-error.ts";
import { type OpenHttpClient, redact } from "../http/transport.ts";
import { Sensitive } from "../secret/sensitive.ts";
import { explainLibrary, noEndpoint } from "./library-error.ts";
import type { TokenSource } from "./port.ts";
import { explainUnreachable } from "./sign-in-error.ts";

/** The options of each of Azure's own credentials. */
export type LibraryOptions = { readonly httpClient: HttpClient; readonly retryOptions: { maxRetries: number; retryDelayInMs: number } };

type Library = typeof import("@azure/identity");

export type LibraryCredential = {
  readonly source: TokenSource;
  readonly transport: OpenHttpClient;
  open(library: Library, options: LibraryOptions): TokenCredential | Promise<TokenCredential>;
  /** The hint if no better one is known. */
  readonly hint: string;
  /** Replaces the error if there was no response. */
  unreachable?(error: NetworkError): CliError;
  /** Replaces the error if Entra ID rejected the request. */
  refused?(error: CliError): Promise<CliError>;
};

/** One of Azure's own credentials (@azure/identity), loaded when a token is requested, with its errors in the plugin's words. */
function libraryCredential({ source, transport, open, hint, unreachable, refused }: LibraryCredential): TokenCredential {
  let credential: Promise<TokenCredential> | undefined;
  /** The original error of a failed request: the library wraps an invalid proxy, and everything else, in words of its own. */
  let failure: CliError | undefined;

  async function load(): Promise<TokenCredential> {
    const [library, client] = await Promise.all([import("@azure/identity"), transport()]);
    const httpClient: HttpClient = {
      sendRequest: (request) =>
        client.sendRequest(request).catch((error: unknown) => {
          if (error instanceof CliError) failure = error;
          if (error instanceof NetworkError) failure = (unreachable ?? explainUnreachable)(error);
          throw error;
        }),
    };
    return open(library, { httpClient, retryOptions: { maxRetries: 2, retryDelayInMs: 500 } });
  }

  async function explain(error: unknown): Promise<CliError> {
    if (failure) return failure;
    if (error instanceof CliError) return error;
    const known = explainLibrary(redact(error instanceof Error ? error.message : String(error)), source, hint);
    return refused ? refused(known) : known;
  }

  return {
    async getToken(scopes, options) {
      credential ??= load();
      failure = undefined;
      try {
        return await (await credential).getToken(scopes, options);
      } catch (error) {
        throw options?.abortSignal?.aborted ? new Interrupted() : await explain(error);
      }
    },
  };
}

/** Whether the environment configures a service principal, as Azure's EnvironmentCredential reads it. */
export function hasEnvironmentCredential(env: Environment): boolean {
  return Boolean(env.AZURE_TENANT_ID && env.AZURE_CLIENT_ID && (env.AZURE_CLIENT_SECRET || env.AZURE_CLIENT_CERTIFICATE_PATH));
}

/**
 * The service principal of AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH. Uses the parts of
 * Azure's EnvironmentCredential, which itself reads the environment of the process instead of this one.
 * @throws CliError config if a variable is missing
 */
export function environmentCredential(env: Environment, authorityHost: string, transport: OpenHttpClient): TokenCredential {
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
      const certificate = {
        certificate: await readCertificate(certificatePath ?? ""),
        certificatePassword: env.AZURE_CLIENT_CERTIFICATE_PASSWORD || undefined,
      };
      const sendCertificateChain = /^(1|true)$/i.test(env.AZURE_CLIENT_SEND_CERTIFICATE_CHAIN ?? "");
      return new ClientCertificateCredential(tenant, client, certificate, { ...options, sendCertificateChain });
    },
  });
}

/** The missing variables, if some are set. */
function lacking({ AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH }: Environment): string {
  const said = { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET: AZURE_CLIENT_SECRET || AZURE_CLIENT_CERTIFICATE_PATH };
  const missing = Object.entries(said).flatMap(([name, value]) => (value ? [] : [name]));
  return missing.length === Object.keys(said).length ? "" : `: ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} not set`;
}

/** The certificate and its private key in one PEM file, as @azure/identity requires. @throws CliError config */
async function readCertificate(path: string): Promise<string> {
  const hint = "set AZURE_CLIENT_CERTIFICATE_PATH to a PEM file with the certificate and its private key";
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "ENOENT" ? "does not exist" : `cannot be read (${cause.code})`;
    throw new CliError("config", `the file ${path} ${why}`, { hint, cause });
  });
  if (/^-----BEGIN CERTIFICATE-----/m.test(text) && /^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/m.test(text)) return text;
  throw new CliError("config", `no certificate with its key can be read from ${path}`, { hint });
}

/**
 * The variables with which a platform announces its identity endpoint, as @azure/identity reads them. A virtual machine sets none: only a
 * request shows whether it has an identity.
 */
const endpoints = ["IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST"] as const;

/** Whether the environment names a service that gives this machine its identity. */
export const hasManagedIdentity = (env: Environment): boolean => endpoints.some((name) => env[name]);

/**
 * The managed identity of this machine. AZURE_CLIENT_ID selects one of several. The library reads the endpoint from the environment of the
 * process.
 * @param transport a transport without a proxy, which would return the identity of its own machine
 */
export function managedCredential({ AZURE_CLIENT_ID: clientId }: Environment, transport: OpenHttpClient): TokenCredential {
  return libraryCredential({
    source: "managed",
    transport,
    hint: "check AZURE_CLIENT_ID, and that this machine has a managed identity",
    open: ({ ManagedIdentityCredential }, { httpClient, retryOptions }) =>
      new ManagedIdentityCredential({
        clientId: clientId || undefined,
        retryOptions,
        httpClient: {
          sendRequest: (request) => {
            // The endpoint is on this machine or next to it: if nothing responds by then, there is none
            request.timeout ||= 5000;
            return httpClient.sendRequest(request);
          },
        },
      }),
    unreachable: ({ message }: NetworkError) => noEndpoint(message),
  });
}

/** The environment without its proxies. */
export const unproxied = (env: Environment): Environment => ({ ...env, HTTPS_PROXY: undefined, https_proxy: undefined });

const variables = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"] as const;

/** Whether the environment configures a workload identity, as its webhook in Kubernetes sets it. */
export const hasWorkloadIdentity = (env: Environment): boolean => variables.every((name) => env[name]);

/**
 * The application of AZURE_TENANT_ID and AZURE_CLIENT_ID that accepts the assertion in AZURE_FEDERATED_TOKEN_FILE
 * (learn.microsoft.com/entra/workload-id/workload-identity-federation).
 * @throws CliError config if a variable is missing
 */
export function workloadCredential(env: Environment, authorityHost: string, transport: OpenHttpClient): TokenCredential {
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

/** If no federated credential of the application matches, adds the values that it must expect, which are not secret. */
async function withExpected(error: CliError, path: string): Promise<CliError> {
  if (!/AADSTS70021[123]?\b/.test(error.message)) return error;
  const { issuer, subject, audience } = new Sensitive(await readAssertion(path)).claims ?? {};
  const words = `issuer ${issuer}, subject ${subject}, audience ${audience?.replaceAll(",", " or ")}`;
  return error.withHint(`give the application a federated credential with ${words}`);
}
