/** The fields of a schedule: the first and the last value, and the names of values. */
const fields = [
  { first: 0, last: 59, names: [] },
  { first: 0, last: 23, names: [] },
  { first: 1, last: 31, names: [] },
  { first: 1, last: 12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] },
  { first: 0, last: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
] as const;

/**
 * Whether a CronJob accepts the five fields of a schedule, by the rules of robfig/cron 3, which the API server and the CronJob controller use.
 * Any other text, such as `@hourly`, is rejected.
 */
export function isSchedule(schedule: string): boolean {
  const texts = schedule.trim().split(/\s+/);
  return texts.length === fields.length && texts.every(isField);
}

/** Whether a field is a list of `*`, `5`, `1-5` or `mon-fri`, each with a step or without. */
function isField(text: string, at: number): boolean {
  const { first, last, names } = fields[at] ?? fields[0];
  const numberOf = (word: string) => {
    const named = (names as readonly string[]).indexOf(word.toLowerCase());
    return named >= 0 ? named + first : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  };
  return text
    .split(",")
    .filter(Boolean)
    .every((part) => {
      const [, any, word = "", to, step = "1"] = /^(?:([*?])|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part) ?? [];
      const from = any ? first : numberOf(word);
      const end = to === undefined ? from : numberOf(to);
      return first <= from && from <= end && end <= last && Number(step) > 0;
    });
}
