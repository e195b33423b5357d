import type { Agent } from "node:http";
import type { ConnectionOptions } from "node:tls";
import type { HttpClient, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import type { Environment, Trace } from "../env.ts";
import { Interrupted } from "../errors.ts";
import { explainNetwork, NetworkError, networkErrorIn } from "./network-error.ts";
import { proxyFor } from "./proxy.ts";
import { trustedIssuers } from "./trust.ts";

/** The timeout of a request that sets none: @azure/identity sets none, and a silent proxy would block it forever. Milliseconds. */
const timeout = 30_000;

/** The maximum size of a body that is read as a whole, in bytes. A registry may be anyone's server. */
const maxBody = 16 * 1024 * 1024;

/** Returns the one client of a port. The first call loads Azure's HTTP library. */
export type OpenHttpClient = () => Promise<HttpClient>;

/**
 * Azure's own HTTP client, with proxy and trusted issuers from the given environment instead of the process's, and with traces.
 * @azure/identity accepts it as its `httpClient`, so its requests use the same client. The client throws NetworkError if there is no
 * response, and Interrupted if the signal is aborted. Opening it throws CliError config if SSL_CERT_FILE cannot be read (trust.ts).
 * @param signal returns the signal that aborts a request; called for each request, because a rollback after an interruption continues with
 * another one
 */
export function openTransport(env: Environment, trace: Trace, signal: (writes?: boolean) => AbortSignal): OpenHttpClient {
  let opened: Promise<HttpClient> | undefined;
  return () => {
    opened ??= open(env, trace, signal);
    return opened;
  };
}

async function open(env: Environment, trace: Trace, signal: (writes?: boolean) => AbortSignal): Promise<HttpClient> {
  const { createDefaultHttpClient } = await import("@azure/core-rest-pipeline");
  const client = createDefaultHttpClient();
  const trusting = await trustedIssuers(env);
  // Each request uses the same proxy, or none
  let tunnel: PipelineRequest["agent"];

  async function send(request: PipelineRequest): Promise<PipelineResponse> {
    const proxy = proxyFor(request.url, env);
    const ours = signal(request.method !== "GET");
    // @azure/identity uses its own signal, and does not pass its caller's on
    const theirs = request.abortSignal as AbortSignal | undefined;
    const ends = theirs ? AbortSignal.any([theirs, ours]) : ours;
    request.abortSignal = ends;
    request.timeout ||= timeout;
    // Without the protocol, the agent of a proxy would not reuse its connections
    request.requestOverrides = { ...request.requestOverrides, ...trusting, protocol: new URL(request.url).protocol };
    let isTooLarge = false;
    request.onDownloadProgress = ({ loadedBytes }) => {
      isTooLarge = loadedBytes > maxBody;
      if (isTooLarge) throw new Error("too large");
    };
    if (proxy) tunnel ??= await openTunnelAgent(proxy, trusting);
    // Replaces the agent that a policy of the caller's pipeline may have selected by the environment of the process
    request.agent = proxy && tunnel;
    return client.sendRequest(request).catch((error: unknown) => {
      if (ours.aborted) throw new Interrupted();
      if (isTooLarge) throw new NetworkError("refused", `${new URL(request.url).host} returned more than ${maxBody / 1024 / 1024} MiB`);
      throw ends.aborted ? error : explain(error, request, proxy);
    });
  }
  return { sendRequest: (request) => traced(request, trace, send) };
}

/** kubectl's levels: 6 for the request and its outcome, 8 for bodies. */
async function traced(request: PipelineRequest, trace: Trace, send: HttpClient["sendRequest"]): Promise<PipelineResponse> {
  const { method, body, streamResponseStatusCodes: streamed } = request;
  // A registry redirects blobs to a signed address. Each storage service has its own parameters
  const url = streamed ? request.url.replace(/\?.*/s, "?***") : request.url;
  const started = performance.now();
  const outcome = (what: string) =>
    trace(6, () => `${method} ${redact(url)} ${what} in ${Math.round(performance.now() - started)} milliseconds`);
  if (typeof body === "string") trace(8, () => `Request Body: ${redact(body)}`);
  try {
    const response = await send(request);
    outcome(String(response.status));
    const { bodyAsText: text } = response;
    if (text) trace(8, () => `Response Body: ${redact(text)}`);
    return response;
  } catch (error) {
    outcome(error instanceof Error ? error.message : "failed");
    throw error;
  }
}

/** Explains a request without a response that was not interrupted: the client then aborts it only on a timeout. */
function explain(error: unknown, request: PipelineRequest, proxy: URL | undefined): NetworkError {
  const { host } = new URL(request.url);
  if (error instanceof Error && error.name === "AbortError")
    return new NetworkError("timeout", `${host} did not respond within ${request.timeout / 1000} seconds`);
  return networkErrorIn(error as Error) ?? explainNetwork(error, { host, proxy });
}

const names = [
  "access_?token",
  "refresh_?token",
  "id_?token",
  "client_?secret",
  "client_?assertion",
  "secret_?text",
  "password\\d?",
  "value",
  "authorization",
  "auth",
  "token",
  // The signature in the URL of a storage service: with it, anyone can read the blob
  "sig",
  "(?:x-\\w+-)?signature",
  "x-\\w+-security-token",
].join("|");
const inJson = new RegExp(`("(?:${names})"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`, "gi");
const inForm = new RegExp(`((?:^|[?&])(?:${names})=)[^&\\s]*`, "gi");
/** The signature in the URL of an Azure operation (t, c, s and h): with it, anyone can read the operation. */
const signature = /([?&][tcsh]=)[^&\s"'<>]+/g;
const scheme = /\b(Basic|Bearer) +[A-Za-z0-9+/=_.~-]+/gi;
/** Its header has few bytes. Without a limit, a long text of such starts takes minutes. */
const jwt = /\beyJ[\w-]{1,2000}\.[\w-]+\.[\w-]*/g;

/**
 * Opens connections through an HTTP CONNECT proxy. The proxyPolicy of @azure/core-rest-pipeline uses the same agent, but opens a tunnel for
 * each request, returns a rejection of the proxy (407, 502) as the response of the host, and ignores SSL_CERT_FILE for a proxy over TLS.
 * @param trusting the options for the proxy's certificate, which is verified too, because the proxy gets the password in its URL
 */
async function openTunnelAgent(proxy: URL, trusting: ConnectionOptions): Promise<Agent> {
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  const agent = new HttpsProxyAgent(proxy, { keepAlive: true, ...trusting });
  agent.on("proxyConnect", ({ statusCode }, request) => {
    if (statusCode === 200) return;
    request.destroy(new NetworkError("refused", `the proxy ${proxy.host} rejected the connection to ${request.host} (${statusCode})`));
  });
  return agent;
}

/** Returns a body, URL or message without credentials: tokens, passwords, secrets, in JSON, forms or headers. */
export function redact(text: string): string {
  return text.replace(inJson, '$1"***"').replace(inForm, "$1***").replace(signature, "$1***").replace(scheme, "$1 ***").replace(jwt, "***");
}
