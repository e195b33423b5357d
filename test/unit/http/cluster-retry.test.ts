import { expect, test } from "vitest";
import { type Attempt, clusterRetryDelay } from "../../../src/http/retry.ts";

const asked = { status: 429, retryAfter: "1" };
const times = (count: number, outcome: Attempt) => Array<Attempt>(count).fill(outcome);

test.for<{ method?: "GET" | "PATCH"; attempts: Attempt[]; delay: number | undefined; why: string }>([
  { attempts: [{ status: 200 }], delay: undefined, why: "done" },
  { attempts: [{ status: 409 }], delay: undefined, why: "a conflict needs a new look, not a new try" },
  { attempts: [asked], delay: 1000, why: "what the server asks for" },
  { attempts: [{ status: 500, retryAfter: "2" }], delay: 2000, why: "any 5xx that says when" },
  { attempts: [{ status: 429, retryAfter: "3600" }], delay: 30_000, why: "nobody waits for an hour" },
  { attempts: [{ status: 503, retryAfter: "Wed, 21 Oct 2026 07:28:00 GMT" }], delay: 250, why: "a date counts as absent" },
  { attempts: times(9, asked), delay: 1000, why: "the tenth attempt" },
  { attempts: times(10, asked), delay: undefined, why: "ten attempts were enough" },
  { attempts: [{ status: 503 }], delay: 250, why: "backs off by itself" },
  { attempts: times(3, { status: 503 }), delay: 1000, why: "backs off further" },
  { attempts: times(4, { status: 503 }), delay: undefined, why: "four blind attempts were enough" },
  { attempts: [{ status: 500 }], delay: undefined, why: "500 alone is an answer" },
  { attempts: [{ status: 401 }], delay: 0, why: "the 401 made the credential plugin run again" },
  { attempts: times(2, { status: 401 }), delay: undefined, why: "refused for good" },
  { attempts: [asked, { status: 401 }], delay: 0, why: "the first 401, whatever was before" },
  { attempts: [{ code: "ECONNRESET" }], delay: 250, why: "a read may be made again" },
  { method: "PATCH", attempts: [{ code: "ECONNRESET" }], delay: undefined, why: "a write may have been carried out" },
  { method: "PATCH", attempts: [{ code: "ECONNREFUSED" }], delay: 250, why: "a write that was never sent" },
  { attempts: [{ status: 500, broken: true }], delay: 250, why: "the proxy's own connection broke under a read" },
  { method: "PATCH", attempts: [{ status: 500, broken: true }], delay: undefined, why: "the same under a write" },
])("$method $attempts.length attempts: $delay ($why)", ({ method = "GET", attempts, delay }) => {
  expect(clusterRetryDelay(method, attempts)).toBe(delay);
});
