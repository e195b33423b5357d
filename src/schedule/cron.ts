/**
 * Returns a schedule as a CronJob has it: `0 3 * * *` for `03:00`, and five cron fields unchanged; undefined for any other text. The API
 * server checks the values of the fields.
 */
export function cronOf(text: string): string | undefined {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== undefined) return `${Number(minute)} ${Number(hour)} * * *`;
  const fields = text.trim().split(/\s+/);
  return fields.length === 5 && fields.every((field) => /^[\w*,/-]+$/.test(field)) ? fields.join(" ") : undefined;
}
