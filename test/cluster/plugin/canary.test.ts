import { spawn } from "node:child_process";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { shapes, shownIn, watchProcesses } from "../../support/canary.ts";
import { create, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { takesAll } from "../../support/sampled.ts";

const shell = await openShell();
afterAll(() => shell.stop());

/** Contains characters that JSON, a URL and a shell escape. */
const given = 'canary "é<&>" $(s3kr1t)';
const stale = "an-old-canary-that-nobody-takes";
const wrong = "a-canary-that-is-no-client-secret";

function secrets(): Record<string, string> {
  const minted = shell.azure.world.registries.flatMap(({ tokens }) =>
    tokens.flatMap(({ name, passwords }) => Object.entries(passwords).map(([slot, { value }]) => [`${slot} of ${name}`, value] as const)),
  );
  return { given, stale, wrong, "client secret": shell.env["AZURE_CLIENT_SECRET"] ?? "", ...Object.fromEntries(minted) };
}

const token = "create --registry myregistry --repository app/web --serviceaccount app";
const own = "create own --registry myregistry.azurecr.io --username ci --password-stdin";
const unproven = `${own} --verify=false --serviceaccount app`;

type Row = { line: string; code: number; stdin?: string; env?: Record<string, string> };

/** What follows a line. With -v=9, a run prints more. */
const levels = takesAll ? ["", " -v=9"] : [" -v=9"];

/** Run in this order, in one namespace. */
const table: Row[] = [
  { line: `${token} --dry-run=client`, code: 0 },
  { line: `${token} --dry-run=server`, code: 0 },
  { line: token, code: 0 },
  { line: `${token} --expires-in=1m`, code: 0 },
  { line: `${token} -o name`, code: 0 },
  { line: `${token} --as nobody`, code: 1 },
  { line: token.replace("myregistry", "unknownregistry"), code: 1 },
  { line: token.replace("create", "create another"), code: 1, env: { AZURE_CLIENT_SECRET: wrong } },
  { line: token.replace("create", "create another"), code: 1, env: { HTTPS_PROXY: "http://127.0.0.1:1" } },
  { line: unproven, code: 0, stdin: given },
  { line: `${unproven} --dry-run=client`, code: 0, stdin: stale },
  { line: `${unproven} --dry-run=server`, code: 0, stdin: stale },
  { line: `${unproven} -o name`, code: 0, stdin: given },
  { line: `${own} --repository app/web`, code: 1, stdin: stale },
  { line: `${unproven} --as nobody`, code: 1, stdin: given },
  { line: `${unproven} --server https://127.0.0.1:1`, code: 1, stdin: given },
  // A policy of the cluster repeats its input, in a rejection and in a warning.
  { line: unproven.replace("own", "refused"), code: 1, stdin: given },
  { line: `${unproven.replace("own", "warned")} --dry-run=server`, code: 0, stdin: given },
  { line: "attach own --serviceaccount app", code: 0 },
  { line: "attach nope --serviceaccount app", code: 1 },
  { line: "detach own --serviceaccount app --dry-run=server", code: 0 },
  { line: "list", code: 0 },
  { line: "list -o json", code: 0 },
  { line: "list -o yaml", code: 0 },
  { line: "list -o jsonl", code: 0 },
  { line: "list -o html", code: 0 },
  { line: "list -o openmetrics", code: 0 },
  { line: "check -o junit --image myregistry.azurecr.io/app/web:1 --serviceaccount app", code: 0 },
  { line: "check", code: 0 },
  { line: "check own --image myregistry.azurecr.io/app/web:1 --serviceaccount app", code: 1 },
  { line: "check --image myregistry.azurecr.io/app/web:1 --serviceaccount app", code: 0 },
  { line: "detach own --serviceaccount app", code: 0 },
  { line: "version", code: 0 },
  { line: "create own --registry myregistry --password=x", code: 1 },
];

/** Returns a policy for Secrets of one name, with their data in the reason. */
const talkative = (namespace: string, secret: string, action: "Deny" | "Warn") => {
  const metadata = { name: `${secret}-${namespace}` };
  const secrets = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["secrets"] };
  const validation = {
    expression: `object.metadata.name != '${secret}'`,
    messageExpression: "'it holds ' + string(object.data['.dockerconfigjson'])",
  };
  const matchResources = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } };
  const apiVersion = "admissionregistration.k8s.io/v1";
  return [
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicy",
      metadata,
      spec: { matchConstraints: { resourceRules: [secrets] }, validations: [validation] },
    },
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata,
      spec: { policyName: metadata.name, validationActions: [action], matchResources },
    },
  ];
};

