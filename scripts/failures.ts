import { relative } from "node:path";
import { isBroken, type Report, type TestReport } from "./counts.ts";

/** The maximum number of lines per failed test. */
const most = 20;

/**
 * Returns the failures of a vitest run, each as a name and its indented message. They are printed at the end, where they are easy to find.
 */
export function failuresOf(report: Report | undefined, root: string): string[] {
  return (report?.testResults ?? []).flatMap((file) => {
    const name = relative(root, file.name);
    return isBroken(file)
      ? [describeFailure(name, [file.message])]
      : file.assertionResults.filter(isFailed).map((test) => ofTest(name, test));
  });
}

const isFailed = ({ status }: TestReport) => status === "failed";

const ofTest = (file: string, { fullName, failureMessages }: TestReport) =>
  describeFailure(`${file}: ${fullName}`, failureMessages.map(withoutStack));

function describeFailure(what: string, messages: readonly string[]): string {
  const lines = messages.flatMap((message) => message.trim().split("\n")).slice(0, most);
  return [what, ...lines.map((line) => `  ${line}`.trimEnd())].join("\n");
}

/** Returns the message of an error, without its stack trace. */
const withoutStack = (stack: string) => stack.replace(/(\n {4}at .*)+$/s, "");
