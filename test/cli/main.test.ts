import { expect, test } from "vitest";
import { noWorkloads } from "../../cmd/line/names.ts";
import { clientVersion } from "../../cmd/project.ts";
import { verbs } from "../../cmd/verbs.ts";
import { CliError, Interrupted } from "../../src/errors.ts";
import type { ClusterKind, Ref } from "../../src/kinds.ts";
import type { KubeObjects } from "../../src/objects.ts";
import { run } from "../support/in-process.ts";

test.for([
  "",
  "--help",
  "-h",
  "help",
  "help create",
  "options",
  "version --client",
  "--version",
  "completion kubectl",
  ...verbs.map(({ name }) => `${name} --help`),
])("succeeds at %o without a request", async (typed) => {
  expect(await run(typed.split(" ").filter(Boolean))).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/\w/) });
});

test.for([
  ["creat", 'error: unknown command "creat" for "kubectl acr-secret"\nhint: did you mean "create"?\n'],
  ["link", 'error: unknown command "link" for "kubectl acr-secret"\nhint: did you mean "attach"?\n'],
  ["version --docker-server=r", "error: unknown flag: --docker-server\nhint: kubectl acr-secret version --help\n"],
  ["create --docker-server=r", "error: unknown flag: --docker-server\nhint: did you mean --registry?\n"],
  ["delete deploy/web", `error: invalid Secret name "deploy/web"\nhint: ${noWorkloads}\n`],
  ["list deploy/web", `error: unexpected argument "deploy/web"\nhint: ${noWorkloads}\n`],
  ["attach acr --serviceaccount a/b", 'error: invalid ServiceAccount name "a/b"\nhint: did you mean "b"?\n'],
  ["list --force", "error: unknown flag: --force\nhint: kubectl acr-secret list --help\n"],
  ["help chek", 'error: unknown command "chek" for "kubectl acr-secret"\nhint: did you mean "check"?\n'],
  ["banana", 'error: unknown command "banana" for "kubectl acr-secret"\nhint: kubectl acr-secret --help\n'],
  ["-n demo list --bogus", "error: unknown flag: --bogus\nhint: kubectl acr-secret list --help\n"],
  ["list extra", 'error: unexpected argument "extra"\nhint: kubectl acr-secret list --help\n'],
  ["list --request-timeout=soon", /^error: Invalid timeout value\. .*\nhint: kubectl acr-secret list --help\n$/],
  ["completion bash", /^error: invalid argument "bash": .*\nhint: kubectl acr-secret completion kubectl\n$/],
  [
    "create --registry myregistry --username ci",
    /^error: --username requires --password-stdin: .*\nhint: printf %s "\$PASSWORD" \| kubectl /,
  ],
  [
    "create foo --registry myregistry --repository app/web --serviceaccount web -n zero --context dev --username ci",
    /\nhint: printf %s "\$PASSWORD" \| kubectl acr-secret create -n zero --context=dev foo --registry myregistry --repository app\/web --serviceaccount web --username ci --password-stdin\n$/,
  ],
  [
    "create --registry myregistry -l team=web --password-stdin",
    /\nhint: .* create --registry myregistry -l team=web --username NAME --password-stdin\n$/,
  ],
  [
    "create foo --all-serviceaccounts -n zero",
    /\nhint: kubectl acr-secret create -n zero foo --registry REGISTRY --all-serviceaccounts\n$/,
  ],
  ["create --registry https://ci:hunter2@r.azurecr.io --username ci", /^(?!.*hunter2)error: --registry must be .*\n/s],
  [
    "create --registry r.azurecr.io --username ci --password-stdin --expires-in 90d",
    /^error: --expires-in and --username cannot be used together/,
  ],
  ["create --registry myregistry --username a:b --password-stdin", /^error: --username must not be empty nor contain a colon\n/],
  ["create --registry myregistry --password-stdin", /^error: --password-stdin requires --username\n/],
  ["prune", 'error: required flag(s) "registry" not set\nhint: kubectl acr-secret prune --registry REGISTRY\n'],
  ["create", 'error: required flag(s) "registry" not set\nhint: kubectl acr-secret create --registry REGISTRY\n'],
] as const)("refuses %o before it opens a port", async ([typed, message]) => {
  const { stdout, stderr, code } = await run(typed.split(" "));

  expect([stdout, code]).toEqual(["", 1]);
  if (typeof message === "string") expect(stderr).toBe(message);
  else expect(stderr).toMatch(message);
});

