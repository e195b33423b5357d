/** The times of a CronJob in UTC: the allowed values of each field. */
export type Cron = {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** If both days and weekdays are restricted, one of them is enough. */
  readonly eitherDay: boolean;
};

type Field = { readonly from: number; readonly to: number; readonly names?: readonly string[] };

const fields: readonly Field[] = [
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  { from: 1, to: 12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] },
  { from: 0, to: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/**
 * Returns a schedule as a CronJob has it: `0 3 * * *` for `03:00`, and five cron fields unchanged; undefined for any other text.
 */
export function cronOf(text: string): string | undefined {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  const cron = hour === undefined ? text.trim().split(/\s+/).join(" ") : `${Number(minute)} ${Number(hour)} * * *`;
  return parseCron(cron) && cron;
}

/** Reads five cron fields as Kubernetes does (robfig/cron v3, ParseStandard). @returns undefined for an invalid text, and for `@daily` */
export function parseCron(text: string): Cron | undefined {
  const words = text.split(" ");
  const sets = fields.map((field, at) => valuesOf(words[at] ?? "", field));
  const [minutes, hours, days, months, weekdays] = sets;
  if (words.length !== fields.length || !minutes || !hours || !days || !months || !weekdays) return undefined;
  // A step such as */2 is a restriction, but */1 is not
  const isOpen = (word = "") => word.split(",").some((part) => /^[*?](\/1)?$/.test(part));
  return { minutes, hours, days, months, weekdays, eitherDay: !isOpen(words[2]) && !isOpen(words[4]) };
}

function valuesOf(word: string, field: Field): ReadonlySet<number> | undefined {
  const ranges = word.split(",").map((part) => rangeOf(part, field));
  return ranges.every((range) => range !== undefined) ? new Set(ranges.flat()) : undefined;
}

/** Returns the values of one part of a field: `*`, `5`, `1-5`, `mon-fri`, `*\/10`, `30/10`; undefined for an invalid part. */
function rangeOf(part: string, { from, to, names = [] }: Field): readonly number[] | undefined {
  const parsed = /^(?:[*?]|(?<first>\w+)(?:-(?<last>\w+))?)(?:\/(?<step>\d+))?$/.exec(part);
  if (!parsed) return undefined;
  const { first, last, step } = parsed.groups ?? {};
  const numberOf = (word: string) => (/^\d+$/.test(word) ? Number(word) : from + names.indexOf(word.toLowerCase()));
  const start = first === undefined ? from : numberOf(first);
  const end = last !== undefined ? numberOf(last) : first === undefined || step !== undefined ? to : start;
  if (start < from || end > to || start > end || Number(step) === 0) return undefined;
  return Array.from({ length: end - start + 1 }, (_, at) => start + at).filter((_, at) => at % Number(step ?? 1) === 0);
}

/** Returns the first time after another one, in whole minutes of UTC; undefined if there is none within eight years (30 February). */
export function nextTime(cron: Cron, after: Date): Date | undefined {
  const minutes = [...cron.hours].flatMap((hour) => [...cron.minutes].map((minute) => hour * 60 + minute)).sort((a, b) => a - b);
  for (let day = 0; day < 8 * 366; day++) {
    const date = Date.UTC(after.getUTCFullYear(), after.getUTCMonth(), after.getUTCDate() + day);
    const found = isOnDay(cron, new Date(date)) && minutes.map((minute) => date + minute * 60_000).find((time) => time > after.getTime());
    if (found) return new Date(found);
  }
  return undefined;
}

function isOnDay({ days, months, weekdays, eitherDay }: Cron, date: Date): boolean {
  const [onDay, onWeekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
  return months.has(date.getUTCMonth() + 1) && (eitherDay ? onDay || onWeekday : onDay && onWeekday);
}
