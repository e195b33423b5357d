import { CliError } from "../../src/errors.ts";

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The moment that lies a duration (`90d`, `12h`, `30m`) after `now`, as RFC 3339 to the second. */
export function expiryAfter(duration: string, now: Date): string {
  const [, amount, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(duration) ?? [];
  if (!amount || !unit) throw new CliError("usage", `invalid --expires-in "${duration}": a number and m, h or d, such as 90d`);
  return `${new Date(now.getTime() + Number(amount) * (units[unit] ?? 0)).toISOString().slice(0, 19)}Z`;
}
