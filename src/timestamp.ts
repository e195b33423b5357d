/** Whether two times (RFC 3339) are equal, in any format. Azure returns `+00:00` for `Z`. */
export function isSameTime(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && Date.parse(a) === Date.parse(b);
}

/** Whether a text is a time of RFC 3339. In UTC its year must also have four digits, so that texts sort like times. */
export function isTimestamp(text: string): boolean {
  const time = Date.parse(text);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text) || Number.isNaN(time)) return false;
  return /^\d/.test(new Date(time).toISOString());
}

/** Formats a time as RFC 3339 to the second, `2026-01-01T00:00:00Z`. */
export const toSeconds = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;

/**
 * Returns the expiry of a password that is created now and is valid as long as an earlier one was.
 * @returns undefined if the earlier one has no known expiry
 */
export function renewedExpiry(madeAt: string, expiresAt: string, now: Date): string | undefined {
  if (!isTimestamp(madeAt) || !isTimestamp(expiresAt)) return undefined;
  const lasted = Date.parse(expiresAt) - Date.parse(madeAt);
  const renewed = toSeconds(new Date(now.getTime() + lasted));
  return lasted > 0 && isTimestamp(renewed) ? renewed : undefined;
}
