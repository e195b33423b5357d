import { messageOf } from "../actions/actions.ts";
import { type DryRun, type Outcome, subjectOf } from "../actions/outcome.ts";
import type { CliError } from "../errors.ts";
import { type Fix, hintText } from "../fix.ts";
import { nameOf } from "../kinds.ts";
import type { Change } from "../plan/change.ts";
import { printableJson } from "./printable.ts";

/** Returns an outcome as data (acr-secret/v1 Outcome); undefined for a step that is part of another outcome's data. */
export function outcomeData(outcome: Outcome, dryRun: DryRun, formatCommand: (fix: Fix) => string): object | undefined {
  const { change, error } = outcome;
  const to = subjectOf(outcome);
  const { context, namespace } = to;
  const { texts, command } = warningsOf(outcome, formatCommand);
  const warnings = isInfo(change) ? [] : texts.map((text) => (command === undefined ? text : `${text}: ${command}`));
  const result = resultOf(outcome);
  if (result === undefined && texts.length === 0) return undefined;
  return {
    apiVersion: "acr-secret/v1",
    kind: "Outcome",
    context,
    namespace,
    object: nameOf(to),
    result: result ?? "told",
    dryRun: dryRun === "none" ? undefined : dryRun,
    because: isInfo(change) ? texts[0] : becauseOf(change),
    grants: change && "grants" in change ? change.grants : undefined,
    warnings: warnings.length > 0 ? warnings : undefined,
    ids: idsOf(change),
    error: error && told(error, formatCommand),
  };
}

/** Returns data as one line of JSON. */
export const jsonLine = (data: object): string => `${printableJson(JSON.stringify(data))}\n`;

const isInfo = (change: Change | undefined): boolean => change?.act === "warn" && change.isInfo === true;

const becauseOf = (change: Change | undefined) => (change && "because" in change ? change.because : undefined);

const idsOf = (change: Change | undefined) => (change?.act === "warn" && change.id ? [change.id] : undefined);

const resultOf = ({ change, error, left }: Outcome) => (error ? "failed" : left ? "left" : change && messageOf(change));

const told = ({ kind, message, hint }: CliError, formatCommand: (fix: Fix) => string) => ({
  kind,
  message,
  hint: hint && hintText(hint, formatCommand),
});

/** Returns the warnings of an outcome, and the command that fixes them. */
export function warningsOf(
  { change, says = [], fix = change?.act === "warn" ? change.fix : undefined }: Outcome,
  formatCommand: (fix: Fix) => string,
) {
  return { texts: says, command: fix && formatCommand(fix) };
}
