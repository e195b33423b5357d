import { relative } from "node:path";

/** The result of a set of tests. */
export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** The fields of vitest's JSON report that are counted here. */
export type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly FileReport[];
};

/** A test file. `message` is an error outside of its tests. */
export type FileReport = {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  /** Epoch milliseconds. */
  readonly startTime?: number;
  readonly endTime?: number;
  readonly assertionResults: readonly TestReport[];
};

/** A test. Each of `failureMessages` ends with the stack trace. */
export type TestReport = { readonly fullName: string; readonly status: string; readonly failureMessages: readonly string[] };

/**
 * Counts a vitest run without losing a failure: a file that fails outside its tests counts as one failed test. A run that fails for another
 * reason, or writes no report, counts as one failed test, too.
 */
export function countReport(report: Report | undefined, exitCode: number): Counts {
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const failed = report.numFailedTests + report.testResults.filter(isBroken).length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Whether a file failed outside its tests. */
export function isBroken({ status, assertionResults }: FileReport): boolean {
  return status === "failed" && !assertionResults.some((test) => test.status === "failed");
}

/** The duration of a test file. */
export type FileTime = { readonly file: string; readonly milliseconds: number };

/** Returns the duration of each file, with its path relative to `root`. */
export const timesOf = (report: Report | undefined, root: string): FileTime[] =>
  (report?.testResults ?? []).map(({ name, startTime = 0, endTime = startTime }) => ({
    file: relative(root, name),
    milliseconds: endTime - startTime,
  }));

export function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** `12 passed, 0 failed`, with the skipped tests only if there are any. */
export function inWords({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
