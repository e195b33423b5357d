import { Cron } from "croner";

/** What the library reads and Kubernetes doesn't: last days, nearest weekdays, n-th weekdays, `+`, and 7 for Sunday. */
const extensions = /[#+]|\d[lw]|\b(l|w|lw)\b|[\s,-]7\S*$/i;

/** Returns a schedule as a CronJob has it: `0 3 * * *` for `03:00`, and five cron fields unchanged; undefined for any other text. */
export function cronOf(text: string): string | undefined {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  const cron = hour === undefined ? text.trim().split(/\s+/).join(" ") : `${Number(minute)} ${Number(hour)} * * *`;
  return cron.includes(" ") && !extensions.test(cron) && nextTime(cron, new Date(0)) ? cron : undefined;
}

/** Returns the first time after another one at which a CronJob with the time zone UTC runs; undefined if it never does. */
export const nextTime = (cron: string, after: Date): Date | undefined => parse(cron)?.nextRun(after) ?? undefined;

function parse(cron: string): Cron | undefined {
  try {
    return new Cron(cron, { mode: "5-part", timezone: "Etc/UTC", paused: true });
  } catch {
    return undefined;
  }
}
