import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { parsers } from "../../sandbox/python.ts";
import { junit } from "../../src/output/junit.ts";
import { openmetrics } from "../../src/output/openmetrics.ts";
import { checks, hostile, now, secrets } from "../support/report-items.ts";

const folder = await parsers();
const report = { now, version: "v1.2.3" };
const [checked, listed] = [openmetrics(checks, { ...report, verb: "check" }), openmetrics(secrets, { ...report, verb: "list" })];

/** Parses a report with a real parser. @param format an argument of parse.py */
async function parsed(format: "openmetrics" | "text" | "junit", content: string) {
  const child = spawn(join(folder, "python"), [join(import.meta.dirname, "parse.py"), format], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(content);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

/** Hostile text as a report contains it: on one line, and without invalid characters. */
const shown = hostile
  .replaceAll("\n", "\\x0a")
  .replace("\0", "\\x00")
  .replace("\u001b", "\\x1b")
  .replace("\u202e", "\\u202e")
  .toWellFormed();

// The node exporter and the Pushgateway read the text format
test.for(["openmetrics", "text"] as const)("prints metrics that prometheus_client reads: %s", async (format) => {
  const [expiry, run, unreadable] = await parsed(format, listed);
  const [pulls] = await parsed(format, checked);

  expect([expiry, run, unreadable].map(({ name, type }) => [name, type])).toEqual([
    ["acr_secret_expiry_timestamp_seconds", "gauge"],
    ["acr_secret_run_timestamp_seconds", "gauge"],
    ["acr_secret_unreadable_namespaces", "gauge"],
  ]);
  expect(expiry.samples.map(({ value }: { value: string }) => value)).toEqual(["1768435200", "1769904000", "inf", "nan", "inf"]);
  expect(expiry.samples.at(-1).labels).toEqual({ namespace: "demo", secret: shown, registry: shown, credential: shown });
  expect(pulls.samples.map(({ value }: { value: string }) => value)).toEqual(["1", "0", "1", "0"]);
  expect(pulls.samples.at(-1).labels).toMatchObject({ namespace: shown, image: shown, cause: "refused" });
});

test("prints JUnit XML that junitparser reads", async () => {
  const suites = await parsed("junit", junit(checks, { ...report, verb: "check" }));
  const xml = shown.replace("\ufffe", "\ufffd");

  expect(suites).toMatchObject([
    {
      name: "demo",
      tests: 4,
      failures: 2,
      skipped: 1,
      cases: [
        { name: "r.azurecr.io/a:1 (deployment/web)", results: [] },
        { results: [{ kind: "Failure", type: "no-login", message: "missing credential" }] },
        { results: [{ kind: "Skipped" }] },
        {},
      ],
    },
    { name: xml, failures: 1, cases: [{ name: `${xml} (serviceaccount/${xml})`, results: [{ type: "refused" }] }] },
    { name: "other", errors: 1, cases: [{ results: [{ kind: "Error", type: "forbidden", message: xml, text: `${xml}\n${xml}\n` }] }] },
  ]);
});
