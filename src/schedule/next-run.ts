import { day, minute } from "../duration.ts";

/** The fields of a schedule: the first and the last value, and the names of values. */
const fields = [
  { first: 0, last: 59, names: [] },
  { first: 0, last: 23, names: [] },
  { first: 1, last: 31, names: [] },
  { first: 1, last: 12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] },
  { first: 0, last: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
] as const;

/** Anyone may write a CronJob. A longer schedule is not read. */
const maxLength = 200;

/** The values that a field selects, and whether a star or a question mark selects all of them. */
type Field = { readonly values: readonly number[]; readonly isAny: boolean };

/**
 * Reads the five fields of a CronJob's schedule by the rules of robfig/cron 3, which the API server and the CronJob controller use.
 * @returns undefined for any other text, such as `@hourly`
 */
export function readSchedule(schedule: string): readonly Field[] | undefined {
  const texts = schedule.length > maxLength ? [] : schedule.trim().split(/\s+/);
  const read = texts.length === fields.length ? texts.map(readField) : [];
  return read.length > 0 && read.every((field) => field !== undefined) ? read : undefined;
}

/** Returns the next time of a CronJob's schedule in UTC. @returns undefined without such a time in this year and the next five, as cron */
export function nextRun(schedule: string, after: Date): Date | undefined {
  const read = readSchedule(schedule);
  if (!read) return undefined;
  const [minutes, hours, days, months, weekdays] = read as [Field, Field, Field, Field, Field];
  const selects = (date: Date) => {
    const found = [days.values.includes(date.getUTCDate()), weekdays.values.includes(date.getUTCDay())];
    // If both fields select some days, one of them is enough
    const isDay = days.isAny || weekdays.isAny ? found.every(Boolean) : found.some(Boolean);
    return isDay && months.values.includes(date.getUTCMonth() + 1);
  };
  const end = Date.UTC(after.getUTCFullYear() + 6, 0) / day;
  for (let at = Math.floor(after.getTime() / day); at < end; at++) {
    if (!selects(new Date(at * day))) continue;
    const times = hours.values.flatMap((hour) => minutes.values.map((each) => at * day + (hour * 60 + each) * minute));
    const found = times.find((time) => time > after.getTime());
    if (found !== undefined) return new Date(found);
  }
  return undefined;
}

/** Reads a list of `*`, `5`, `1-5` or `mon-fri`, each with a step or without. */
function readField(text: string, at: number): Field | undefined {
  const { first, last, names } = fields[at] ?? fields[0];
  const numberOf = (word: string) => {
    const named = (names as readonly string[]).indexOf(word.toLowerCase());
    return named >= 0 ? named + first : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  };
  const parts = text
    .split(",")
    .filter(Boolean)
    .map((part) => {
      const [, any, from = "", to, step] = /^(?:([*?])|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part) ?? [];
      const isOpen = any !== undefined || (to === undefined && step !== undefined);
      return { any, from: any ? first : numberOf(from), to: isOpen ? last : numberOf(to ?? from), step: Number(step ?? 1) };
    });
  if (!parts.every(({ from, to, step }) => first <= from && from <= to && to <= last && step > 0)) return undefined;
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return {
    values: all.filter((value) => parts.some(({ from, to, step }) => value >= from && value <= to && (value - from) % step === 0)),
    isAny: parts.some(({ any, step }) => any && step === 1),
  };
}
