import type { ChalkInstance } from "chalk";
import type { Finding } from "../doctor/finding.ts";
import type { Rung } from "../doctor/ladder.ts";
import { type Fix, hintText } from "../fix.ts";
import { counted, pluralize } from "../plan/wording.ts";
import { printable } from "./printable.ts";

// The lines and the objects of doctor and of secretless check. docs/schema/acr-secret-v1.json describes every member of the objects.

type FormatCommand = (fix: Fix) => string;

const apiVersion = "acr-secret/v1";

const nextOf = (next: string | Fix | undefined, formatCommand: FormatCommand) =>
  next === undefined ? next : hintText(next, formatCommand);

export const findingItem = ({ next, ...finding }: Finding<string>, formatCommand: FormatCommand) => ({
  apiVersion,
  kind: "Finding" as const,
  ...finding,
  next: nextOf(next, formatCommand),
});

export const wayItem = ({ next, ...rung }: Rung, formatCommand: FormatCommand) => ({
  apiVersion,
  kind: "Way" as const,
  ...rung,
  next: nextOf(next, formatCommand),
});

type Style = { readonly style: ChalkInstance; readonly formatCommand: FormatCommand };

const statusSigns = {
  ok: ["✔", "green"],
  warning: ["!", "yellow"],
  failed: ["✗", "red"],
  unknown: ["?", "yellow"],
} as const satisfies Readonly<Record<Finding["status"], readonly [sign: string, color: string]>>;

/** Returns the line of a finding, and below it the next step. @param earlier the findings that were printed before */
export function findingLines(
  { id, status, message, next }: Finding<string>,
  earlier: readonly Finding<string>[],
  { style, formatCommand }: Style,
): string {
  const [sign, color] = statusSigns[status];
  const same = earlier.find((each) => each.status !== "ok" && each.message === message);
  if (same) return `${style[color](sign)} ${id}: see ${same.id}\n`;
  return `${style[color](sign)} ${printable(`${id}: ${message}`)}\n${nextLines(next, formatCommand)}`;
}

const waySigns = {
  best: ["✔", "green"],
  available: ["✔", "green"],
  unavailable: ["-", "dim"],
  unknown: ["?", "yellow"],
  never: ["✗", "red"],
} as const satisfies Readonly<Record<Rung["applies"], readonly [sign: string, color: string]>>;

/** Returns the ways to pull, from the best to the worst, each with its next step. */
export function wayLines(rungs: readonly Rung[], { style, formatCommand }: Style): string {
  const lines = rungs.map(({ id, applies, why, next }, at) => {
    const [sign, color] = waySigns[applies];
    const mark = applies === "best" || applies === "never" ? ` (${applies})` : "";
    const [step, before] = [next, rungs[at - 1]?.next].map((each) => nextLines(each, formatCommand));
    return `${style[color](sign)} ${printable(`${id}${mark}: ${why}`)}\n${step === before ? "" : step}`;
  });
  return `\nWays to pull images, from the best to the worst:\n${lines.join("")}`;
}

/** A command is on a line of its own, so that users can paste it. */
function nextLines(next: string | Fix | undefined, formatCommand: FormatCommand): string {
  if (next === undefined) return "";
  if (typeof next === "object" && next.do === "hints") return next.hints.map((hint) => nextLines(hint, formatCommand)).join("");
  const when = typeof next === "object" && "when" in next && next.when !== undefined ? [`${next.when}:`] : [];
  const lines = [...when, typeof next === "string" ? next : formatCommand(next)];
  return lines.map((line) => `  ${printable(line)}\n`).join("");
}

/** Formats the counts: `14 checks: 12 ok, 1 warning, 1 failed`. */
export function findingsSummary(findings: readonly Pick<Finding, "status">[]): string {
  const count = (wanted: Finding["status"]) => findings.filter(({ status }) => status === wanted).length;
  const parts = [
    [count("ok"), "ok"],
    [count("warning"), pluralize(count("warning"), "warning", "warnings")],
    [count("failed"), "failed"],
    [count("unknown"), "unknown"],
  ] as const;
  return `${counted(findings.length, "check")}: ${parts.flatMap(([number, words]) => (number > 0 ? [`${number} ${words}`] : [])).join(", ")}`;
}
