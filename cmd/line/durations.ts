import { usage } from "../../src/errors.ts";
import { toSeconds } from "../../src/timestamp.ts";

const lifetimes: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000, y: 365 * 86_400_000 };

/**
 * Returns the time of `now` plus a duration (`90d`, `1y`, `1h30m`), in RFC 3339 with seconds. A year has 365 days.
 * @throws CliError usage of the flag
 */
export const expiryAfter = (duration: string, now: Date, flag = "--expires-in"): string =>
  toSeconds(new Date(now.getTime() + lifetime(duration, flag)));

/** Returns a duration (`90d`, `1y`, `1h30m`) in milliseconds. @throws CliError usage of the flag */
export function lifetime(duration: string, flag: string, { zero = false, words = [] }: Accepted = {}): number {
  if (zero && /^0[smhdwy]?$/.test(duration)) return 0;
  const parts = /^(?:[1-9]\d{0,5}[mhdwy])+$/.test(duration) ? [...duration.matchAll(/(\d+)(.)/g)] : [];
  const sum = parts.reduce((total, [, amount, unit = ""]) => total + Number(amount) * (lifetimes[unit] ?? 0), 0);
  if (sum === 0 || sum > maximum) {
    const others = [...(zero ? ["0"] : []), ...words].map((word) => `, or ${word}`).join("");
    throw usage(`invalid ${flag} "${duration}": must be a number with a unit (m, h, d, w or y), such as 90d or 1y${others}`);
  }
  return sum;
}

/** The values that a flag accepts in addition to a duration. */
type Accepted = { readonly zero?: boolean; readonly words?: readonly string[] };

/**
 * The maximum duration in milliseconds: a thousand years. No password needs to be valid for longer, and the year still has four digits in
 * RFC 3339.
 */
const maximum = 1000 * 365 * 86_400_000;

/** The milliseconds of each unit of Go's durations. The micro sign has two code points. */
const units: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The limit of Go's 64-bit integers, also for the nanoseconds of a duration: about 292 years. */
const int64Limit = 2 ** 63;

/**
 * Returns `--request-timeout` in milliseconds, as clientcmd.ParseTimeout reads it: whole seconds, or a Go duration (`1m30s`, `.5s`,
 * `100us`). A negative one means no timeout, which is 0.
 * @returns undefined for a value that kubectl rejects
 */
export function milliseconds(text: string): number | undefined {
  if (/^\+?\d+$/.test(text)) return Number(text) < int64Limit ? Number(text) * 1000 : undefined;
  const [, sign, parts] = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text) ?? [];
  if (parts === undefined) return /^[+-]0$/.test(text) ? 0 : undefined;
  const amounts = [...parts.matchAll(/([\d.]+)([^\d.]+)/g)].map(([, amount, unit = ""]) => Number(amount) * (units[unit] ?? 0));
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  if (sum * 1e6 >= int64Limit) return undefined;
  return sign === "-" ? 0 : sum;
}

/** Returns a Go duration of this plugin's flags in milliseconds; undefined for an invalid or a negative one. */
export const goDuration = (text: string): number | undefined => (text.startsWith("-") ? undefined : milliseconds(text));

/** Returns the duration of `--wait` in milliseconds. @throws CliError usage */
export function parseWait({ wait: text }: { readonly wait: string }): number {
  const wait = goDuration(text);
  if (wait !== undefined) return wait;
  throw usage(`invalid --wait "${text}": must be a duration, such as 30s or 3m`);
}
