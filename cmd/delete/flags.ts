import { dryRun, type Flags, fieldManager, output, type Values } from "../line/flags.ts";
import { identityFlags } from "../line/identity-flags.ts";
import { scopeFlags } from "../line/scope-flags.ts";

export const deleteFlags = {
  revoke: {
    type: "boolean",
    describe:
      "Then also revoke in Azure what was made for it: its passwords, and token, scope map, role or application where this plugin made them and nobody else uses them",
  },
  force: {
    type: "boolean",
    describe:
      "Delete it although pods need it, somebody else made it, or it holds what is not this plugin's. With --revoke, do not keep credentials for clusters that were not listed.",
  },
  yes: { type: "boolean", short: "y", describe: "Do not ask before anything is deleted; needed where nobody can be asked" },
  "ignore-not-found": { type: "boolean", describe: "Treat a Secret that is not there as deleted" },
  ...scopeFlags,
  ...identityFlags,
  ...dryRun,
  ...fieldManager,
  ...output,
} as const satisfies Flags;

export type DeleteFlags = Values<typeof deleteFlags>;
