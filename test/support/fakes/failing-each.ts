import { CliError, Conflict } from "../../../src/errors.ts";
import { type Run, type } from "../in-process.ts";
import { type Around, type Asked, losing, refusing } from "./asked.ts";
import type { Begun } from "./killed-at-each.ts";
import type { FakeWorld } from "./world.ts";

/** The state after a run in which one request failed, and that request with its failure. */
export type Failed = { readonly world: FakeWorld; readonly run: Run; readonly where: string };

type Matches = (asked: Asked) => boolean;
/** A failure of the requests that match. */
type Failure = {
  readonly name: string;
  /** Affects only requests that change something. */
  readonly writes?: true;
  /** Does not affect all later requests of the same text. */
  readonly once?: true;
  around(matches: Matches, times: number, interrupt: () => void): Around;
};

const unreachable = () => new CliError("unreachable", "no answer");
const refusals: Readonly<Record<string, () => CliError>> = {
  forbidden: () => new CliError("forbidden", "Error from server (Forbidden): no"),
  conflict: () => new Conflict("Error from server (Conflict): the object has been modified"),
  unreachable,
};

/** A registry's client returns answers where other clients throw errors. */
const registryAnswers: Readonly<Record<string, unknown>> = {
  prove: { verdict: "unreachable", message: "no answer" },
  admits: { verdict: "unreachable", message: "no answer" },
  exchange: { verdict: "unreachable", message: "no answer" },
  contentOf: "unknown",
  repositories: [],
};

const failures: readonly Failure[] = [
  ...Object.entries(refusals).map(
    ([name, error]): Failure => ({
      name,
      // A lasting conflict has a cause that another read shows.
      ...(name === "conflict" && { once: true }),
      around: (matches, times) => {
        const refuse = refusing(matches, error, times);
        return (asked, next) =>
          refuse(asked, next).catch((thrown: unknown) => {
            if (asked.port === "registry") return registryAnswers[asked.call];
            throw thrown;
          });
      },
    }),
  ),
  { name: "applied, and the response is lost", writes: true, around: (matches, times) => losing(matches, unreachable, times) },
  {
    name: "interrupted",
    once: true,
    around: (matches, _, interrupt) => async (asked, next) => {
      if (matches(asked)) interrupt();
      return next();
    },
  },
];

/** Each failure once, and whenever the request is sent. */
const repeated = failures.flatMap((failure) => [
  { ...failure, times: 1 },
  ...(failure.once ? [] : [{ ...failure, name: `${failure.name}, always`, times: Number.POSITIVE_INFINITY }]),
]);

/** Yields the state after a run in which a request fails, for every request of a run and every failure. */
export async function* failedAtEach(begun: Begun): AsyncGenerator<Failed> {
  for (const { text, nth, writes } of await requestsOf(begun)) {
    for (const failure of repeated.filter((one) => writes || !one.writes)) {
      let seen = 0;
      const matches: Matches = (asked) => textOf(asked) === text && seen++ >= nth;
      yield { ...(await runWith(begun, failure, matches)), where: `${text} (${nth + 1}): ${failure.name}` };
    }
  }
}

const textOf = ({ call, at, dryRun }: Asked) => `${call} ${at}${dryRun ? " (dry run)" : ""}`;

/** Returns the requests of a run without a failure. `nth` counts requests with the same text. */
async function requestsOf({ begin, line, more }: Begun) {
  const world = await begin();
  const requests: { readonly text: string; readonly nth: number; readonly writes: boolean }[] = [];
  world.asking.around(async (asked, next) => {
    const text = textOf(asked);
    requests.push({ text, nth: requests.filter((one) => one.text === text).length, writes: asked.writes });
    return next();
  });
  const { code, stderr } = await type(line, world.ports, more);
  if (code !== 0) throw new Error(stderr);
  return requests;
}

async function runWith({ begin, line, more }: Begun, { around, times }: (typeof repeated)[number], matches: Matches) {
  const world = await begin();
  let interrupt = () => {};
  const heal = world.asking.around(around(matches, times, () => interrupt()));
  const run = await type(line, world.ports, { ...more, started: (live) => (interrupt = live.interrupt) });
  heal();
  return { world, run };
}
