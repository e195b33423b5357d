import { parseGoDuration, parseLifetime } from "../../src/duration.ts";
import { usage } from "../../src/errors.ts";
import { toSeconds } from "../../src/timestamp.ts";

/**
 * Returns the time of `now` plus a duration (`90d`, `1y`, `1h30m`), in RFC 3339 with seconds. A year has 365 days.
 * @throws CliError usage of the flag
 */
export const expiryAfter = (duration: string, now: Date, flag = "--expires-in"): string =>
  toSeconds(new Date(now.getTime() + lifetime(duration, flag)));

/** The values that a flag accepts in addition to a duration. */
type Accepted = { readonly zero?: boolean; readonly words?: readonly string[] };

/** Returns a duration (`90d`, `1y`, `1h30m`) in milliseconds. @throws CliError usage of the flag */
export function lifetime(duration: string, flag: string, { zero = false, words = [] }: Accepted = {}): number {
  if (zero && /^0[smhdwy]?$/.test(duration)) return 0;
  const parsed = parseLifetime(duration);
  if (parsed !== undefined) return parsed;
  const others = [...(zero ? ["0"] : []), ...words].map((word) => `, or ${word}`).join("");
  throw usage(`invalid ${flag} "${duration}": must be a number with a unit (m, h, d, w or y), such as 90d or 1y${others}`);
}

/**
 * Returns how long to wait while Azure replicates a service principal, and a new role, in milliseconds. Azure documents up to 10 minutes for
 * a role (learn.microsoft.com/azure/role-based-access-control/troubleshooting).
 * @param wait the value of `--wait`, for both @throws CliError usage
 */
export const azureWaits = (wait?: string): { readonly wait: number; readonly waitForRole: number } => ({
  wait: parseWait({ wait: wait ?? "3m" }),
  waitForRole: parseWait({ wait: wait ?? "10m" }),
});

export function parseWait({ wait: text }: { readonly wait: string }): number {
  const wait = parseGoDuration(text);
  if (wait !== undefined) return wait;
  throw usage(`invalid --wait "${text}": must be a duration, such as 30s or 3m`);
}
