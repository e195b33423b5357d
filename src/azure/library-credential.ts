import { readFile } from "node:fs/promises";
import type { HttpClient } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import { minute, second } from "../duration.ts";
import type { Environment, RequestTools, Sleep } from "../env.ts";
import { CliError, Interrupted, NotYet } from "../errors.ts";
import { repeated } from "../http/client.ts";
import { NetworkError } from "../http/network-error.ts";
import { type OpenHttpClient, redact } from "../http/transport.ts";
import { retryWhileReplicating } from "../retry.ts";
import { Sensitive } from "../sensitive.ts";
import { explainEndpoint, explainLibrary, explainUnreachable, mayPass, noEndpoint } from "./sign-in-error.ts";

type Library = typeof import("@azure/identity");

/** The options of each of Azure's own credentials. */
type Options = {
  readonly httpClient: HttpClient;
  readonly retryOptions: { readonly maxRetries: number; readonly retryDelayInMs: number };
  readonly authorityHost: string;
};

const workloadVariables = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"];

/** The sources of tokens that @azure/identity implements, in the order of its DefaultAzureCredential. */
export const librarySources = {
  /** A service principal. Uses the parts of EnvironmentCredential, which itself reads the environment of the process. */
  env: {
    isIn: ({ AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH }: Environment): boolean =>
      Boolean(AZURE_TENANT_ID && AZURE_CLIENT_ID && (AZURE_CLIENT_SECRET || AZURE_CLIENT_CERTIFICATE_PATH)),
    open: openServicePrincipal,
  },
  /** The identity that the webhook for workload identities in Kubernetes configures. */
  workload: {
    isIn: (env: Environment): boolean => missing(env, workloadVariables).length === 0,
    open: openWorkloadIdentity,
  },
  /**
   * The identity of this machine. A platform announces its endpoint with one of these variables. A virtual machine sets none: only a
   * request shows whether it has an identity.
   */
  managed: {
    isIn: ({ IDENTITY_ENDPOINT, MSI_ENDPOINT, AZURE_POD_IDENTITY_AUTHORITY_HOST }: Environment): boolean =>
      Boolean(IDENTITY_ENDPOINT || MSI_ENDPOINT || AZURE_POD_IDENTITY_AUTHORITY_HOST),
    open: openManagedIdentity,
  },
};

/** One of Azure's own credentials (@azure/identity), loaded when a token is requested, with its errors in the plugin's words. */
export function libraryCredential(
  source: keyof typeof librarySources,
  {
    env,
    authorityHost,
    transport,
    sleep,
  }: Pick<RequestTools, "env" | "sleep"> & { readonly authorityHost: string; readonly transport: OpenHttpClient },
): TokenCredential {
  let credential: Promise<TokenCredential> | undefined;
  /** The original error of a failed request: the library wraps an invalid proxy, and everything else, in words of its own. */
  let failure: CliError | undefined;
  const isManaged = source === "managed";
  const unreached = isManaged ? ({ message }: NetworkError) => noEndpoint(message) : explainUnreachable;

  const judge = isManaged ? explainEndpoint : () => undefined;

  async function load(): Promise<TokenCredential> {
    const [library, client] = await Promise.all([import("@azure/identity"), transport()]);
    const sendOnce: HttpClient["sendRequest"] = async (request) => {
      const response = await client.sendRequest(request).catch((error: unknown) => {
        if (error instanceof CliError) failure = error;
        if (error instanceof NetworkError) failure = unreached(error);
        throw error;
      });
      failure = judge(response.status);
      return response;
    };
    // The library has rules of its own for the endpoint of a machine
    const httpClient = { sendRequest: isManaged ? sendOnce : sendingAgain(sendOnce, sleep) };
    const retryOptions = { maxRetries: isManaged ? 2 : 0, retryDelayInMs: 500 };
    return librarySources[source].open(library, env, { httpClient, retryOptions, authorityHost });
  }

  async function explain(error: unknown): Promise<CliError> {
    if (failure) return failure;
    if (error instanceof CliError) return error;
    const known = explainLibrary(redact(error instanceof Error ? error.message : String(error)), source);
    const explained = source === "workload" ? await withExpected(known, env) : known;
    return mayPass(explained.message) ? new NotYet(explained.kind, explained.message, { hint: explained.hint }) : explained;
  }

  /** A federated credential of a workload may be new. Any other sign-in may be rejected by chance. */
  const wait = source === "workload" ? 2 * minute : 3 * second;

  return {
    async getToken(scopes, options) {
      credential ??= load();
      const opened = credential;
      const ask = async () => {
        failure = undefined;
        try {
          return await (await opened).getToken(scopes, options);
        } catch (error) {
          throw options?.abortSignal?.aborted ? new Interrupted() : await explain(error);
        }
      };
      // The caller has waits of its own for objects that it creates
      return retryWhileReplicating(true, { wait, sleep }, ask).catch((error: unknown) => {
        throw error instanceof NotYet ? new CliError(error.kind, error.message, { hint: error.hint }) : error;
      });
    },
  };
}

