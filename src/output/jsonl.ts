import type { DryRun, Outcome } from "../apply/outcome.ts";
import type { CliError } from "../errors.ts";
import type { Fix } from "../fix.ts";
import { printableJson } from "./printable.ts";
import { nameOf, wordOf } from "./words.ts";

/** An outcome as one line of JSON (acr-secret/v1 Outcome); none for a step that shows in the line of another. */
export function jsonLine({ change, error, says, left }: Outcome, dryRun: DryRun, spell: (fix: Fix) => string): string[] {
  const { context, namespace } = change.to;
  const result = error ? "failed" : left ? "left" : wordOf(change);
  if (result === undefined && !says?.length) return [];
  const line = {
    apiVersion: "acr-secret/v1",
    kind: "Outcome",
    context,
    namespace,
    object: nameOf(change.to),
    result: result ?? "told",
    dryRun: dryRun === "none" ? undefined : dryRun,
    because: "because" in change ? change.because : undefined,
    warnings: says?.length ? says : undefined,
    error: error && told(error, spell),
  };
  return [`${printableJson(JSON.stringify(line))}\n`];
}

const told = ({ kind, message, hint }: CliError, spell: (fix: Fix) => string) => ({
  kind,
  message,
  hint: typeof hint === "object" ? spell(hint) : hint,
});
