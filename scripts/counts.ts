import { relative } from "node:path";

/** How a set of tests ended. */
export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** The parts of vitest's JSON report that are counted here. */
export type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly FileReport[];
};

/** A file of tests; `message` is what broke it outside of them. */
export type FileReport = {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly startTime?: number;
  readonly endTime?: number;
  readonly assertionResults: readonly TestReport[];
};

/** A test; each of `failureMessages` ends with the stack. */
export type TestReport = { readonly fullName: string; readonly status: string; readonly failureMessages: readonly string[] };

/**
 * Counts a run of vitest so that no failure is lost: a file that broke outside its tests counts as one failed test,
 * and so does a run that failed for any other reason, or left no report at all.
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

/** Whether a file failed outside of its tests. */
export function isBroken({ status, assertionResults }: FileReport): boolean {
  return status === "failed" && !assertionResults.some((test) => test.status === "failed");
}

/** How long a file of tests took. */
export type FileTime = { readonly file: string; readonly milliseconds: number };

/** The time of each file, its path relative to `root`. */
export const timesOf = (report: Report | undefined, root: string): FileTime[] =>
  (report?.testResults ?? []).map(({ name, startTime = 0, endTime = startTime }) => ({
    file: relative(root, name),
    milliseconds: endTime - startTime,
  }));

export function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** `12 passed, 0 failed`, and the skipped only if there are some. */
export function inWords({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
