import { expect, test } from "vitest";
import type { FileReport, Report } from "../../../scripts/counts.ts";
import { failuresOf } from "../../../scripts/failures.ts";

const reportOf = (...testResults: FileReport[]): Report => ({
  ...{ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 },
  testResults,
});
const file = { name: "/here/test/cluster/list.test.ts", message: "" };
const passed = { fullName: "a list is shown", status: "passed", failureMessages: [] };

test("reports a failed test by its file, its name and its message, without the stack", () => {
  const failureMessages = [
    "AssertionError: expected 'a\nb' to be 'c'\n    at /here/test/cluster/list.test.ts:4:2\n    at runTest (x.js:1:1)",
  ];
  const report = reportOf({
    ...{ ...file, status: "failed" },
    assertionResults: [passed, { fullName: "tokens an empty list is shown", status: "failed", failureMessages }],
  });

  expect(failuresOf(report, "/here")).toEqual([
    "test/cluster/list.test.ts: tokens an empty list is shown\n  AssertionError: expected 'a\n  b' to be 'c'",
  ]);
});

test("reports a file that failed outside its tests with the reason", () => {
  const report = reportOf({ ...file, status: "failed", message: "no API server", assertionResults: [passed] });

  expect(failuresOf(report, "/here")).toEqual(["test/cluster/list.test.ts\n  no API server"]);
});

test("prints the beginning of a long message", () => {
  const long = Array.from({ length: 100 }, (_, index) => `line ${index}`).join("\n");
  const report = reportOf({
    ...{ ...file, status: "failed" },
    assertionResults: [{ fullName: "x", status: "failed", failureMessages: [`${long}\n    at x.ts:1:1`] }],
  });

  expect(failuresOf(report, "/here")[0]?.split("\n")).toHaveLength(21);
});

test.for([
  ["all is well", reportOf({ ...file, status: "passed", assertionResults: [passed] })],
  ["there is no report", undefined],
] as const)("reports nothing when %s", ([, report]) => {
  expect(failuresOf(report, "/here")).toEqual([]);
});
