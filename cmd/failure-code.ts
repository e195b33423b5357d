/** The exit code of an error: where 1 says that something differs, it is 2, as of kubectl diff. */
export const failureCode = (diff: boolean): number => (diff ? 2 : 1);
