import { open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { changes } from "./replay.ts";

/** A successful change by the plugin: its verb (`patch`), and when the API server received it (epoch milliseconds). */
export type Written = { readonly at: number; readonly method: string; readonly path: string };

/** audit.k8s.io/v1 Event. */
type Event = {
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly requestReceivedTimestamp: string;
  readonly responseStatus?: { readonly code?: number };
};

/** Reads the API server's audit log. Each call of the returned function returns the changes since the last call. */
export async function followAudit(file: string): Promise<() => Promise<Written[]>> {
  let from = (await stat(file)).size;
  return async () => {
    // The API server writes the line after its response.
    await sleep(300);
    const log = await open(file);
    try {
      const { size } = await log.stat();
      const { buffer } = await log.read(Buffer.alloc(size - from), 0, size - from, from);
      from = size;
      return buffer.toString().split("\n").filter(Boolean).map(readEvent).filter(isOurs).map(writtenAt);
    } finally {
      await log.close();
    }
  };
}

const readEvent = (line: string): Event => JSON.parse(line);

const isOurs = ({ userAgent = "", requestURI, responseStatus = {} }: Event) =>
  userAgent.startsWith("kubectl-acr-secret/") && changes({ method: "", path: requestURI }) && (responseStatus.code ?? 0) < 400;

const writtenAt = ({ requestReceivedTimestamp, verb: method, requestURI: path }: Event): Written => ({
  at: Date.parse(requestReceivedTimestamp),
  method,
  path,
});
