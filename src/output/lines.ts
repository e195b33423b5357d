import type { DryRun, Outcome } from "../apply/outcome.ts";
import type { Change, Ref } from "../plan/change.ts";

const suffix: Record<DryRun, string> = { none: "", client: " (dry run)", server: " (server dry run)" };

/** One result line as kubectl prints it: `serviceaccount/default patched (dry run)`. */
export function resultLine({ change }: Outcome, dryRun: DryRun): string {
  return `${nameLine(change.to)} ${operation(change)}${suffix[dryRun]}`;
}

/** What `-o name` prints: `serviceaccount/default`. */
export function nameLine({ kind, name }: Ref): string {
  return `${kind}/${name}`;
}

function operation(change: Change): string {
  switch (change.act) {
    case "keep":
      return "unchanged";
    case "scope":
      return change.before ? "configured" : "created";
    case "mint":
      return change.isNew ? "created" : "configured";
    case "store":
      if (change.replaces) return "replaced";
      return change.isNew ? "created" : "configured";
    case "attach":
    case "detach":
      return "patched";
    case "restart":
      return "restarted";
  }
}
