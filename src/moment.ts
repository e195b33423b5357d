/** Whether two times (RFC 3339) are the same moment, however they are written: Azure answers `+00:00` where it was sent `Z`. */
export function sameMoment(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && Date.parse(a) === Date.parse(b);
}

/** Whether a text is a time of RFC 3339, with its date and its offset. */
export const isTimestamp = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text) && !Number.isNaN(Date.parse(text));

/** A moment as RFC 3339 to the second, `2026-01-01T00:00:00Z`. */
export const toSeconds = (moment: Date): string => `${moment.toISOString().slice(0, 19)}Z`;

/**
 * When something made now dies that is to live as long as another did: a lifetime that was asked for once is kept.
 * @returns undefined where the other one has no end, or nobody knows it
 */
export function asLong(madeAt: string, expiresAt: string, now: Date): string | undefined {
  const lasted = Date.parse(expiresAt) - Date.parse(madeAt);
  return lasted > 0 ? toSeconds(new Date(now.getTime() + lasted)) : undefined;
}
