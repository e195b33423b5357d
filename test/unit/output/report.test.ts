import { expect, test } from "vitest";
import { causes } from "../../../src/check/cause.ts";
import { CliError } from "../../../src/errors.ts";
import { errorItem, pullSecretItem } from "../../../src/output/items.ts";
import { junit } from "../../../src/output/junit.ts";
import { openmetrics } from "../../../src/output/openmetrics.ts";
import { toSeconds } from "../../../src/timestamp.ts";
import { checks, now, secrets } from "../../support/report-items.ts";

const report = { verb: "check", now, version: "v1.2.3" } as const;

test("prints JUnit XML with a suite for each namespace", () => {
  expect(junit(checks.slice(0, 3), report)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="kubectl acr-secret check" tests="3" failures="1" errors="0" skipped="1">
<testsuite name="demo" tests="3" failures="1" errors="0" skipped="1" timestamp="2026-01-01T00:00:00">
<testcase classname="demo" name="r.azurecr.io/a:1 (deployment/web)"/>
<testcase classname="demo" name="r.azurecr.io/b:1 (deployment/web)">
<failure type="no-login" message="missing credential">${fix}
</failure>
</testcase>
<testcase classname="demo" name="r.azurecr.io/c:1 (deployment/web)">
<skipped message="${causes["by-node"].words}"/>
</testcase>
</testsuite>
</testsuites>
`);
});

test("names the test suite of an error that concerns the whole cluster", () => {
  const error = errorItem(new CliError("unreachable", "no route"), { namespace: "" }, () => "");

  expect(junit([error], report)).toContain(
    '<testsuite name="cluster" tests="1" failures="0" errors="1" skipped="0" timestamp="2026-01-01T00:00:00">\n<testcase classname="cluster" ',
  );
});

/** The command with hostile text, as XML. */
const fix = "kubectl acr-secret create --registry ']]&gt;&quot;'&amp;&lt;x&gt;\\\\x0a\\x00\\x1b[31m\\u202e\ufffd\ufffd# EOF\\x0a{}'";

test("prints no character in JUnit XML that XML does not allow", () => {
  const text = junit(checks, report);

  expect(text.match(/[^\n\u0020-\ud7ff\ue000-\ufffd]/gu)).toBeNull();
  expect(text).toContain('<error type="forbidden" message="]]&gt;&quot;');
});

test("prints the expiry of each login as OpenMetrics, and one sample for the same labels", () => {
  expect(openmetrics(secrets.slice(0, 1), { ...report, verb: "list" })).toBe(`# TYPE acr_secret_expiry_timestamp_seconds gauge
# UNIT acr_secret_expiry_timestamp_seconds seconds
# HELP acr_secret_expiry_timestamp_seconds Expiry of a login. +Inf: never, NaN: unknown.
acr_secret_expiry_timestamp_seconds{namespace="demo",secret="acr",registry="a.azurecr.io",credential="acr-token"} 1768435200
acr_secret_expiry_timestamp_seconds{namespace="demo",secret="acr",registry="a.eastus.geo.azurecr.io",credential="acr-token"} 1769904000
acr_secret_expiry_timestamp_seconds{namespace="demo",secret="acr",registry="b.azurecr.io",credential="acr-token"} +Inf
acr_secret_expiry_timestamp_seconds{namespace="demo",secret="acr",registry="c.azurecr.io",credential="acr-token"} NaN
# TYPE acr_secret_run_timestamp_seconds gauge
# UNIT acr_secret_run_timestamp_seconds seconds
# HELP acr_secret_run_timestamp_seconds Time of the run.
acr_secret_run_timestamp_seconds{command="list"} 1767225600
# TYPE acr_secret_unreadable_namespaces gauge
# HELP acr_secret_unreadable_namespaces Namespaces that the run could not read.
acr_secret_unreadable_namespaces{command="list"} 0
# EOF
`);
});

test("prints whether each image pulls as OpenMetrics, and counts the errors", () => {
  const lines = openmetrics(checks, report).split("\n");

  expect(lines.filter((line) => line.includes("r.azurecr.io"))).toEqual([
    'acr_secret_image_pulls{namespace="demo",image="r.azurecr.io/a:1",secret="acr",owner="deployment/web",cause="pulls"} 1',
    'acr_secret_image_pulls{namespace="demo",image="r.azurecr.io/b:1",secret="acr",owner="deployment/web",cause="no-login"} 0',
    'acr_secret_image_pulls{namespace="demo",image="r.azurecr.io/c:1",secret="acr",owner="deployment/web",cause="by-node"} 1',
  ]);
  expect(lines).toContain('acr_secret_unreadable_namespaces{command="check"} 1');
  expect(lines.filter((line) => line.startsWith("# EOF"))).toHaveLength(1);
});

test.for([
  { times: [5, null], value: 5 },
  { times: [null, 5], value: 5 },
  { times: [7, 5, 9], value: 5 },
])("prints the first known expiry as OpenMetrics when logins have the same labels: $times", ({ times, value }) => {
  const holdings = times.map((time) => {
    const expiry = time === null ? { expiry: "unknown" as const } : { expiry: "at" as const, expiresAt: toSeconds(new Date(time * 1000)) };
    return { hosts: ["r.azurecr.io"], kind: "acr-token", guessed: false, identity: "", slot: "", ...expiry };
  });
  const item = pullSecretItem({
    name: "acr",
    namespace: "demo",
    source: undefined,
    copies: [],
    file: undefined,
    serviceAccounts: [],
    holdings,
  });
  const text = openmetrics([item], { ...report, verb: "list" });

  expect(text.match(/registry="r\.azurecr\.io".* (\S+)$/m)?.[1]).toBe(String(value));
});
