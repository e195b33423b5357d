import type { DryRun, Outcome } from "../src/apply/outcome.ts";
import { CliError } from "../src/errors.ts";
import { printError } from "../src/output/error.ts";
import { nameLine, resultLine } from "../src/output/lines.ts";
import { printObjects } from "../src/output/object.ts";
import type { Session } from "./session.ts";

/** Prints outcomes as they come, in the form that `-o` asks for. */
export type Reporter = {
  report(outcome: Outcome): void;
  /** Prints what had to wait for the end. @returns the exit code */
  end(): Promise<number>;
};

export function reporter(
  session: Session,
  flags: { output?: string | undefined; "show-managed-fields": boolean },
  dryRun: DryRun,
): Reporter {
  const objects: object[] = [];
  let failures = 0;
  return {
    report(outcome) {
      const { error, object, change } = outcome;
      if (error) {
        failures++;
        printError(session.context.stderr, session.context.env, error);
      } else if (flags.output === undefined) session.print(`${resultLine(outcome, dryRun)}\n`);
      else if (flags.output !== "name") objects.push(...(object ? [object] : []));
      // What lives in Azure is no name that kubectl could take
      else if (change.to.namespace !== undefined) session.print(`${nameLine(change.to)}\n`);
    },
    async end() {
      if (flags.output === "json" || flags.output === "yaml") {
        if (objects.length > 0) session.print(await printObjects(objects, flags.output, { managedFields: flags["show-managed-fields"] }));
      }
      return failures === 0 ? 0 : 1;
    },
  };
}

/** The value of `--dry-run`; without a value it means client, which kubectl has deprecated. */
export function dryRunOf(flags: { "dry-run": string | undefined }): DryRun {
  const value = flags["dry-run"];
  if (value === "client" || value === "server" || value === "none") return value;
  throw new CliError("usage", `Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
}
