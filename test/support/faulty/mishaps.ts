import type { Fault, Where } from "../../../sandbox/azure/faults.ts";
import { apiHost, status } from "./api-server.ts";

/** A fault that can affect a request: its name, and the function that creates it for a request. */
export type Mishap = { readonly name: string; fault(where: Where & { readonly host: RegExp }, interrupt: () => void): Fault };

/** Identifies a request in every run: `nth` counts the requests with the same host, method and path. */
export type Request = { readonly host: string; readonly method: string; readonly path: string; readonly nth: number };

const hosts: Readonly<Record<string, (code: number) => unknown>> = {
  [apiHost]: (code) => status(code, "a fault of the test", reasons[code]).body,
  "management.azure.com": (code) => ({ error: { code: `Fault${code}`, message: "a fault of the test" } }),
  "graph.microsoft.com": (code) => ({ error: { code: `Fault${code}`, message: "a fault of the test" } }),
  "login.microsoftonline.com": () => ({ error: "invalid_request", error_description: "AADSTS00000: a fault of the test" }),
};

const reasons: Readonly<Record<number, string>> = { 403: "Forbidden", 409: "Conflict", 429: "TooManyRequests", 500: "InternalError" };

const answered = (code: number, times: number): Mishap => ({
  name: `${code}${often(times)}`,
  fault: (where) => {
    const host = Object.keys(hosts).find((one) => where.host.test(one));
    const body = host === undefined ? { errors: [{ code: "FAULT", message: "a fault of the test" }] } : hosts[host]?.(code);
    return { ...where, times, kind: "status", status: code, body };
  },
});

const often = (times: number) => (times === 1 ? "" : ", and again whenever it is asked");

const refused = (times: number): Mishap => ({ name: `refused${often(times)}`, fault: (where) => ({ ...where, times, kind: "drop" }) });
const reset = (times: number): Mishap => ({
  name: `reset after it was applied out${often(times)}`,
  fault: (where) => ({ ...where, times, kind: "lose" }),
});
const halved: Mishap = { name: "half a body", fault: (where) => ({ ...where, times: 1, kind: "lose", half: true }) };
const ever = Number.POSITIVE_INFINITY;

/** Faults that occur once, after which a retry may help, and permanent ones, which also affect retries and the rollback. */
export const mishaps: readonly Mishap[] = [
  ...[refused(1), reset(1), halved],
  ...[403, 409, 429, 500].map((code) => answered(code, 1)),
  ...[refused(ever), reset(ever), answered(429, ever), answered(500, ever)],
];

/** The process gets a signal when the request arrives. SIGINT and SIGTERM are handled the same way from there on. */
export const interrupted: Mishap = {
  name: "an interruption",
  fault: (where, interrupt) => ({
    ...where,
    times: 1,
    kind: "slow",
    milliseconds: () => {
      interrupt();
      return 0;
    },
  }),
};
