/** The present as Azure's resource providers note it: UTC, with seven decimals. */
export function preciseNow(): string {
  const ticks = String(Number(process.hrtime.bigint() % 10_000n)).padStart(4, "0");
  return new Date().toISOString().replace("Z", `${ticks}Z`);
}

/** An instant as Microsoft Graph lists it: `2026-01-01T00:00:00Z`. Its answer to POST has seven decimals. */
export const inSeconds = (instant: string): string => instant.replace(/\.\d+Z$/, "Z");

/** An instant as Azure Container Registry answers it: `2100-12-31T12:59:59+00:00`, without the zeros that end a fraction. */
export function withOffset(instant: string): string {
  const utc = instant.endsWith("Z") ? instant : new Date(instant).toISOString();
  return utc.replace(/(?:\.0+|(\.\d*[1-9])0*)?Z$/, "$1+00:00");
}
