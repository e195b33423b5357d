import { expect, test } from "vitest";
import { Conflict } from "../../../src/errors.ts";
import type { Secret } from "../../../src/objects.ts";
import { dry, kubectl, newNamespace, open, real } from "./opened.ts";

const pullSecret = (namespace: string, text = '{"auths":{}}', labels: Record<string, string> = {}): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "acr", namespace, labels },
  type: "kubernetes.io/dockerconfigjson",
  data: { ".dockerconfigjson": Buffer.from(text).toString("base64") },
});
const apply = { ...real, force: false };

test("a Secret is made, read, changed in place and deleted", async () => {
  const cluster = open();
  const at = { namespace: await newNamespace(), name: "acr" };

  expect(await cluster.secret(at)).toBeUndefined();
  const made = await cluster.applySecret(pullSecret(at.namespace), apply);
  expect(await cluster.secret(at)).toEqual(made);
  expect(made.metadata.managedFields).toEqual([expect.objectContaining({ manager: "kubectl-acr-secret", operation: "Apply" })]);

  const again = await cluster.applySecret(pullSecret(at.namespace), apply);
  expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);

  const changed = await cluster.applySecret(pullSecret(at.namespace, '{"auths":{"x":{}}}'), apply);
  expect(changed.metadata.uid).toBe(made.metadata.uid);
  expect(changed.data).not.toEqual(made.data);

  await cluster.deleteSecret({ ...at, uid: made.metadata.uid ?? "" }, real);
  expect(await cluster.secret(at)).toBeUndefined();
});

test("a dry run is checked by the server and stores nothing", async () => {
  const cluster = open();
  const at = { namespace: await newNamespace(), name: "acr" };

  expect((await cluster.applySecret(pullSecret(at.namespace), { ...apply, ...dry })).metadata.uid).toBeDefined();
  expect(await cluster.secret(at)).toBeUndefined();
  await expect(cluster.applySecret(pullSecret(at.namespace, "{nonsense"), { ...apply, ...dry })).rejects.toMatchObject({ kind: "invalid" });

  const { metadata } = await cluster.applySecret(pullSecret(at.namespace), apply);
  await cluster.deleteSecret({ ...at, uid: metadata.uid ?? "" }, dry);
  expect(await cluster.secret(at)).toBeDefined();
});

test("lists are of one namespace or of all, and chosen by label", async () => {
  const cluster = open();
  const [one, two] = [await newNamespace(), await newNamespace()];
  const labels = { mark: one };
  await Promise.all([one, two].map((namespace) => cluster.applySecret(pullSecret(namespace, "{}", labels), apply)));

  const found = await cluster.secrets(undefined, `mark=${one}`);
  expect(found.map(({ apiVersion, kind, metadata }) => [apiVersion, kind, metadata.namespace]).sort()).toEqual(
    [one, two].sort().map((namespace) => ["v1", "Secret", namespace]),
  );
  expect(await cluster.secrets(two, `mark=${one}`)).toHaveLength(1);
  expect(await cluster.secrets(undefined, `mark=${one},other`)).toEqual([]);
});

test("fields of another manager are only taken over by force", async () => {
  const cluster = open();
  const namespace = await newNamespace();
  await kubectl(["create", "secret", "docker-registry", "acr", `--namespace=${namespace}`, "--docker-username=u", "--docker-password=p"]);

  const refused = cluster.applySecret(pullSecret(namespace), apply);
  await expect(refused).rejects.toMatchObject({
    kind: "conflict",
    message: 'Apply failed with 1 conflict: conflict with "kubectl-create" using v1: .data..dockerconfigjson',
    hint: expect.stringContaining("--force"),
  });
  await expect(refused).rejects.not.toBeInstanceOf(Conflict);

  const taken = await cluster.applySecret(pullSecret(namespace), { ...apply, force: true });
  expect(taken.data).toEqual(pullSecret(namespace).data);
});

test("only the Secret that was seen is deleted", async () => {
  const cluster = open();
  const at = { namespace: await newNamespace(), name: "acr" };
  const { metadata } = await cluster.applySecret(pullSecret(at.namespace), apply);

  await expect(cluster.deleteSecret({ ...at, uid: "00000000-0000-0000-0000-000000000000" }, real)).rejects.toBeInstanceOf(Conflict);
  expect(await cluster.secret(at)).toBeDefined();

  await cluster.deleteSecret({ ...at, uid: metadata.uid ?? "" }, real);
  await expect(cluster.deleteSecret({ ...at, uid: metadata.uid ?? "" }, real)).rejects.toMatchObject({
    kind: "notFound",
    message: 'Error from server (NotFound): secrets "acr" not found',
  });
});

test("what the server refuses comes in kubectl's words, without the contents", async () => {
  const cluster = open();
  const namespace = await newNamespace();
  const nonsense = '{"hunter2": nonsense';

  const error = await cluster.applySecret(pullSecret(namespace, nonsense), apply).catch((reason) => reason);
  expect(error.message).toMatch(/^The Secret "acr" is invalid: data\[\.dockerconfigjson\]: Invalid value: "<secret contents redacted>"/);
  expect(error.message).not.toContain("hunter2");

  await expect(cluster.applySecret(pullSecret("nope"), apply)).rejects.toMatchObject({
    kind: "notFound",
    message: 'Error from server (NotFound): namespaces "nope" not found',
  });

  await cluster.applySecret(pullSecret(namespace), apply);
  await expect(cluster.applySecret({ ...pullSecret(namespace), type: "Opaque" }, apply)).rejects.toMatchObject({
    kind: "invalid",
    message: 'The Secret "acr" is invalid: type: Invalid value: "Opaque": field is immutable',
  });
});

test("the server's warnings are passed on, each once", async () => {
  const warnings: string[] = [];
  const cluster = open([], { onWarning: (text) => warnings.push(text) });
  const empty = Buffer.from("not PEM").toString("base64");
  const unfit: Secret = { ...pullSecret(await newNamespace()), type: "kubernetes.io/tls", data: { "tls.crt": empty, "tls.key": empty } };

  await cluster.applySecret(unfit, { ...apply, ...dry });
  await cluster.applySecret(unfit, { ...apply, ...dry });

  expect(warnings).toEqual(["tls: failed to find any PEM data in certificate input"]);
});
