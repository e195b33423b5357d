import { minute } from "../duration.ts";

type Field = { readonly first: number; readonly last: number; readonly names: readonly string[] };

/** The fields of a schedule: the first and the last value, and the names of values. */
const fields: readonly [Field, ...Field[]] = [
  { first: 0, last: 59, names: [] },
  { first: 0, last: 23, names: [] },
  { first: 1, last: 31, names: [] },
  { first: 1, last: 12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] },
  { first: 0, last: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/**
 * Whether a CronJob accepts the five fields of a schedule, by the rules of robfig/cron 3, which the API server and the CronJob controller use.
 * Any other text, such as `@hourly`, is rejected.
 */
export function isSchedule(schedule: string): boolean {
  const texts = schedule.trim().split(/\s+/);
  return texts.length === fields.length && texts.every((text, at) => !valuesOf(text, at).includes(undefined));
}

/** Returns the values of a field, which is a list of ranges; undefined for an invalid range. */
const valuesOf = (text: string, at: number): readonly (number | undefined)[] =>
  text
    .split(",")
    .filter(Boolean)
    .flatMap((part) => valuesIn(part, fields[at] ?? fields[0]));

/** Returns the values of `*`, `5`, `1-5` or `mon-fri`, each with a step or without. */
function valuesIn(range: string, field: Field): readonly (number | undefined)[] {
  const [, any, word = "", to, step] = /^(?:([*?])|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(range) ?? [];
  const from = any ? field.first : numberOf(word, field);
  // A single value with a step is the start of a range
  const open = any || step ? field.last : from;
  const end = to === undefined ? open : numberOf(to, field);
  const by = Number(step ?? 1);
  const isValid = field.first <= from && from <= end && end <= field.last && by > 0;
  return isValid ? Array.from({ length: Math.floor((end - from) / by) + 1 }, (_, index) => from + index * by) : [undefined];
}

function numberOf(word: string, { first, names }: Field): number {
  const named = names.indexOf(word.toLowerCase());
  if (named >= 0) return named + first;
  return /^\d+$/.test(word) ? Number(word) : Number.NaN;
}

/** Returns the longest time between two runs of a schedule, in milliseconds; Infinity if it never runs. */
export function longestPause(schedule: string): number {
  const texts = schedule.split(" ");
  const [minutes = [], hours = [], ofMonth = [], months = [], ofWeek = []] = texts.map(valuesOf);
  // A day must match one of its two fields, but both if one of them is for all days
  const isForAll = [texts[2], texts[4]].some((text = "") => /(^|,)[*?](\/1)?(,|$)/.test(text));
  const runsOn = (date: Date) => {
    const matches = [ofMonth.includes(date.getUTCDate()), ofWeek.includes(date.getUTCDay())];
    return months.includes(date.getUTCMonth() + 1) && (isForAll ? !matches.includes(false) : matches.includes(true));
  };
  // Two leap years
  const dates = Array.from({ length: 8 * 366 }, (_, index) => new Date(Date.UTC(2024, 0, 1 + index))).filter(runsOn);
  const times = hours.flatMap((hour = 0) => minutes.map((at = 0) => (hour * 60 + at) * minute)).toSorted((a, b) => a - b);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || dates.length === 0) return Number.POSITIVE_INFINITY;
  const days = pauseIn(dates.map((date) => date.getTime()));
  return Math.max(pauseIn(times), days + first - last);
}

/** Returns the longest time between two of these times, which are sorted. */
const pauseIn = (times: readonly number[]): number => Math.max(0, ...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
