import { afterAll, expect, test } from "vitest";
import type { Secret, ServiceAccount } from "../../../src/objects.ts";
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

test.for([2, 4])("%s creates at once make one password, which pulls, and all of them end well", { timeout: 120_000 }, async (many) => {
  const namespace = await newNamespace();
  const command = `kubectl acr-secret create --registry myregistry --repository app/web --serviceaccount=app -n ${namespace}`;

  const ends = await Promise.all(Array.from({ length: many }, () => shell.type(command)));

  expect(ends.map(({ stderr, code }) => ({ stderr, code }))).toEqual(ends.map(() => ({ stderr: "", code: 0 })));
  const said = ends.map(({ stdout }) => /^secret\/acr-myregistry (.*)$/m.exec(stdout)?.[1]).toSorted();
  expect(said).toEqual(["created", ...Array.from({ length: many - 1 }, () => "unchanged")]);
  const secret = await getJson<Secret>("secret", "acr-myregistry", "-n", namespace);
  const config = JSON.parse(Buffer.from(secret.data?.[".dockerconfigjson"] ?? "", "base64").toString());
  const { username, password } = config.auths["myregistry.azurecr.io"];
  const token = shell.azure.world.registries[0]?.tokens.find(({ name }) => name === username);
  expect([token?.passwords.password1?.value, token?.passwords.password2]).toEqual([password, undefined]);
  expect(secret.metadata.annotations).not.toHaveProperty("acr-secret/claim");
});
