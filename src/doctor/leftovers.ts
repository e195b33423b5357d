import type { SignInOptions } from "../azure/port.ts";
import type { PruneRow } from "../plan/prune.ts";
import { counted } from "../plan/wording.ts";
import { explainCommand, type Finding } from "./finding.ts";

/**
 * Checks for objects in Azure that no Secret holds.
 * @param rows as `prune` plans them @param doubts why objects or Secrets could not be listed
 */
export function checkLeftovers(
  rows: readonly Pick<PruneRow, "state">[],
  doubts: readonly string[],
  { registry, identity }: { readonly registry: string; readonly identity: SignInOptions },
): Finding[] {
  const of = { id: "leftovers", subject: `registry/${registry}` } as const;
  const orphans = rows.filter(({ state }) => state === "orphan").length;
  const message = `${counted(orphans, "object")} in ${registry} that this plugin created and no Secret uses`;
  const none = `${registry} has no object of this plugin that no Secret uses`;
  return [
    ...(orphans > 0 ? [{ ...of, status: "warning", message, next: { verb: "prune", registry, identity } } as const] : []),
    ...doubts.map((text): Finding => ({ ...of, status: "unknown", message: text, next: explainCommand(of.id) })),
    ...(orphans + doubts.length === 0 ? [{ ...of, status: "ok", message: none } as const] : []),
  ];
}
