import type { RequestTools } from "../env.ts";
import { openHttp } from "./client.ts";
import { NetworkError } from "./network-error.ts";
import { openTransport } from "./transport.ts";

/** The most bytes that are read: a document is smaller, and the server may be anyone's. */
const maxBytes = 1024 * 1024;

/** Reads a public address, without a credential. @returns the response, or the reason for a failure */
export async function download(
  url: string,
  { env, trace, signal, sleep }: RequestTools,
): Promise<{ readonly status: number; readonly text: string } | { readonly error: string }> {
  const http = openHttp({ transport: openTransport(env, trace, signal), sleep });
  try {
    return await http({ method: "GET", url, headers: { accept: "application/json" }, maxBytes });
  } catch (error) {
    if (error instanceof NetworkError) return { error: error.message };
    throw error;
  }
}
