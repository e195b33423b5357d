import { relative } from "node:path";
import { isBroken, type Report, type TestReport } from "./counts.ts";

/** Lines of what a failed test said that are told again. */
const most = 20;

/** What failed in a run of vitest, each a name and, indented, what it said: to be told at the end, where nobody has to look for it. */
export function failuresOf(report: Report | undefined, root: string): string[] {
  return (report?.testResults ?? []).flatMap((file) => {
    const name = relative(root, file.name);
    return isBroken(file) ? [told(name, [file.message])] : file.assertionResults.filter(isFailed).map((test) => ofTest(name, test));
  });
}

const isFailed = ({ status }: TestReport) => status === "failed";

const ofTest = (file: string, { fullName, failureMessages }: TestReport) => told(`${file}: ${fullName}`, failureMessages.map(withoutStack));

function told(what: string, messages: readonly string[]): string {
  const lines = messages.flatMap((message) => message.trim().split("\n")).slice(0, most);
  return [what, ...lines.map((line) => `  ${line}`.trimEnd())].join("\n");
}

/** The message of an error, as its stack begins. */
const withoutStack = (stack: string) => stack.replace(/(\n {4}at .*)+$/s, "");
