import type { RequestOptions } from "node:https";

/** One HTTP/1.1 endpoint that speaks for the API server. */
export type Endpoint = {
  /** Where to connect: `socketPath`, or `host` and `port`; with the keep-alive agent. */
  readonly connect: RequestOptions;
  readonly secure: boolean;
  /** What stands before every API path: "" or "/prefix". */
  readonly prefix: string;
  /** Headers that every request carries, such as a fresh bearer token. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** How many endpoints of this transport have ended before this one. */
  readonly restarts?: number;
};

/** A way to the API server. `open` starts it at the first call, and again after `close` or after it has ended. */
export type Transport = {
  open(): Promise<Endpoint>;
  close(): Promise<void>;
};
