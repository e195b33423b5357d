import type { Verdict } from "../check/verdict.ts";
import type { Fix } from "../fix.ts";
import { table } from "./table.ts";

/** A check as a person reads it: the table, and below it each failure with its cause and what mends it. */
export function verdictText(verdicts: readonly Verdict[], options: { headers: boolean; spell(fix: Fix): string }): string {
  const rows = verdicts.map(({ image, secret, pods, verdict }) => [image, secret, String(pods.length), verdict]);
  const failures = verdicts.filter(({ ok }) => !ok);
  const reasons = failures.map(
    ({ image, cause, fix }) => `\n${image}: ${cause ?? "cannot be pulled"}\n${fix ? `  ${options.spell(fix)}\n` : ""}`,
  );
  return table(["IMAGE", "SECRET", "PODS", "VERDICT"], rows, options) + reasons.join("");
}
