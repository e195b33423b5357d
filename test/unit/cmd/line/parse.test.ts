import { expect, test } from "vitest";
import { milliseconds } from "../../../../cmd/line/durations.ts";
import { dryRun, global, output, targets } from "../../../../cmd/line/flags.ts";
import { parse } from "../../../../cmd/line/parse.ts";
import { kubeFlags } from "../../../../cmd/session.ts";

const flags = {
  ...global,
  ...targets,
  ...dryRun,
  ...output,
  "all-namespaces": { type: "boolean", short: "A", describe: "" },
  verify: { type: "boolean", default: true, describe: "" },
} as const;

test.for<{ typed: string; reads: object; args?: string[] }>([
  { typed: "-nfoo -oyaml x", reads: { namespace: "foo", output: "yaml" }, args: ["x"] },
  { typed: "-n=foo -o=yaml", reads: { namespace: "foo", output: "yaml" } },
  { typed: "-n foo -v 6", reads: { namespace: "foo", v: "6" } },
  { typed: "-Anbar -v9", reads: { "all-namespaces": true, namespace: "bar", v: "9" } },
  { typed: "-n a -n b", reads: { namespace: "b" } },
  { typed: "--as-group a --as-group b c", reads: { "as-group": ["a", "b"] }, args: ["c"] },
  { typed: "--serviceaccount --dry-run", reads: { serviceaccount: ["default"], "dry-run": "client" } },
  { typed: "--serviceaccount a --serviceaccount=b", reads: { serviceaccount: ["a", "b"] } },
  { typed: "--verify=false", reads: { verify: false } },
  { typed: "-- --verify=false -n", reads: { verify: true }, args: ["--verify=false", "-n"] },
  { typed: "1 007", reads: {}, args: ["1", "007"] },
])("$typed", ({ typed, reads, args = [] }) => {
  const parsed = parse(typed.split(" "), flags);

  expect(parsed.flags).toMatchObject(reads);
  expect(parsed.args).toEqual(args);
});

test.for([
  { typed: "--bogus=1", says: "unknown flag: --bogus" },
  { typed: "-q", says: "unknown shorthand flag: 'q' in -q" },
  { typed: "--no-verify", says: "unknown flag: --no-verify" },
  { typed: "--namespace", says: "flag needs an argument: --namespace" },
  { typed: "--dry-run=bad", says: 'Invalid dry-run value (bad). Must be "none", "server", or "client".' },
  { typed: "-o bogus", says: 'unable to match a printer suitable for the output format "bogus", allowed formats are: json,yaml,name' },
  { typed: "--namespace.x=1", says: "unknown flag: --namespace.x" },
])("$typed: $says", ({ typed, says }) => {
  expect(() => parse(typed.split(" "), flags)).toThrow(says);
});

test("what is kubectl's goes to kubectl, what is ours does not", () => {
  const typed = [
    "--context=prod",
    "--as",
    "jane",
    "--as-group=a",
    "--as-group=b",
    "--insecure-skip-tls-verify",
    "-n",
    "demo",
    "--request-timeout=1m30s",
    "-v=6",
  ];

  expect(kubeFlags(parse(typed, flags).flags)).toEqual({
    forward: ["--as=jane", "--as-group=a", "--as-group=b", "--context=prod", "--insecure-skip-tls-verify=true"],
    namespace: "demo",
    requestTimeout: 90_000,
  });
});

test.for([
  ["0", 0],
  ["5s", 5000],
  ["1h2m3s", 3_723_000],
  ["500ms", 500],
] as const)("%s is %i milliseconds", ([text, value]) => {
  expect(milliseconds(text)).toBe(value);
});

test.for(["x", "5 s", "-1s", ""])("%o is no duration", (text) => {
  expect(() => milliseconds(text)).toThrow("Invalid timeout value");
});
