import { expect, test } from "vitest";
import { type Outcome, retryDelay } from "../../../src/cluster/retry.ts";

const asked = { status: 429, retryAfter: "1" };
const times = (count: number, outcome: Outcome) => Array<Outcome>(count).fill(outcome);

test.for<{ method?: "GET" | "PATCH"; outcomes: Outcome[]; delay: number | undefined; why: string }>([
  { outcomes: [{ status: 200 }], delay: undefined, why: "done" },
  { outcomes: [{ status: 409 }], delay: undefined, why: "a conflict needs a new look, not a new try" },
  { outcomes: [asked], delay: 1000, why: "what the server asks for" },
  { outcomes: [{ status: 500, retryAfter: "2" }], delay: 2000, why: "any 5xx that says when" },
  { outcomes: [{ status: 429, retryAfter: "3600" }], delay: 30_000, why: "nobody waits for an hour" },
  { outcomes: [{ status: 503, retryAfter: "Wed, 21 Oct 2026 07:28:00 GMT" }], delay: 250, why: "a date counts as absent" },
  { outcomes: times(9, asked), delay: 1000, why: "the tenth attempt" },
  { outcomes: times(10, asked), delay: undefined, why: "ten attempts were enough" },
  { outcomes: [{ status: 503 }], delay: 250, why: "backs off by itself" },
  { outcomes: times(3, { status: 503 }), delay: 1000, why: "backs off further" },
  { outcomes: times(4, { status: 503 }), delay: undefined, why: "four blind attempts were enough" },
  { outcomes: [{ status: 500 }], delay: undefined, why: "500 alone is an answer" },
  { outcomes: [{ status: 401 }], delay: 0, why: "the 401 made the credential plugin run again" },
  { outcomes: times(2, { status: 401 }), delay: undefined, why: "refused for good" },
  { outcomes: [asked, { status: 401 }], delay: 0, why: "the first 401, whatever was before" },
  { outcomes: [{ code: "ECONNRESET" }], delay: 250, why: "a read may be made again" },
  { method: "PATCH", outcomes: [{ code: "ECONNRESET" }], delay: undefined, why: "a write may have been carried out" },
  { method: "PATCH", outcomes: [{ code: "ECONNREFUSED" }], delay: 250, why: "a write that was never sent" },
  { outcomes: [{ status: 500, broken: true }], delay: 250, why: "the proxy's own connection broke under a read" },
  { method: "PATCH", outcomes: [{ status: 500, broken: true }], delay: undefined, why: "the same under a write" },
])("$method $outcomes.length outcomes: $delay ($why)", ({ method = "GET", outcomes, delay }) => {
  expect(retryDelay(method, outcomes)).toBe(delay);
});
