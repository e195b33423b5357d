/** Returns the exit code of an error. If 1 reports a finding, such as a difference, errors exit with 2, as those of kubectl diff do. */
export const failureCode = (findings: boolean): number => (findings ? 2 : 1);
