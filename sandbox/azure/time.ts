/** Returns the current time in the format of Azure's resource providers: UTC with seven decimals. */
export function preciseNow(): string {
  const ticks = String(Number(process.hrtime.bigint() % 10_000n)).padStart(4, "0");
  return new Date().toISOString().replace("Z", `${ticks}Z`);
}

/** Formats a time as Microsoft Graph lists it: `2026-01-01T00:00:00Z`. Graph's response to POST has seven decimals. */
export const inSeconds = (instant: string): string => instant.replace(/\.\d+Z$/, "Z");

/** Formats a time as Azure Container Registry returns it: `2100-12-31T12:59:59+00:00`, without trailing zeros in a fraction. */
export function withOffset(instant: string): string {
  const utc = instant.endsWith("Z") ? instant : new Date(instant).toISOString();
  return utc.replace(/(?:\.0+|(\.\d*[1-9])0*)?Z$/, "$1+00:00");
}