test("prints, traces and passes to programs no secret unless the object is requested", { timeout: 180_000 }, async () => {
  const namespace = await newNamespace();
  const policies = [...talkative(namespace, "refused", "Deny"), ...talkative(namespace, "warned", "Warn")];
  await create(policies);
  onTestFinished(async () => void (await kubectl(["delete", ...policies.map(({ kind, metadata }) => `${kind}/${metadata.name}`)])));
  const watch = await watchProcesses();
  const printed: { command: string; code: number | null; text: string }[] = [];
  for (const { line, stdin, env } of table) {
    for (const command of levels.map((more) => `kubectl acr-secret ${line} -n ${namespace}${more}`)) {
      const { stdout, stderr, code } = await shell.type(command, { ...(stdin !== undefined && { stdin }), ...(env && { env }) });
      printed.push({ command, code, text: `${stdout}\n${stderr}` });
    }
  }
  const started = await watch.stop();

  expect(printed.map(({ command, code, text }) => ({ command, code, shown: shownIn(text, secrets()) }))).toEqual(
    table.flatMap(({ line, code }) =>
      levels.map((more) => ({ command: `kubectl acr-secret ${line} -n ${namespace}${more}`, code, shown: [] })),
    ),
  );
  // kubectl inherits the environment, which contains these two secrets.
  const { "client secret": _, wrong: __, ...others } = secrets();
  expect(started.filter((line) => shownIn(line, line.startsWith("environment") ? others : secrets()).length > 0)).toEqual([]);
  // The policies have taken effect by now.
  const said = (secret: string) => printed.filter(({ command }) => command.includes(`create ${secret} `)).map(({ text }) => text);
  expect([...said("refused"), ...said("warned")]).toEqual(Array(2 * levels.length).fill(expect.stringContaining("it holds ***")));
  // Proves that the test looked at all of it: every request was traced, and every proxy was found.
  expect(printed.filter(({ text }) => /^Request body: /im.test(text)).length).toBeGreaterThan(5);
  expect(started.filter((line) => line.includes("--unix-socket=")).length).toBeGreaterThan(table.length);
});

test.for(["json", "yaml"])("prints the password on stdout only when -o %s", async (format) => {
  const namespace = await newNamespace();

  const { stdout, stderr, code } = await shell.type(`kubectl acr-secret ${unproven} -n ${namespace} -o ${format} -v=9`, { stdin: given });

  expect({ code, onStdout: shownIn(stdout, { given }), onStderr: shownIn(stderr, { given }) }).toEqual({
    code: 0,
    onStdout: ["given"],
    onStderr: [],
  });
});

test("finds a secret when there is one", async () => {
  const watch = await watchProcesses();
  await shell.type(`sleep 0.3 # ${stale}`);
  const auth = Buffer.from(JSON.stringify({ auth: Buffer.from(`ci:${given}`).toString("base64") })).toString("base64");

  expect((await watch.stop()).filter((line) => shownIn(line, { stale }).length > 0)).not.toEqual([]);
  expect(shownIn(auth, { given, stale })).toEqual(["given"]);
  expect(shapes("abc")).toContain("YWJj");
});

test("leaves out the processes of another program", async () => {
  const other = spawn("sleep", ["60"]);
  onTestFinished(() => void other.kill());
  const [own, others] = await Promise.all([watchProcesses(), watchProcesses(other.pid)]);
  await shell.type(`sleep 0.3 # ${stale}`);

  const shown = async (watch: typeof own) => (await watch.stop()).some((line) => shownIn(line, { stale }).length > 0);
  expect({ own: await shown(own), others: await shown(others) }).toEqual({ own: true, others: false });
});
