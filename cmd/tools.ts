import { randomInt } from "node:crypto";
import type { DryRun } from "../src/actions/outcome.ts";
import type { Tools } from "../src/actions/tools.ts";
import type { Credential, Sources } from "../src/credential/kind.ts";
import { CliError } from "../src/errors.ts";
import type { Session } from "./session.ts";

/** The flags of every verb that writes. */
export type WritingFlags = {
  readonly "dry-run": DryRun;
  readonly "field-manager": string;
  readonly force?: boolean;
  readonly merge?: boolean;
};

/** Returns the tools for executing the plans of this run. @param credential absent for a verb that creates none */
export function toolsOf(session: Session, flags: WritingFlags, credential?: Credential): Tools {
  const { interruption, files, sleep, now } = session.context;
  return {
    cluster: session.cluster,
    registry: session.registry,
    files,
    carry: credential?.apply ?? (() => Promise.reject(new CliError("internal", "a plan makes a credential, and its verb has none"))),
    removal: credential?.removal ?? (() => []),
    dryRun: flags["dry-run"],
    write: { dryRun: flags["dry-run"] === "server", fieldManager: flags["field-manager"] },
    force: flags.force ?? false,
    merge: flags.merge ?? false,
    sleep,
    now,
    chance: () => randomInt(1000) / 1000,
    runId: session.runId,
    waits: { claims: new Set(), milliseconds: 0 },
    inform: session.progress.print,
    during: session.progress.during,
    halted: () => interruption.halted,
    unhalted: interruption.unhalted,
    width: session.width,
  };
}

/** Returns the sources of credentials in a run. */
export function sourcesOf({ azure, registry, context, progress }: Session): Sources {
  return {
    azure,
    registry,
    stdin: context.stdin,
    readFile: context.readFile,
    during: progress.during,
    now: context.now,
    sleep: context.sleep,
  };
}
