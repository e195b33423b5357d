import { usage } from "../../src/errors.ts";
import type { PruneOptions } from "../../src/plan/prune.ts";
import { createFlags } from "../create/options.ts";
import { goDuration } from "../line/durations.ts";
import { dryRun, type Flags, formats, type Values } from "../line/flags.ts";
import { identityFlags } from "../line/identity-flags.ts";
import { scopeFlags } from "../line/scope-flags.ts";

const { contexts, "all-contexts": allContexts } = scopeFlags;

export const pruneFlags = {
  registry: createFlags.registry,
  yes: { type: "boolean", short: "y", describe: "Remove what is left over, without asking" },
  "include-unknown": {
    type: "boolean",
    describe:
      "Also what does not say which cluster it was made for, as of older versions: it may be in use in one that is not given by --contexts",
  },
  "older-than": {
    type: "string",
    default: "10m",
    describe:
      "Leave what was made or written to more recently, such as 30m or 0s: a run may be under way that has not written its Secret yet",
  },
  contexts,
  "all-contexts": allContexts,
  ...identityFlags,
  "dry-run": dryRun["dry-run"],
  "no-headers": { type: "boolean", describe: "When using the default output format, don't print headers." },
  output: formats(["json", "jsonl", "name", "wide"]),
} as const satisfies Flags;

export type PruneFlags = Values<typeof pruneFlags>;

/** Returns which objects count as leftovers. @throws CliError usage */
export function wishOf({ "include-unknown": includeUnknown, "older-than": text }: PruneFlags): PruneOptions {
  const olderThan = goDuration(text);
  if (olderThan === undefined) throw usage(`invalid --older-than "${text}": a duration, such as 30m or 0s`);
  return { includeUnknown, olderThan };
}
