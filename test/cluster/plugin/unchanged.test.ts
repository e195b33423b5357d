import { afterAll, expect, test } from "vitest";
import type { Secret, ServiceAccount } from "../../../src/objects.ts";
import { getJson } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const versions = async (namespace: string) => {
  const objects = [
    await getJson<Secret>("secret", "acr-myregistry", "-n", namespace),
    await getJson<ServiceAccount>("serviceaccount", "app", "-n", namespace),
  ];
  return objects.map(({ metadata }) => metadata.resourceVersion);
};

const token = "kubectl acr-secret create --registry myregistry --repository app/web --serviceaccount=app";
const unchecked = 'Warning: the rights of login "ci" at myregistry.azurecr.io are not checked\n';
const given =
  "kubectl acr-secret create --registry myregistry.azurecr.io --username ci --password-stdin --verify=false --serviceaccount=app";

test.for<{ kind: string; command: string; stdin?: string; warning?: string; lines: RegExp[] }>([
  {
    kind: "acr-token",
    command: token,
    lines: [/^scopemap.azurecr.io\/\S+ $/, /^token.azurecr.io\/\S+ $/, /^secret\/acr-myregistry $/, /^serviceaccount\/app $/],
  },
  { kind: "acr-token that expires", command: `${token} --expires-in=90d`, lines: [/^scopemap/, /^token/, /^secret/, /^serviceaccount/] },
  { kind: "given", command: given, stdin: "hunter2", warning: unchecked, lines: [/^secret\/acr-myregistry $/, /^serviceaccount\/app $/] },
])("a second create of $kind mints nothing, writes nothing and says so", async ({ command, stdin, lines, warning = "" }) => {
  const namespace = await newNamespace();
  const again = () => shell.type(`${command} -n ${namespace}`, stdin === undefined ? {} : { stdin });
  const first = await again();
  expect(first).toMatchObject({ code: 0, stderr: warning, stdout: expect.stringMatching(/created/) });
  const before = await versions(namespace);
  shell.azure.calls.reset();

  const { stdout, stderr, code } = await again();

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const printed = stdout.trimEnd().split("\n");
  expect(printed.map((line) => line.replace("unchanged", ""))).toEqual(lines.map((line) => expect.stringMatching(line)));
  expect(printed.filter((line) => line.endsWith(" unchanged"))).toEqual(printed);
  expect(await versions(namespace)).toEqual(before);
  const writes = shell.azure.calls.list().filter(({ method, host }) => host === "management.azure.com" && method !== "GET");
  expect(writes.filter(({ path }) => !path.includes("/Microsoft.ResourceGraph/"))).toEqual([]);
});
