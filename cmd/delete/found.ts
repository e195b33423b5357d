import type { Outcome } from "../../src/actions/outcome.ts";
import type { CliError } from "../../src/errors.ts";

/** Outcomes as they come. @throws CliError where there is none at all: what was named is nowhere */
export async function* foundAny(outcomes: AsyncIterable<Outcome>, nowhere: () => CliError | undefined): AsyncGenerator<Outcome> {
  let found = false;
  for await (const outcome of outcomes) {
    found = true;
    yield outcome;
  }
  const error = found ? undefined : nowhere();
  if (error) throw error;
}
