import { causes } from "../check/cause.ts";
import type { Verdict } from "../check/verdict.ts";
import type { Fix } from "../fix.ts";
import { table } from "./table.ts";

type Spell = (fix: Fix) => string;

/** A check as a person reads it: the table, and below it each failure with its cause and what mends it. */
export function verdictText(verdicts: readonly Verdict[], options: { headers: boolean; spell: Spell }): string {
  const rows = verdicts.map(({ image, secret, pods, cause }) => [image, secret, String(pods.length), causes[cause].words]);
  const failures = verdicts.filter(failed);
  const reasons = failures.map(
    ({ image, cause, message, fix }) => `\n${image}: ${message ?? causes[cause].words}\n${fix ? `  ${options.spell(fix)}\n` : ""}`,
  );
  return table(["IMAGE", "SECRET", "PODS", "VERDICT"], rows, options) + reasons.join("");
}

/** A check as a program reads it (`acr-secret/v1`, docs/check.md). */
export function verdictReport(verdicts: readonly Verdict[], spell: Spell): object {
  const items = verdicts.map(({ fix, ...row }) => ({
    ...row,
    ok: !failed(row),
    verdict: causes[row.cause].words,
    ...(fix && { fix: spell(fix) }),
  }));
  return { apiVersion: "acr-secret/v1", kind: "CheckReport", items };
}

/** Whether a verdict is to be mended, and the command that found it fails. */
export const failed = ({ cause }: Pick<Verdict, "cause">): boolean => causes[cause].severity === "failure";