test("does not wait for a password on a terminal", async () => {
  const typed = ["create", "--registry", "myregistry.azurecr.io", "--username", "ci", "--password-stdin"];

  const { stderr, code } = await run(typed, { terminal: true, env: { NO_COLOR: "" } });

  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: --password-stdin requires standard input from a pipe or a file\nhint: printf %s "\$PASSWORD" \| kubectl acr-secret create /,
  );
});

test("prints an error in red on a terminal, unless NO_COLOR is set", async () => {
  const colored = await run(["creat"], { terminal: true });
  const plain = await run(["creat"], { terminal: true, env: { NO_COLOR: "" } });

  expect(colored.stderr).toContain("\u001b[31merror:\u001b[39m");
  expect(plain.stderr).not.toContain("\u001b");
});

test("prints neither the text of a defect nor, by default, its stack", async () => {
  const namespace = async () => {
    throw new TypeError("password hunter2 is not a function");
  };

  const { stderr, code } = await run(["list"], { cluster: { namespace } });
  const { stderr: more } = await run(["list", "-v=4"], { cluster: { namespace } });

  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: internal error \(TypeError\)\nhint: .*-v=4.*\n$/);
  expect(more).toMatch(/\n {4}at .*main\.test\.ts/);
  expect(more).not.toContain("hunter2");
});

test("fails at warnings of the server with --warnings-as-errors", async () => {
  const cluster = { serverVersion: async () => ({ gitVersion: "v1.37.0" }) };
  const typed = ["version", "--warnings-as-errors"];

  expect(await run(typed, { cluster, warnings: ["old"] })).toMatchObject({ code: 1, stderr: "Warning: old\nerror: 1 warning received\n" });
  expect(await run(typed, { cluster, warnings: ["old", "older"] })).toMatchObject({
    code: 1,
    stderr: "Warning: old\nWarning: older\nerror: 2 warnings received\n",
  });
  expect(await run(typed, { cluster })).toMatchObject({ code: 0, stderr: "" });
  expect(await run(["version"], { cluster, warnings: ["old"] })).toMatchObject({ code: 0, stderr: "Warning: old\n" });
});

test.for([
  { typed: "check secret/acr --image r.azurecr.io/a", asks: ["account default", "secret acr"] },
  { typed: "check acr --image r.azurecr.io/a --serviceaccount sa/web", asks: ["account web", "secret acr"] },
  { typed: "detach secrets/acr --serviceaccount=serviceaccount/web", asks: ["secret acr", "account web"] },
])("sends $asks requests for $typed", async ({ typed, asks }) => {
  const asked: string[] = [];
  const cluster = {
    namespace: async () => "demo",
    get: async <K extends ClusterKind>({ kind, name }: Ref<K>) => {
      asked.push(`${{ serviceaccount: "account", secret: "secret" }[String(kind)] ?? kind} ${name}`);
      return kind === "serviceaccount" ? ({ kind: "ServiceAccount", metadata: { name, namespace: "demo" } } as KubeObjects[K]) : undefined;
    },
  };

  await run(typed.split(" "), { cluster, registry: {} });

  expect(asked).toEqual(asks);
});

test("prints its own version without a cluster", async () => {
  const cluster = { serverVersion: () => Promise.reject(new CliError("config", "there is no cluster")) };

  expect(await run(["version"], { cluster })).toMatchObject({
    code: 1,
    stdout: `Client Version: ${clientVersion}\n`,
    stderr: "error: there is no cluster\n",
  });
});

test("ends with 130 and prints nothing when it is interrupted", async () => {
  const namespace = async () => {
    throw new Interrupted();
  };

  expect(await run(["list"], { aborted: true, cluster: { namespace } })).toEqual({ stdout: "", stderr: "", code: 130 });
});
