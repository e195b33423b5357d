import { expect, test } from "vitest";
import { verbs } from "../../cmd/verbs.ts";
import { CliError } from "../../src/errors.ts";
import { run } from "../support/in-process.ts";

test.for([
  "",
  "--help",
  "-h",
  "help",
  "help create",
  "options",
  "version --client",
  "completion kubectl",
  ...verbs.map(({ name }) => `${name} --help`),
])("%o asks nobody and succeeds", async (typed) => {
  expect(await run(typed.split(" ").filter(Boolean))).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/\w/) });
});

test.for([
  ["creat", 'error: unknown command "creat" for "kubectl acr-secret"\nhint: did you mean "kubectl acr-secret create"?\n'],
  ["banana", 'error: unknown command "banana" for "kubectl acr-secret"\nhint: kubectl acr-secret --help\n'],
  ["-n demo list --bogus", "error: unknown flag: --bogus\nhint: kubectl acr-secret list --help\n"],
  ["list extra", 'error: unexpected argument "extra"\nhint: kubectl acr-secret list --help\n'],
  ["list --request-timeout=soon", /^error: Invalid timeout value\. .*\nhint: kubectl acr-secret list --help\n$/],
  ["completion bash", 'error: unknown shell "bash": only kubectl completes its plugins\nhint: kubectl acr-secret completion --help\n'],
  ["create", 'error: required flag(s) "registry" not set\nhint: kubectl acr-secret create --registry myregistry\n'],
] as const)("%o is refused before anything is opened", async ([typed, says]) => {
  const { stdout, stderr, code } = await run(typed.split(" "));

  expect([stdout, code]).toEqual(["", 1]);
  if (typeof says === "string") expect(stderr).toBe(says);
  else expect(stderr).toMatch(says);
});

test("a password is not waited for on a terminal", async () => {
  const typed = ["create", "--registry", "myregistry.azurecr.io", "--username", "ci", "--password-stdin"];

  const { stderr, code } = await run(typed, { terminal: true, env: { NO_COLOR: "" }, cluster: { namespace: async () => "demo" } });

  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: --password-stdin is given, but nothing is piped in\nhint: printf %s "\$PASSWORD" \| kubectl acr-secret create /,
  );
});

test("on a terminal an error is red, and NO_COLOR is heeded", async () => {
  const colored = await run(["creat"], { terminal: true });
  const plain = await run(["creat"], { terminal: true, env: { NO_COLOR: "" } });

  expect(colored.stderr).toContain("\u001b[31merror:\u001b[39m");
  expect(plain.stderr).not.toContain("\u001b");
});

test("a defect shows neither its text nor, unless asked, where it arose", async () => {
  const namespace = async () => {
    throw new TypeError("password hunter2 is not a function");
  };

  const { stderr, code } = await run(["list"], { cluster: { namespace } });
  const { stderr: more } = await run(["list", "-v=4"], { cluster: { namespace } });

  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: this is a defect of kubectl acr-secret \(TypeError\)\nhint: .*-v=4.*\n$/);
  expect(more).toMatch(/\n {4}at .*main\.test\.ts/);
  expect(more).not.toContain("hunter2");
});

test("an interrupted command says nothing and ends with 130", async () => {
  const namespace = async () => {
    throw new CliError("cancelled", "interrupted");
  };

  expect(await run(["list"], { aborted: true, cluster: { namespace } })).toEqual({ stdout: "", stderr: "", code: 130 });
});

test.for([
  { words: ["cr"], gives: ["create\tCreate a pull secret for a registry and attach it to ServiceAccounts"] },
  { words: ["create", "--dry-run", ""], gives: ["none", "server", "client"] },
  { words: ["create", "--dry-run=s"], gives: ["server"] },
  { words: ["create", "--repo"], gives: ["--repository="] },
  { words: ["attach", ""], gives: ["acr"] },
  { words: ["attach", "acr", ""], gives: [] },
  { words: ["attach", "-n", "demo", "--serviceaccount", "d"], gives: ["default"] },
  { words: ["list", "-n", ""], gives: ["demo", "prod"] },
  { words: ["completion", ""], gives: ["kubectl"] },
])("completes $words", async ({ words, gives }) => {
  const cluster = {
    namespace: async () => "demo",
    namespaces: async () => ["demo", "prod"],
    secrets: async () => [{ apiVersion: "v1", kind: "Secret", metadata: { name: "acr" } } as const],
    serviceAccounts: async () => [{ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } } as const],
  };

  // Asking is given up after a while; here it must not be given up at once
  const { stdout, stderr, code } = await run(["__complete", ...words], { cluster, patient: true });

  expect([stderr, code]).toEqual(["", 0]);
  expect(stdout).toBe([...gives, ":4\n"].join("\n"));
});

test("a completion that fails is silent", async () => {
  const namespace = async () => {
    throw new CliError("unreachable", "no");
  };

  expect(await run(["__complete", "attach", ""], { cluster: { namespace } })).toEqual({ stdout: ":4\n", stderr: "", code: 0 });
});
