import type { ChalkInstance } from "chalk";
import type { Finding } from "../doctor/finding.ts";
import type { Rung } from "../doctor/ladder.ts";
import type { Command, Hint } from "../hint.ts";
import { counted } from "../wording.ts";
import { linesOf } from "./error.ts";
import { printable } from "./printable.ts";

// The lines of doctor and of secretless check.

type FormatCommand = (fix: Command) => string;

type Style = { readonly style: ChalkInstance; readonly formatCommand: FormatCommand };

const signs = {
  ok: ["✔", "green"],
  best: ["✔", "green"],
  available: ["✔", "green"],
  warning: ["!", "yellow"],
  unavailable: ["-", "dim"],
  unknown: ["?", "yellow"],
  failed: ["✗", "red"],
  never: ["✗", "red"],
} as const satisfies Readonly<Record<Finding["status"] | Rung["applies"], readonly [sign: string, color: string]>>;

function signOf(of: keyof typeof signs, style: ChalkInstance): string {
  const [sign, color] = signs[of];
  return style[color](sign);
}

/** Returns the line of a finding, and below it the next step. @param earlier the findings that were printed before */
export function findingLines(
  { id, status, message, next }: Finding<string>,
  earlier: readonly Finding<string>[],
  { style, formatCommand }: Style,
): string {
  const same = sameIn(earlier, message);
  if (same) return `${signOf(status, style)} ${id}: see ${same.id}\n`;
  return `${signOf(status, style)} ${printable(`${id}: ${message}`)}\n${nextLines(next, formatCommand)}`;
}

const sameIn = (earlier: readonly Finding<string>[], message: string) =>
  earlier.find((each) => each.status !== "ok" && each.message === message);

/** Returns the ways to pull, from the best to the worst, each with its next step; nothing without ways. */
export function wayLines(rungs: readonly Rung[], earlier: readonly Finding<string>[], { style, formatCommand }: Style): string {
  const lines = rungs.map(({ id, applies, why, next }, at) => {
    const same = sameIn(earlier, why);
    if (same) return `${signOf(applies, style)} ${id}: see ${same.id}\n`;
    const mark = applies === "best" || applies === "never" ? ` (${applies})` : "";
    const [step, before] = [next, rungs[at - 1]?.next].map((each) => nextLines(each, formatCommand));
    return `${signOf(applies, style)} ${printable(`${id}${mark}: ${why}`)}\n${step === before ? "" : step}`;
  });
  return rungs.length === 0 ? "" : `\nWays to pull images, from the best to the worst:\n${lines.join("")}`;
}

/** A command is on a line of its own, so that users can paste it. */
function nextLines(next: Hint | undefined, formatCommand: FormatCommand): string {
  if (next === undefined) return "";
  const lines = typeof next === "string" ? [next] : linesOf(next, formatCommand);
  return lines.map((line) => `  ${printable(line)}\n`).join("");
}

/** Formats the counts: `14 checks: 12 ok, 1 warning, 1 failed`. */
export function findingsSummary(findings: readonly Pick<Finding, "status">[]): string {
  const parts = (["ok", "warning", "failed", "unknown"] as const).flatMap((wanted) => {
    const count = findings.filter(({ status }) => status === wanted).length;
    if (count === 0) return [];
    return wanted === "warning" ? [counted(count, wanted)] : [`${count} ${wanted}`];
  });
  return `${counted(findings.length, "check")}: ${parts.join(", ")}`;
}
