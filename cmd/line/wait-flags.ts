import { CliError } from "../../src/errors.ts";
import type { Patience } from "../../src/state/targets.ts";
import { goDuration } from "./durations.ts";
import type { Flags } from "./flags.ts";

export const waitForAccount = {
  wait: {
    type: "string",
    default: "30s",
    describe: "How long to wait for the default ServiceAccount of a namespace that was made a moment ago, such as 10s or 1m",
  },
} as const satisfies Flags;

/** A duration that somebody is to wait, in milliseconds. @throws CliError usage */
export function waitOf({ wait: text }: { readonly wait: string }): number {
  const wait = goDuration(text);
  if (wait !== undefined) return wait;
  throw new CliError("usage", `invalid --wait "${text}": a duration, such as 30s or 3m`);
}

/** How long a target is waited for that is on its way. @throws CliError usage */
export const patienceOf = (flags: { readonly wait: string }, { sleep }: Pick<Patience, "sleep">): Patience => ({
  milliseconds: waitOf(flags),
  sleep,
});
