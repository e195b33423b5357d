import type { DryRun, Outcome } from "../src/apply/outcome.ts";
import { CliError } from "../src/errors.ts";
import type { Ground } from "../src/fleet/places.ts";
import type { Scope } from "../src/fleet/scope.ts";
import { openPrinter } from "../src/output/printer.ts";
import { openTally } from "../src/output/tally.ts";
import type { Where } from "../src/output/words.ts";
import type { Session } from "./session.ts";

type PrintingFlags = {
  readonly "dry-run": DryRun;
  readonly output: "json" | "yaml" | "name" | "jsonl" | "plan" | undefined;
  readonly "show-managed-fields": boolean;
};

/** How much a line has to tell of its place. */
export function whereOf(scope: Scope, grounds: readonly Ground[]): Where {
  if (scope.contexts !== "current") return "clusters";
  return grounds.every(({ open, namespaces }) => !open && namespaces.length <= 1) ? "one" : "namespaces";
}

/**
 * The end of every verb that writes: each outcome is printed as it comes, and what there is to say of the whole at the end.
 * @throws CliError of the only place, where there is one
 * @returns the exit code
 */
export async function conclude(
  outcomes: AsyncIterable<Outcome>,
  { session, flags, scope, grounds }: { session: Session; flags: PrintingFlags; scope: Scope; grounds: readonly Ground[] },
): Promise<number> {
  if (flags.output === "plan" && flags["dry-run"] !== "client")
    throw new CliError("usage", "-o plan shows what would be done, so it needs --dry-run=client");
  const { stdout, stderr, env, interruption } = session.context;
  const where = whereOf(scope, grounds);
  const dryRun = flags["dry-run"];
  const printer = openPrinter(flags.output, { stdout, stderr, env, dryRun, where, managedFields: flags["show-managed-fields"] });
  const tally = openTally();
  const total = grounds.reduce((sum, { namespaces }) => sum + namespaces.length, 0);
  const bar = session.progress.count(total);
  try {
    for await (const outcome of outcomes) {
      if (where === "one" && outcome.error && outcome.change.to.kind === "namespace") throw outcome.error;
      tally.count(outcome);
      bar.clear();
      printer.print(outcome);
      bar.show(tally.places);
    }
  } finally {
    bar.clear();
    await printer.end();
  }
  const left = total - tally.places;
  if (interruption.halted) stderr.write(interrupted(tally.summary(), where === "one" ? 0 : left));
  else if (where !== "one") stderr.write(`${tally.summary() || "nothing to do"}\n`);
  if (interruption.halted) return 130;
  return tally.failures === 0 ? 0 : 1;
}

function interrupted(summary: string, left: number): string {
  const rest = left > 0 ? `; ${left} namespaces are left` : "";
  return `interrupted: ${summary || "nothing was done"}${rest}. The same command goes on from here.\n`;
}
