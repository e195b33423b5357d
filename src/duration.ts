/** Durations: their units, and the only places that read and write them. All are in milliseconds. */

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** doctor and the reports of list point at logins that expire within this time. In days. */
export const soonDays = 14;

// Reading

/** A year has 365 days. */
const lifetimeUnits: Readonly<Record<string, number>> = { m: minute, h: hour, d: day, w: 7 * day, y: 365 * day };

/** A thousand years. No password needs to be valid for longer, and the year still has four digits in RFC 3339. */
const maxLifetime = 1000 * 365 * day;

/** Parses a lifetime (`90d`, `1y`, `1h30m`); undefined if it is invalid, zero or too long. */
export function parseLifetime(text: string): number | undefined {
  const parts = /^(?:[1-9]\d{0,5}[mhdwy])+$/.test(text) ? [...text.matchAll(/(\d+)(.)/g)] : [];
  const sum = parts.reduce((total, [, amount, unit = ""]) => total + Number(amount) * (lifetimeUnits[unit] ?? 0), 0);
  return sum === 0 || sum > maxLifetime ? undefined : sum;
}

/** The units of Go's durations. The micro sign has two code points. */
const goUnits: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: second, m: minute, h: hour };

/** The limit of Go's 64-bit integers, also for the nanoseconds of a duration: about 292 years. */
const int64Limit = 2 ** 63;

/**
 * Parses `--request-timeout` as clientcmd.ParseTimeout does: whole seconds, or a Go duration (`1m30s`, `.5s`, `100us`). A negative one
 * means no timeout, which is 0.
 * @returns undefined for a value that kubectl rejects
 */
export function parseTimeout(text: string): number | undefined {
  if (/^\+?\d+$/.test(text)) return Number(text) < int64Limit ? Number(text) * second : undefined;
  const [, sign, parts] = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text) ?? [];
  if (parts === undefined) return /^[+-]0$/.test(text) ? 0 : undefined;
  const amounts = [...parts.matchAll(/([\d.]+)([^\d.]+)/g)].map(([, amount, unit = ""]) => Number(amount) * (goUnits[unit] ?? 0));
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  if (sum * 1e6 >= int64Limit) return undefined;
  return sign === "-" ? 0 : sum;
}

/** Parses a Go duration of this plugin's flags; undefined for an invalid or a negative one. */
export const parseGoDuration = (text: string): number | undefined => (text.startsWith("-") ? undefined : parseTimeout(text));

// Writing

/** Formats the time since a timestamp, like kubectl's column AGE: `5s`, `3m12s`, `5h`, `12d`; `<unknown>` for an invalid date. */
export const age = (from: string | null | undefined, now: Date): string =>
  from ? shortForm(now.getTime() - Date.parse(from)) : "<unknown>";

/** Formats the time until a timestamp; `expired` if it has passed, `never` without one, `<unknown>` for an invalid date. */
export function until(to: string | undefined, now: Date): string {
  if (to === undefined) return "never";
  const left = Date.parse(to) - now.getTime();
  return left <= 0 ? "expired" : shortForm(left);
}

const letters = { s: second, m: minute, h: hour, d: day } as const;

type Form = { readonly below: number; readonly unit: keyof typeof letters; readonly rest?: keyof typeof letters };

/** Shorter times are more precise: below this time, in this unit, with the remainder in that one. */
const forms: readonly Form[] = [
  { below: 2 * minute, unit: "s" },
  { below: 10 * minute, unit: "m", rest: "s" },
  { below: 3 * hour, unit: "m" },
  { below: 8 * hour, unit: "h", rest: "m" },
  { below: 2 * day, unit: "h" },
  { below: 8 * day, unit: "d", rest: "h" },
];
const longest: Form = { below: Number.POSITIVE_INFINITY, unit: "d" };

/** apimachinery's duration.HumanDuration, shortened. */
function shortForm(milliseconds: number): string {
  if (Number.isNaN(milliseconds)) return "<unknown>";
  const time = Math.max(0, milliseconds);
  const { unit, rest } = forms.find(({ below }) => time < below) ?? longest;
  const whole = `${Math.floor(time / letters[unit])}${unit}`;
  const left = rest === undefined ? 0 : Math.floor((time % letters[unit]) / letters[rest]);
  return left === 0 ? whole : `${whole}${left}${rest}`;
}

/** Formats a duration as the value of a flag: in days or hours if it differs from them by at most `tolerance`, else in minutes. */
export function flagValue(milliseconds: number, tolerance: number): string {
  for (const letter of ["d", "h"] as const) {
    const whole = Math.round(milliseconds / letters[letter]);
    if (whole > 0 && Math.abs(whole * letters[letter] - milliseconds) <= tolerance) return `${whole}${letter}`;
  }
  return `${Math.ceil(milliseconds / minute)}m`;
}

/** Formats a lifetime of whole minutes as {@link parseLifetime} reads it: `90d`, `1h30m`. */
export function formatLifetime(milliseconds: number): string {
  const amounts = [Math.floor(milliseconds / day), Math.floor((milliseconds % day) / hour), Math.floor((milliseconds % hour) / minute)];
  return ["d", "h", "m"].map((unit, index) => (amounts[index] ? `${amounts[index]}${unit}` : "")).join("");
}

/** Formats a short wait in a sentence: `40 seconds`, and `2 minutes` if it is longer than 90 seconds. */
export const inWords = (milliseconds: number): string =>
  milliseconds > 90 * second ? `${Math.ceil(milliseconds / minute)} minutes` : `${Math.ceil(milliseconds / second)} seconds`;

const words = { days: day, h: hour, min: minute } as const;

/** Formats how long ago something happened: `40 s`, `5 min`, `3 h`, `12 days`. Uses the largest unit that fits twice. */
export function ago(milliseconds: number): string {
  const [word, length] = Object.entries(words).find(([, each]) => milliseconds >= 2 * each) ?? ["s", second];
  return `${Math.floor(milliseconds / length)} ${word}`;
}

const relativeUnits = { year: 365 * day, day, hour, minute } as const;

let relative: Intl.RelativeTimeFormat | undefined;

/** Formats a time relative to now: `in 29 days`, `3 hours ago`. Uses the largest unit that fits twice. */
export function fromNow(milliseconds: number): string {
  const [unit, length] = Object.entries(relativeUnits).find(([, each]) => Math.abs(milliseconds) >= 2 * each) ?? ["second", second];
  // Loaded at the first use: it takes milliseconds
  relative ??= new Intl.RelativeTimeFormat("en");
  return relative.format(Math.trunc(milliseconds / length), unit as keyof typeof relativeUnits);
}
