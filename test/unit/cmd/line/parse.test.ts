import { expect, test } from "vitest";
import { dryRun, output, targetFlags } from "../../../../cmd/line/flags.ts";
import { global } from "../../../../cmd/line/kubectl-flags.ts";
import { parse } from "../../../../cmd/line/parse.ts";
import { kubeFlags } from "../../../../cmd/session.ts";
import { CliError } from "../../../../src/errors.ts";

const flags = {
  ...global,
  ...targetFlags,
  ...dryRun,
  ...output,
  "all-namespaces": { type: "boolean", short: "A", describe: "" },
  verify: { type: "boolean", default: true, describe: "" },
  registry: { type: "string", describe: "" },
  wait: { type: "string", describe: "" },
  auth: { type: "string", choices: ["auto", "az"], default: "auto", describe: "" },
  team: { type: "strings", describe: "" },
  left: { type: "string", exclusive: ["right"], describe: "" },
  right: { type: "boolean", describe: "" },
} as const;

/** Splits a line into words. `''` is an empty word. */
const words = (typed: string) => typed.split(" ").map((word) => word.replaceAll("''", ""));

test.for<{ typed: string; reads: object; args?: string[] }>([
  { typed: "-nfoo -oyaml x", reads: { namespace: "foo", output: "yaml" }, args: ["x"] },
  { typed: "-n=foo -o=yaml", reads: { namespace: "foo", output: "yaml" } },
  { typed: "-n foo -v 6", reads: { namespace: "foo", v: "6" } },
  { typed: "-Anbar -v9", reads: { "all-namespaces": true, namespace: "bar", v: "9" } },
  { typed: "-A=false", reads: { "all-namespaces": false } },
  { typed: "-n a -n b", reads: { namespace: "b" } },
  { typed: "-n a=b --context=c=d", reads: { namespace: "a=b", context: "c=d" } },
  { typed: "--as-group a --as-group b c", reads: { "as-group": ["a", "b"] }, args: ["c"] },
  { typed: "--serviceaccount --dry-run", reads: { serviceaccount: ["default"], "dry-run": "client" } },
  { typed: "--serviceaccount a --serviceaccount=b", reads: { serviceaccount: ["a", "b"] } },
  { typed: "--serviceaccount sa/a --serviceaccount=serviceaccount/b", reads: { serviceaccount: ["a", "b"] } },
  { typed: "--serviceaccount a,sa/b --serviceaccount=c", reads: { serviceaccount: ["a", "b", "c"] } },
  { typed: '--team "a,b",c --team="d""e"', reads: { team: ["a,b", "c", 'd"e'] } },
  { typed: "--as-group a,b", reads: { "as-group": ["a,b"] } },
  { typed: "--team a,b --team=c", reads: { team: ["a", "b", "c"] } },
  { typed: "-- --verify=false -n", reads: { verify: true }, args: ["--verify=false", "-n"] },
  { typed: "1 007 -", reads: {}, args: ["1", "007", "-"] },
  { typed: "a -n demo b", reads: { namespace: "demo" }, args: ["a", "b"] },
  // Values that start with a dash.
  { typed: "--token -abc --as-uid -1 x", reads: { token: "-abc", "as-uid": "-1" }, args: ["x"] },
  { typed: "--namespace --verify", reads: { namespace: "--verify", verify: true } },
  { typed: "-v -1", reads: { v: "-1" } },
  // An empty value of a kubectl flag counts as not set.
  {
    typed: "-n '' --context '' --kubeconfig= --request-timeout= -o ''",
    reads: { namespace: undefined, kubeconfig: undefined, "request-timeout": "0", output: undefined },
  },
  { typed: "-n= x", reads: { namespace: undefined }, args: ["x"] },
  { typed: "--as-group=", reads: { "as-group": [""] } },
  { typed: "'' x", reads: {}, args: ["", "x"] },
  { typed: "--left=a --right=false", reads: { left: "a", right: false } },
  // A flag that implies another one.
  { typed: "--diff", reads: { diff: true, "dry-run": "client" } },
  { typed: "--diff --dry-run=none", reads: { "dry-run": "client" } },
  { typed: "--dry-run=server --diff", reads: { diff: true, "dry-run": "server" } },
  { typed: "--diff=false", reads: { diff: false, "dry-run": "none" } },
  { typed: "--diff --diff=false", reads: { diff: false, "dry-run": "none" } },
  { typed: "--auth az", reads: { auth: "az" } },
  { typed: "--profile=none", reads: { profile: "none" } },
])("reads $typed", ({ typed, reads, args = [] }) => {
  const parsed = parse(words(typed), flags);

  expect(parsed.flags).toMatchObject(reads);
  expect(parsed.args).toEqual(args);
});

// Go's strconv.ParseBool.
test.for(["1", "t", "T", "true", "TRUE", "True"])("reads --verify=%s as true", (text) => {
  expect(parse([`--verify=${text}`], flags).flags["verify"]).toBe(true);
  expect(parse([`-A=${text}`], flags).flags["all-namespaces"]).toBe(true);
});

test.for(["0", "f", "F", "false", "FALSE", "False"])("reads --verify=%s as false", (text) => {
  expect(parse([`--verify=${text}`], flags).flags["verify"]).toBe(false);
});