/** Repeats temporary errors as for all other requests: the library would do so without a word. */
const sendingAgain =
  (sendOnce: HttpClient["sendRequest"], sleep: Sleep): HttpClient["sendRequest"] =>
  async (request) => {
    const { response } = await repeated({ method: "POST", url: request.url, isRead: true }, sleep, async () => {
      const response = await sendOnce(request);
      const { status, headers } = response;
      return { status, text: "", header: (name: string) => headers.get(name), response };
    });
    return response;
  };

async function openServicePrincipal(library: Library, env: Environment, options: Options): Promise<TokenCredential> {
  const { AZURE_TENANT_ID: tenant = "", AZURE_CLIENT_ID: client = "", AZURE_CLIENT_SECRET: secret } = env;
  const path = env.AZURE_CLIENT_CERTIFICATE_PATH;
  const variables = { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client, AZURE_CLIENT_SECRET: secret || path };
  const unset = missing(variables);
  if (unset.length > 0) {
    const which = unset.length === Object.keys(variables).length ? "" : `: ${areNotSet(unset)}`;
    throw new CliError("config", `the environment defines no Azure identity${which}`, {
      hint: "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH)",
    });
  }
  if (secret) return new library.ClientSecretCredential(tenant, client, secret, options);
  const certificate = await readCertificate(path ?? "");
  const certificatePassword = env.AZURE_CLIENT_CERTIFICATE_PASSWORD || undefined;
  const sendCertificateChain = /^(1|true)$/i.test(env.AZURE_CLIENT_SEND_CERTIFICATE_CHAIN ?? "");
  return new library.ClientCertificateCredential(
    tenant,
    client,
    { certificate, certificatePassword },
    { ...options, sendCertificateChain },
  );
}

/** The certificate and its private key in one PEM file, as @azure/identity requires. @throws CliError config */
async function readCertificate(path: string): Promise<string> {
  const hint = "set AZURE_CLIENT_CERTIFICATE_PATH to a PEM file with the certificate and its private key";
  const text = await read(path, hint);
  if (/^-----BEGIN CERTIFICATE-----/m.test(text) && /^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/m.test(text)) return text;
  throw new CliError("config", `no certificate with a private key found in ${path}`, { hint });
}

/** The library reads the endpoint from the environment of the process. AZURE_CLIENT_ID selects one of several identities. */
async function openManagedIdentity(
  { ManagedIdentityCredential }: Library,
  { AZURE_CLIENT_ID: clientId }: Environment,
  { httpClient, retryOptions }: Options,
): Promise<TokenCredential> {
  return new ManagedIdentityCredential({
    clientId: clientId || undefined,
    retryOptions,
    httpClient: {
      sendRequest: (request) => {
        // The endpoint is on this machine or next to it, so a missing response within 5 seconds means that it doesn't exist
        request.timeout ||= 5000;
        return httpClient.sendRequest(request);
      },
    },
  });
}

/** An application that accepts the assertion in a file (learn.microsoft.com/entra/workload-id/workload-identity-federation). */
async function openWorkloadIdentity(library: Library, env: Environment, options: Options): Promise<TokenCredential> {
  const unset = missing(env, workloadVariables);
  if (unset.length > 0) {
    throw new CliError("config", `the environment defines no workload identity: ${areNotSet(unset)}`, {
      hint: "label the pod azure.workload.identity/use=true, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE",
    });
  }
  await readAssertion(env);
  const { AZURE_TENANT_ID: tenantId = "", AZURE_CLIENT_ID: clientId = "", AZURE_FEDERATED_TOKEN_FILE: tokenFilePath = "" } = env;
  return new library.WorkloadIdentityCredential({ ...options, tenantId, clientId, tokenFilePath });
}

/** @throws CliError config */
async function readAssertion({ AZURE_FEDERATED_TOKEN_FILE: path = "" }: Environment): Promise<Sensitive> {
  const hint = "set AZURE_FEDERATED_TOKEN_FILE to a file with an assertion";
  const text = (await read(path, hint)).trim();
  if (text !== "") return new Sensitive(text);
  throw new CliError("config", `the file ${path} is empty`, { hint });
}

/** If no federated credential of the application matches, adds the values that it must expect, which are not secret. */
async function withExpected(error: CliError, env: Environment): Promise<CliError> {
  if (!/AADSTS70021[123]?\b/.test(error.message)) return error;
  const { issuer, subject, audience } = (await readAssertion(env)).claims ?? {};
  const words = `issuer ${issuer}, subject ${subject}, audience ${audience?.replaceAll(",", " or ")}`;
  return error.withHint(`add a federated credential to the application: ${words}`);
}

const missing = (variables: Environment, names = Object.keys(variables)) => names.filter((name) => !variables[name]);

const areNotSet = (names: readonly string[]) => `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} not set`;

/** Reads the file that a variable names. @throws CliError config */
async function read(path: string, hint: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "ENOENT" ? "does not exist" : `cannot be read (${cause.code})`;
    throw new CliError("config", `the file ${path} ${why}`, { hint, cause });
  });
}
