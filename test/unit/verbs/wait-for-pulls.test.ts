import { expect, test } from "vitest";
import type { Cause } from "../../../src/check/cause.ts";
import { CliError, type ErrorKind, Interrupted } from "../../../src/errors.ts";
import { waitForPulls } from "../../../src/verbs/check.ts";
import { verdictOf } from "../../support/verdict.ts";

/** The causes of one round's verdicts, the kinds of its errors, or the error that ends it. */
type Round = { readonly causes?: readonly Cause[]; readonly errors?: readonly ErrorKind[]; readonly throws?: CliError };

const verdict = (cause: Cause) => verdictOf({ cause });
const failure = (kind: ErrorKind) => ({
  error: new CliError(kind, kind),
  namespace: "demo",
});

/** Runs rounds, the last one again and again. @returns the index of the last round, and when it ended */
async function waited(rounds: readonly Round[], milliseconds: number) {
  let time = 0;
  let count = 0;
  const check = async () => {
    const round = count;
    const { causes = [], errors = [], throws } = rounds[Math.min(count++, rounds.length - 1)] ?? {};
    time += 100;
    if (throws) throw throws;
    return { round, checked: { verdicts: causes.map(verdict), unreadable: errors.map(failure), unlisted: [] } };
  };
  const end = await waitForPulls(check, {
    milliseconds,
    isFailure: ({ cause }) => cause !== "pulls",
    isFinal: ({ cause }) => cause === "not-found",
    now: () => new Date(time),
    sleep: async (pause) => {
      time += pause;
    },
  }).catch((error: unknown) => error);
  return { end: end instanceof CliError ? end.kind : (end as { round: number }).round, rounds: count, time };
}

const pulls: Round = { causes: ["pulls", "pulls"] };
const fails: Round = { causes: ["pulls", "no-login"] };

test.for<{ when: string; rounds: readonly Round[]; milliseconds?: number; expected: object }>([
  { when: "all images can be pulled", rounds: [pulls], expected: { end: 0, rounds: 1, time: 100 } },
  { when: "it checks once", rounds: [fails, pulls], milliseconds: 0, expected: { end: 0, rounds: 1 } },
  { when: "the last image can be pulled", rounds: [fails, fails, pulls], expected: { end: 2, time: 10_300 } },
  { when: "pods appear", rounds: [{}, {}, pulls], expected: { end: 2 } },
  { when: "new pods fail", rounds: [{}, fails, pulls], expected: { end: 2 } },
  { when: "an invalid image is replaced", rounds: [{ causes: ["invalid-image"] }, pulls], expected: { end: 1 } },
  { when: "an image has a final failure", rounds: [fails, { causes: ["no-login", "not-found"] }, pulls], expected: { end: 1, rounds: 2 } },
  {
    when: "an image has a final failure and a namespace is missing",
    rounds: [{ causes: ["not-found"], errors: ["notFound"] }, pulls],
    expected: { end: 0, rounds: 1 },
  },
  { when: "a namespace appears", rounds: [{ errors: ["notFound"] }, pulls], expected: { end: 1 } },
  { when: "the server is back", rounds: [{ throws: new CliError("unreachable", "x") }, pulls], expected: { end: 1 } },
  { when: "the time is over", rounds: [fails], milliseconds: 7000, expected: { rounds: 3, time: 7100 } },
  { when: "there is no image until the time is over", rounds: [{}], milliseconds: 7000, expected: { rounds: 3 } },
  { when: "a right is missing", rounds: [{ errors: ["forbidden"] }, pulls], expected: { end: 0, rounds: 1 } },
  { when: "one of two errors lasts", rounds: [{ errors: ["notFound", "forbidden"] }, pulls], expected: { end: 0 } },
  {
    when: "the sign-in is over",
    rounds: [{ throws: new CliError("unauthenticated", "x") }, pulls],
    expected: { end: "unauthenticated", rounds: 1 },
  },
  { when: "the user presses Ctrl-C", rounds: [{ throws: new Interrupted() }, pulls], expected: { end: "cancelled", rounds: 1 } },
  {
    when: "an error lasts until the time is over",
    rounds: [{ throws: new CliError("unreachable", "x") }],
    milliseconds: 7000,
    expected: { end: "unreachable", rounds: 3 },
  },
])("ends when $when", async ({ rounds, milliseconds = 60_000, expected }) => {
  expect(await waited(rounds, milliseconds)).toMatchObject(expected);
});

test("throws a defect at once", async () => {
  const check = () => Promise.reject(new TypeError("x"));

  await expect(
    waitForPulls(check, { milliseconds: 1000, isFailure: () => true, isFinal: () => false, now: () => new Date(0), sleep: async () => {} }),
  ).rejects.toThrow(TypeError);
});
