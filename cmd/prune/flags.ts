import { createFlags } from "../create/wish.ts";
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
  contexts,
  "all-contexts": allContexts,
  ...identityFlags,
  "dry-run": dryRun["dry-run"],
  "no-headers": { type: "boolean", describe: "When using the default output format, don't print headers." },
  output: formats(["json", "jsonl", "name", "wide"]),
} as const satisfies Flags;

export type PruneFlags = Values<typeof pruneFlags>;
