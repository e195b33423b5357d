import { CliError } from "../../src/errors.ts";

const lifetimes: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The moment that lies a duration (`90d`, `12h`, `30m`) after `now`, as RFC 3339 to the second. */
export function expiryAfter(duration: string, now: Date): string {
  const [, amount, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(duration) ?? [];
  if (!amount || !unit) throw new CliError("usage", `invalid --expires-in "${duration}": a number and m, h or d, such as 90d`);
  return `${new Date(now.getTime() + Number(amount) * (lifetimes[unit] ?? 0)).toISOString().slice(0, 19)}Z`;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A Go duration: `1m30s`, or `0`. @throws CliError usage, in kubectl's words */
export function milliseconds(text: string): number {
  if (text === "0") return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    throw new CliError(
      "usage",
      `Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit`,
    );
  }
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0),
    0,
  );
}
