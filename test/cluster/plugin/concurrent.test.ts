import { afterAll, expect, test } from "vitest";
import type { ServiceAccount } from "../../../src/objects.ts";
import { create, getJson } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const data = { ".dockerconfigjson": Buffer.from('{"auths":{}}').toString("base64") };
const pullSecret = (namespace: string, name: string) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace },
  type: "kubernetes.io/dockerconfigjson",
  data,
});

test("twenty attaches at once lose no name, neither theirs nor the one that was there", { timeout: 120_000 }, async () => {
  const namespace = await newNamespace(["theirs"]);
  const names = Array.from({ length: 20 }, (_, index) => `ours-${index}`);
  await create(names.map((name) => pullSecret(namespace, name)));

  const attached = await Promise.all(
    names.map((name) => shell.type(`kubectl acr-secret attach ${name} --serviceaccount=app -n ${namespace}`)),
  );

  expect(attached.map(({ stdout, stderr, code }) => [code, stdout, stderr])).toEqual(
    names.map(() => [0, "serviceaccount/app patched\n", ""]),
  );
  const account = await getJson<ServiceAccount>("serviceaccount", "app", "-n", namespace);
  const listed = (account.imagePullSecrets ?? []).map(({ name }) => name);
  expect(listed[0]).toBe("theirs");
  expect(listed.toSorted()).toEqual(["theirs", ...names].toSorted());
});
