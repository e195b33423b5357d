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

/** Days until a schedule repeats: a 29 February that is a Monday comes at most 40 years later. */
const period = 40 * 366;

/**
 * Returns the next time of a CronJob's schedule in UTC, by the rules of robfig/cron, which the CronJob controller uses.
 * @returns undefined without such a time, and for a schedule that has not five fields, such as `@hourly`
 */
export function nextRun(schedule: string, after: Date): Date | undefined {
  const texts = schedule.length > maxLength ? [] : schedule.trim().split(/\s+/);
  if (texts.length !== fields.length) return undefined;
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = texts.map(valuesIn);
  // If both fields select some days, one of them is enough
  const isEither = !texts.filter((_, at) => at === 2 || at === 4).some((text) => /(^|,)[*?](,|$)/.test(text));
  const selects = (date: Date) => {
    const found = [days.includes(date.getUTCDate()), weekdays.includes(date.getUTCDay())];
    return months.includes(date.getUTCMonth() + 1) && (isEither ? found.some(Boolean) : found.every(Boolean));
  };
  const today = Math.floor(after.getTime() / day);
  for (let at = today; at < today + period; at++) {
    if (!selects(new Date(at * day))) continue;
    const times = hours.flatMap((hour) => minutes.map((each) => at * day + (hour * 60 + each) * minute));
    const found = times.find((time) => time > after.getTime());
    if (found !== undefined) return new Date(found);
  }
  return undefined;
}

/** Returns the values of a field in order. A field is a list of `*`, `5`, `1-5` or `mon-fri`, each with a step or without. */
function valuesIn(text: string, at: number): number[] {
  const { first, last, names } = fields[at] ?? fields[0];
  const numberOf = (word: string) => {
    const named = (names as readonly string[]).indexOf(word.toLowerCase());
    return named < 0 ? Number(word) : named + first;
  };
  const parts = text.split(",").map((part) => {
    const [range = "", step] = part.split("/");
    const [from = "", to] = range.split("-");
    const isAny = from === "*" || from === "?";
    const isOpen = isAny || (to === undefined && step !== undefined);
    return { from: isAny ? first : numberOf(from), to: isOpen ? last : numberOf(to ?? from), step: Number(step ?? 1) };
  });
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return all.filter((value) => parts.some(({ from, to, step }) => value >= from && value <= to && (value - from) % step === 0));
}
