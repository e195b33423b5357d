import { endsKnown } from "../../src/credential/kinds.ts";
import type { NotDue } from "../../src/plan/due.ts";
import type { Rotation } from "../../src/plan/rotation.ts";
import type { RotateFlags, RotateOptions } from "./options.ts";

type Reason = NotDue | "unable";

/** Counts the credentials that a run skips. */
export type Skips = {
  add(reasons: readonly Reason[]): void;
  /** `skipped 39: never expire`, a line for each combination of reasons. */
  lines(): string;
};

export function openSkips({ "expiring-within": within = "", "older-than": age = "" }: RotateFlags): Skips {
  const counts = new Map<string, number>();
  /** For one credential, and for several. */
  const words: Readonly<Record<Reason, readonly [string, string]>> = {
    never: ["never expires", "never expire"],
    later: [`does not expire within ${within}`, `do not expire within ${within}`],
    unknown: ["unknown expiry", "unknown expiry"],
    young: [`not older than ${age}`, `not older than ${age}`],
    unable: ["cannot be rotated here", "cannot be rotated here"],
  };
  return {
    add(reasons) {
      if (reasons.length === 0) return;
      const key = reasons.join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    lines: () =>
      [...counts]
        .map(
          ([key, count]) =>
            `skipped ${count}: ${(key.split(",") as Reason[]).map((reason) => words[reason][count === 1 ? 0 : 1]).join(", ")}\n`,
        )
        .sort()
        .join(""),
  };
}

/** Why a credential that cannot be rotated is skipped; none if the run has no limits. */
export function unableReasons({ kind, members }: Rotation, { endsBy, createdBy }: RotateOptions): readonly Reason[] {
  if (endsBy === undefined && createdBy === undefined) return [];
  const isUnknown = endsBy !== undefined && !endsKnown(kind) && members.every(({ entry }) => entry.expiresAt === undefined);
  return isUnknown ? ["unknown", "unable"] : ["unable"];
}
