import type { CliError } from "../errors.ts";
import { type Command, hintText, inPlace } from "../hint.ts";
import { nameOf } from "../kinds.ts";
import type { Outcome } from "../outcome.ts";
import type { PrinterOptions } from "./format.ts";

/** Returns an outcome as data (acr-secret/v1 Outcome); undefined for a step that is part of another outcome's data. */
export function outcomeData(
  outcome: Outcome,
  { dryRun, ...options }: Pick<PrinterOptions, "dryRun" | "formatCommand">,
): object | undefined {
  const formatCommand = (fix: Command) => options.formatCommand(inPlace(fix, outcome.to));
  const { to, error, because, grants, withdraws, slot, ids } = outcome;
  const { texts, command, isInfo } = warningsOf(outcome, formatCommand);
  const result = resultOf(outcome);
  if (result === undefined && texts.length === 0) return undefined;
  const warnings = isInfo ? [] : texts.map((text) => (command === undefined ? text : `${text}: ${command}`));
  return {
    apiVersion: "acr-secret/v1",
    kind: "Outcome",
    namespace: to.namespace,
    object: nameOf(to),
    result: result ?? "info",
    dryRun: dryRun === "none" ? undefined : dryRun,
    because: isInfo ? texts[0] : because,
    grants,
    withdraws,
    slot,
    warnings: warnings.length > 0 ? warnings : undefined,
    ids,
    error: error && errorData(error, formatCommand),
  };
}

const untried = { failed: "skipped", interrupted: "interrupted" } as const;

const resultOf = ({ result, error, left }: Outcome) => (error ? "failed" : left ? untried[left] : result);

const errorData = ({ kind, message, hint }: CliError, formatCommand: (fix: Command) => string) => ({
  kind,
  message,
  hint: hint && hintText(hint, formatCommand),
});

/** Returns the warnings of an outcome, and the command that fixes them; `isInfo` if they are only information. */
export const warningsOf = ({ messages = [], fix, isInfo }: Outcome, formatCommand: (fix: Command) => string) => ({
  texts: messages,
  command: fix && formatCommand(fix),
  isInfo: isInfo === true,
});
