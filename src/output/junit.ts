import type { Report } from "./format.ts";
import { type ErrorItem, type ImageCheck, type Item, imageUsers, nextCommandOf } from "./items.ts";
import { printable } from "./printable.ts";
import { fileLines, stateOf } from "./verdicts.ts";

/** Formats a check as JUnit XML: a test suite for each namespace, and a test case for each image. */
export function junit(items: readonly Item[], { now }: Report): string {
  const cases = items.flatMap((item) => (item.kind === "ImageCheck" || item.kind === "Error" ? [item] : []));
  const suites = [...Map.groupBy(cases, (item) => item.namespace ?? "cluster")].map(([name, group]) => {
    const attributes = { name, ...countsOf(group), timestamp: now.toISOString().slice(0, 19) };
    return element("testsuite", attributes, group.map((item) => testCase(name, item)).join(""));
  });
  const attributes = { name: "kubectl acr-secret check", ...countsOf(cases) };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("testsuites", attributes, suites.join(""))}`;
}

type Case = ImageCheck | ErrorItem;

const countsOf = (cases: readonly Case[]) => ({
  tests: cases.length,
  failures: cases.filter((item) => item.kind === "ImageCheck" && !item.ok).length,
  errors: cases.filter(({ kind }) => kind === "Error").length,
  skipped: cases.filter(isSkipped).length,
});

const isSkipped = (item: Case): boolean => item.kind === "ImageCheck" && stateOf(item) === "unchecked";

function testCase(classname: string, item: Case): string {
  if (item.kind === "Error") {
    const { reason, message, hint } = item;
    const error = element("error", { type: reason, message }, body([message, hint]));
    return element("testcase", { classname, name: "read the pods and Secrets" }, error);
  }
  const { image, cause, verdict, message, registryMessages, file, notes } = item;
  const details = body([message, ...registryMessages, ...fileLines(file), ...notes, nextCommandOf(item)]);
  const outcome = isSkipped(item)
    ? element("skipped", { message: verdict })
    : item.ok
      ? ""
      : element("failure", { type: cause, message: message === undefined ? verdict : `${verdict}: ${message}` }, details);
  return element("testcase", { classname, name: `${image} (${imageUsers(item).join(", ")})` }, outcome);
}

const body = (lines: readonly (string | undefined)[]): string =>
  lines.flatMap((line) => (line === undefined ? [] : [`${escaped(line)}\n`])).join("");

function element(name: string, attributes: Readonly<Record<string, string | number>>, content = ""): string {
  const shown = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  const start = `<${name}${shown.join("")}`;
  return content === "" ? `${start}/>\n` : `${start}>${content.startsWith("<") ? "\n" : ""}${content}</${name}>\n`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Escapes text for an element or an attribute. XML 1.0 (2.2) allows no control characters, single surrogates and U+FFFE. */
const escaped = (text: string): string =>
  printable(text)
    .toWellFormed()
    .replace(/[\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"]/g, (char) => entities[char] ?? char);
