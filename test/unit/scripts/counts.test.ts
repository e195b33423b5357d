import { expect, test } from "vitest";
import { type Counts, countReport, inWords, type Report, timesOf } from "../../../scripts/counts.ts";

/** Returns a report of files, each given as the states of its tests. A file with a `!` failed outside its tests. */
function report(...files: string[][]): Report {
  const states = files.flat().filter((state) => state !== "!");
  const count = (wanted: string) => states.filter((state) => state === wanted).length;
  return {
    numPassedTests: count("passed"),
    numFailedTests: count("failed"),
    numPendingTests: count("skipped"),
    numTodoTests: count("todo"),
    testResults: files.map((file) => ({
      name: "a.test.ts",
      message: "",
      status: file.includes("!") || file.includes("failed") ? "failed" : "passed",
      assertionResults: file.filter((state) => state !== "!").map((status) => ({ status, fullName: "a test", failureMessages: [] })),
    })),
  };
}

test.for<{ why: string; report: Report | undefined; exit: number; counts: Counts }>([
  { why: "all tests pass", report: report(["passed", "passed"], ["passed"]), exit: 0, counts: { passed: 3, failed: 0, skipped: 0 } },
  { why: "a test failed", report: report(["passed", "failed"]), exit: 1, counts: { passed: 1, failed: 1, skipped: 0 } },
  { why: "a file cannot be loaded", report: report(["passed"], ["!"]), exit: 1, counts: { passed: 1, failed: 1, skipped: 0 } },
  { why: "a hook failed", report: report(["passed", "!"]), exit: 1, counts: { passed: 1, failed: 1, skipped: 0 } },
  { why: "an error is unhandled", report: report(["passed"]), exit: 1, counts: { passed: 1, failed: 1, skipped: 0 } },
  { why: "vitest crashed", report: undefined, exit: 143, counts: { passed: 0, failed: 1, skipped: 0 } },
  { why: "some tests were skipped", report: report(["passed", "skipped", "todo"]), exit: 0, counts: { passed: 1, failed: 0, skipped: 2 } },
])("counts the tests when $why", ({ report, exit, counts }) => {
  expect(countReport(report, exit)).toEqual(counts);
});

test.for<[Counts, string]>([
  [{ passed: 7, failed: 0, skipped: 0 }, "7 passed, 0 failed"],
  [{ passed: 7, failed: 1, skipped: 2 }, "7 passed, 1 failed, 2 skipped"],
])("prints %j as %s", ([counts, words]) => {
  expect(inWords(counts)).toBe(words);
});

test("returns the time of each file, relative to the root", () => {
  const [file] = report(["passed"]).testResults;
  const timed = { ...report(), testResults: file ? [{ ...file, name: "/r/test/a.test.ts", startTime: 1000, endTime: 3500 }] : [] };

  expect(timesOf(timed, "/r")).toEqual([{ file: "test/a.test.ts", milliseconds: 2500 }]);
  expect(timesOf(undefined, "/r")).toEqual([]);
});