test.for(["yes", "maybe", "tRUE", "2", "", " true", "constructor"])("rejects --verify=%s", (text) => {
  const message = (flag: string) => `invalid argument "${text}" for "${flag}" flag: strconv.ParseBool: parsing "${text}": invalid syntax`;

  expect(() => parse([`--verify=${text}`], flags)).toThrow(message("--verify"));
  expect(() => parse([`-A=${text}`], flags)).toThrow(message("-A, --all-namespaces"));
});

test.for([
  { typed: "--bogus=1", message: "unknown flag: --bogus" },
  { typed: "-q", message: "unknown shorthand flag: 'q' in -q" },
  { typed: "-Aqz", message: "unknown shorthand flag: 'q' in -Aqz" },
  { typed: "--no-verify", message: "unknown flag: --no-verify" },
  { typed: "--constructor", message: "unknown flag: --constructor" },
  { typed: "--=x", message: "bad flag syntax: --=x" },
  { typed: "---n", message: "bad flag syntax: ---n" },
  { typed: "--namespace", message: "flag needs an argument: --namespace" },
  { typed: "-n", message: "flag needs an argument: 'n' in -n" },
  { typed: "-An", message: "flag needs an argument: 'n' in -An" },
  { typed: "--verify false", message: 'invalid argument "false" after --verify: use --verify=false' },
  { typed: "-A true", message: 'invalid argument "true" after -A: use -A=true' },
  { typed: "--dry-run=bad", message: 'Invalid dry-run value (bad). Must be "none", "server", or "client".' },
  { typed: "--dry-run=", message: 'Invalid dry-run value (). Must be "none", "server", or "client".' },
  { typed: "-o bogus", message: 'unable to match a printer suitable for the output format "bogus", allowed formats are: json,yaml,name' },
  { typed: "--auth ldap", message: 'invalid argument "ldap" for "--auth" flag: must be one of auto, az' },
  { typed: "--namespace.x=1", message: "unknown flag: --namespace.x" },
  { typed: "-v banana", message: 'invalid argument "banana" for "-v, --v" flag: strconv.ParseInt: parsing "banana": invalid syntax' },
  { typed: "-v ''", message: 'invalid argument "" for "-v, --v" flag: strconv.ParseInt: parsing "": invalid syntax' },
  { typed: "--request-timeout=soon", message: "Invalid timeout value. Timeout must be a single integer in seconds, or" },
  // An empty variable never widens the selection.
  { typed: "--serviceaccount ''", message: 'invalid argument "" for "--serviceaccount" flag: must not be empty' },
  { typed: "--serviceaccount=", message: 'invalid argument "" for "--serviceaccount" flag: must not be empty' },
  { typed: "--serviceaccount a --serviceaccount=", message: 'invalid argument "" for "--serviceaccount" flag: must not be empty' },
  { typed: "--serviceaccount sa/", message: "a ServiceAccount must have a name" },
  { typed: "--team a,,b", message: 'invalid argument "" for "--team" flag: must not be empty' },
  { typed: "--registry ''", message: 'invalid argument "" for "--registry" flag: must not be empty' },
  { typed: "-l ''", message: 'invalid argument "" for "-l, --selector" flag: must not be empty' },
  { typed: "--serviceaccount default/token", message: 'invalid ServiceAccount name "default/token"' },
  {
    typed: "--right --left=a",
    message: "--left and --right cannot be used together",
  },
  // kubectl flags without a meaning here.
  { typed: "--username jane", message: "--username is not supported by API servers since Kubernetes 1.19" },
  { typed: "--profile cpu", message: "--profile and --profile-output are not supported" },
  { typed: "--profile-output f", message: "--profile and --profile-output are not supported" },
])("rejects $typed: $message", ({ typed, message }) => {
  expect(() => parse(words(typed), flags)).toThrow(message);
});

test("rejects a password on the command line without repeating it", () => {
  const refused = () => parse(["--password=hunter2"], flags);

  expect(refused).toThrow("--password is not supported");
  expect(refused).not.toThrow("hunter2");
});

test.for([
  { typed: "--registri=r", hint: "did you mean --registry?" },
  { typed: "--docker-server=r", hint: "did you mean --registry?" },
  { typed: "--bogus", hint: undefined },
  { typed: "--watch", hint: "did you mean --wait?" },
])("adds the hint $hint to the error about $typed", ({ typed, hint }) => {
  let error: unknown;
  try {
    parse([typed], flags);
  } catch (thrown) {
    error = thrown;
  }

  expect(error).toBeInstanceOf(CliError);
  expect(error).toMatchObject({ kind: "usage", hint });
});

test("forwards only the flags of kubectl", () => {
  const typed = [
    "--context=prod",
    "--as",
    "jane",
    "--as-group=a",
    "--as-group=b",
    "--insecure-skip-tls-verify=1",
    "--disable-compression=F",
    "--kuberc=off",
    "--proxy-url=http://p",
    "--vmodule=a=1",
    "--log-flush-frequency=1s",
    "--match-server-version",
    "--warnings-as-errors",
    "--server",
    "",
    "-n",
    "demo",
    "--request-timeout=1m30s",
    "-v=6",
  ];
  const { flags: read } = parse(typed, flags);

  const forward = [
    "--context=prod",
    "--kuberc=off",
    "--as=jane",
    "--as-group=a",
    "--as-group=b",
    "--insecure-skip-tls-verify=true",
    "--proxy-url=http://p",
    "--match-server-version=true",
    "--log-flush-frequency=1s",
    "--vmodule=a=1",
  ];
  expect(kubeFlags(read)).toEqual({ forward, namespace: "demo", requestTimeout: 90_000 });
});
