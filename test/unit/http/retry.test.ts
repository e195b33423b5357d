import { expect, test } from "vitest";
import { explainNetwork } from "../../../src/http/network-error.ts";
import { retryAfter, retryDelay } from "../../../src/http/retry.ts";

const answer = (status: number, headers: Record<string, string> = {}) => ({ status, text: "", header: (name: string) => headers[name] });
const broken = (code: string) => explainNetwork(Object.assign(new Error("boom"), { code }), { host: "h", proxy: undefined });

test.for([
  { method: "GET", status: 200, waits: undefined },
  { method: "GET", status: 404, waits: undefined },
  { method: "GET", status: 429, headers: { "Retry-After": "7" }, waits: 7000 },
  { method: "GET", status: 429, waits: 500 },
  { method: "GET", status: 429, headers: { "Retry-After": "3600" }, waits: undefined, why: "the delay is too long" },
  { method: "GET", status: 500, waits: 500 },
  { method: "PUT", status: 502, attempt: 3, waits: 2000 },
  { method: "GET", status: 501, waits: undefined },
  { method: "POST", isRead: true, status: 503, headers: { "Retry-After": "1" }, waits: 1000 },
] as const)("retries $method $status $headers after $waits", (row) => {
  const { headers = {}, attempt = 1, ...request } = row as typeof row & { headers?: Record<string, string>; attempt?: number };

  expect(retryDelay(request, answer(row.status, headers), attempt)).toBe(row.waits);
});

test.for(
  (["POST", "PATCH", "DELETE"] as const).flatMap((method) => [
    ...[408, 429, 500, 502, 503, 504].map((status) => ({ method, name: String(status), result: answer(status, { "Retry-After": "1" }) })),
    ...["ECONNRESET", "EPIPE"].map((code) => ({ method, name: code, result: broken(code) })),
  ]),
)("sends $method once when it ends with $name", ({ method, result }) => {
  expect(retryDelay({ method }, result, 1)).toBeUndefined();
});

test.for([
  ["GET", "ECONNRESET", 500],
  ["GET", "ENOTFOUND", undefined],
  ["GET", "ECONNREFUSED", undefined],
  ["GET", "CERT_HAS_EXPIRED", undefined],
] as const)("retries %s that failed with %s after %s", ([method, code, waits]) => {
  expect(retryDelay({ method }, broken(code), 1)).toBe(waits);
});

test.for([
  [{ "Retry-After": "0" }, 250],
  [{ "Retry-After": " 12 " }, 12_000],
  [{ "Retry-After": "Tue, 24 Nov 2026 10:00:30 GMT", Date: "Tue, 24 Nov 2026 10:00:00 GMT" }, 30_000],
  [{ "Retry-After": "Tue, 24 Nov 2026 09:00:00 GMT", Date: "Tue, 24 Nov 2026 10:00:00 GMT" }, 250],
  [{ "Retry-After": "Tue, 24 Nov 2026 10:00:30 GMT" }, undefined],
  [{ "Retry-After": "soon" }, undefined],
  ...["1.5", "-1", "+5", "3,5", "0.2", "2026-11-24"].map(
    (text) => [{ "Retry-After": text, Date: "Tue, 24 Nov 2026 10:00:00 GMT" }, undefined] as const,
  ),
  [{}, undefined],
] as const)("reads %j as %s milliseconds", ([headers, expected]) => {
  expect(retryAfter(answer(429, headers))).toBe(expected);
});
