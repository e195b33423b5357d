import { messageOf } from "../actions/actions.ts";
import { type DryRun, type Outcome, subjectOf } from "../actions/outcome.ts";
import type { CliError } from "../errors.ts";
import { type Fix, hintText } from "../fix.ts";
import { nameOf } from "../kinds.ts";

/** Returns an outcome as data (acr-secret/v1 Outcome); undefined for a step that is part of another outcome's data. */
export function outcomeData(outcome: Outcome, dryRun: DryRun, formatCommand: (fix: Fix) => string): object | undefined {
  const { change, error } = outcome;
  const to = subjectOf(outcome);
  const { texts, command, isInfo } = warningsOf(outcome, formatCommand);
  const result = resultOf(outcome);
  if (result === undefined && texts.length === 0) return undefined;
  const warnings = isInfo ? [] : texts.map((text) => (command === undefined ? text : `${text}: ${command}`));
  return {
    apiVersion: "acr-secret/v1",
    kind: "Outcome",
    namespace: to.namespace,
    object: nameOf(to),
    result: result ?? "told",
    dryRun: dryRun === "none" ? undefined : dryRun,
    because: isInfo ? texts[0] : memberOf(change, "because"),
    grants: memberOf(change, "grants"),
    warnings: warnings.length > 0 ? warnings : undefined,
    ids: change?.act === "warn" && change.id ? [change.id] : undefined,
    error: error && errorData(error, formatCommand),
  };
}

const resultOf = ({ change, error, left }: Outcome) => (error ? "failed" : left ? "left" : change && messageOf(change));

const errorData = ({ kind, message, hint }: CliError, formatCommand: (fix: Fix) => string) => ({
  kind,
  message,
  hint: hint && hintText(hint, formatCommand),
});

/** A member that only some changes have. */
const memberOf = (change: object | undefined, name: "because" | "grants"): unknown =>
  (change as Partial<Record<typeof name, unknown>> | undefined)?.[name];

/** Returns the warnings of an outcome, and the command that fixes them; `isInfo` if they are only information. */
export function warningsOf({ change, messages = [], fix }: Outcome, formatCommand: (fix: Fix) => string) {
  const warning = change?.act === "warn" ? change : undefined;
  const command = fix ?? warning?.fix;
  return { texts: messages, command: command && formatCommand(command), isInfo: warning?.isInfo === true };
}
