/** Whether two times (RFC 3339) are the same moment, however they are written: Azure answers `+00:00` where it was sent `Z`. */
export function sameMoment(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && Date.parse(a) === Date.parse(b);
}
