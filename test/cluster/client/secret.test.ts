import { expect, test } from "vitest";
import { Conflict } from "../../../src/errors.ts";
import { listAll } from "../../../src/kube/port.ts";
import type { Secret } from "../../../src/objects.ts";
import { othersOf } from "../../../src/secret/owners.ts";
import { dry, kubectl, newNamespace, open, real } from "./opened.ts";

const pullSecret = (namespace: string, text = '{"auths":{}}', labels: Record<string, string> = {}): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "acr", namespace, labels },
  type: "kubernetes.io/dockerconfigjson",
  data: dataOf(text),
});
const dataOf = (text: string) => ({ ".dockerconfigjson": Buffer.from(text).toString("base64") });
const acrIn = (namespace: string) => ({ kind: "secret", namespace, name: "acr" }) as const;
const preconditionOf = ({ metadata: { uid = "", resourceVersion: version = "" } }: Secret) => ({ uid, version });

/** Returns the merge patch that changes a Secret's text, with its resourceVersion as the precondition. */
const patch = ({ metadata: { resourceVersion } }: Secret, text: string) => ({
  patch: { metadata: { resourceVersion }, data: dataOf(text) },
});

test("creates, reads, patches and deletes a Secret", async () => {
  const cluster = open();
  const at = acrIn(await newNamespace());

  expect(await cluster.get(at)).toBeUndefined();
  const made = await cluster.write(at, { create: pullSecret(at.namespace) }, real);
  expect(await cluster.get(at)).toEqual(made);
  expect(made.metadata.managedFields).toEqual([expect.objectContaining({ manager: "kubectl-acr-secret", operation: "Update" })]);

  const again = await cluster.write(at, patch(made, '{"auths":{}}'), real);
  expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);

  const changed = await cluster.write(at, patch(made, '{"auths":{"x":{}}}'), real);
  expect(changed.metadata.uid).toBe(made.metadata.uid);
  expect(changed.data).not.toEqual(made.data);

  await cluster.write(at, { delete: preconditionOf(changed) }, real);
  expect(await cluster.get(at)).toBeUndefined();
});

test("fails to create a Secret that exists, and does not change it", async () => {
  const cluster = open();
  const at = acrIn(await newNamespace());
  const theirs = await cluster.write(at, { create: pullSecret(at.namespace, '{"auths":{"theirs":{}}}') }, real);

  await expect(cluster.write(at, { create: pullSecret(at.namespace) }, real)).rejects.toBeInstanceOf(Conflict);
  await expect(cluster.write(at, { create: pullSecret(at.namespace) }, dry)).rejects.toBeInstanceOf(Conflict);
  expect(await cluster.get(at)).toEqual(theirs);
});

test("fails to patch a Secret that has changed", async () => {
  const cluster = open();
  const at = acrIn(await newNamespace());
  const old = await cluster.write(at, { create: pullSecret(at.namespace) }, real);
  const now = await cluster.write(at, patch(old, '{"auths":{"theirs":{}}}'), real);

  await expect(cluster.write(at, patch(old, '{"auths":{"x":{}}}'), real)).rejects.toBeInstanceOf(Conflict);
  await expect(cluster.write(at, patch(old, '{"auths":{"x":{}}}'), dry)).rejects.toBeInstanceOf(Conflict);
  await expect(cluster.write(at, { delete: preconditionOf(old) }, real)).rejects.toBeInstanceOf(Conflict);
  expect(await cluster.get(at)).toEqual(now);
});

test("creates no Secret by a patch", async () => {
  const cluster = open();
  const at = acrIn(await newNamespace());

  await expect(cluster.write(at, { patch: { data: dataOf("{}") } }, real)).rejects.toMatchObject({
    kind: "notFound",
    message: 'Error from server (NotFound): secrets "acr" not found',
  });
});

test("keeps fields that a patch does not name", async () => {
  const cluster = open();
  const namespace = await newNamespace();
  const manifest = pullSecret(namespace, "{}", { team: "web" });
  const made = await cluster.write(acrIn(namespace), { create: manifest }, real);

  const changed = await cluster.write(acrIn(namespace), patch(made, '{"auths":{"x":{}}}'), real);

  expect(changed.metadata.labels).toEqual({ team: "web" });
  expect(changed.type).toBe(manifest.type);
});

test("validates a dry run on the server and stores nothing", async () => {
  const cluster = open();
  const at = acrIn(await newNamespace());

  expect((await cluster.write(at, { create: pullSecret(at.namespace) }, dry)).metadata.uid).toBeDefined();
  expect(await cluster.get(at)).toBeUndefined();
  await expect(cluster.write(at, { create: pullSecret(at.namespace, "{nonsense") }, dry)).rejects.toMatchObject({ kind: "invalid" });

  const made = await cluster.write(at, { create: pullSecret(at.namespace) }, real);
  await cluster.write(at, patch(made, '{"auths":{"x":{}}}'), dry);
  await cluster.write(at, { delete: preconditionOf(made) }, dry);
  expect(await cluster.get(at)).toEqual(made);
});

test("lists one namespace or all, by label and by name", async () => {
  const cluster = open();
  const [one, two] = [await newNamespace(), await newNamespace()];
  const labels = { mark: one };
  const make = (namespace: string) => cluster.write(acrIn(namespace), { create: pullSecret(namespace, "{}", labels) }, real);
  await Promise.all([one, two].map(make));

  const found = await listAll(cluster, "secret", { labels: `mark=${one}` });
  expect(found.map(({ apiVersion, kind, metadata }) => [apiVersion, kind, metadata.namespace])).toEqual(
    [one, two].sort().map((namespace) => ["v1", "Secret", namespace]),
  );
  expect(await listAll(cluster, "secret", { namespace: two, labels: `mark=${one}` })).toHaveLength(1);
  expect(await listAll(cluster, "secret", { labels: `mark=${one},other` })).toEqual([]);
  expect(await listAll(cluster, "secret", { labels: `mark=${one}`, fields: "metadata.name=acr" })).toHaveLength(2);
  expect(await listAll(cluster, "secret", { labels: `mark=${one}`, fields: "metadata.name=other" })).toEqual([]);
});

test("lists metadata without data", async () => {
  const bodies: string[] = [];
  const trace = (level: number, line: () => string) => void (level === 8 && bodies.push(line()));
  const cluster = open([], { trace });
  const namespace = await newNamespace();
  const made = await cluster.write(acrIn(namespace), { create: pullSecret(namespace) }, real);

  const [found, ...more] = await listAll(cluster, "secret", { namespace, fields: "metadata.name=acr", metadataOnly: true });

  expect(more).toEqual([]);
  expect(found).toEqual({ apiVersion: "v1", kind: "Secret", metadata: made.metadata });
  expect(bodies.at(-1)).toContain("PartialObjectMetadata");
  expect(bodies.at(-1)).not.toContain('"data"');
});

test("lists all namespaces in the order of their keys in etcd", async () => {
  const cluster = open();
  const base = await newNamespace();
  const names = [base, `${base}-a`, `${base}0`, `${base}a`];
  const labels = { mark: base };
  await kubectl(
    ["create", "-f", "-"],
    names
      .slice(1)
      .map((name) => JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name } }))
      .join("\n"),
  );
  const make = (namespace: string) => cluster.write(acrIn(namespace), { create: pullSecret(namespace, "{}", labels) }, real);
  try {
    await Promise.all(names.map(make));

    const order = async (metadataOnly: boolean) =>
      (await listAll(cluster, "secret", { labels: `mark=${base}`, metadataOnly })).map(({ metadata }) => metadata.namespace);
    expect(await order(false)).toEqual([`${base}-a`, base, `${base}0`, `${base}a`]);
    expect(await order(true)).toEqual([`${base}-a`, base, `${base}0`, `${base}a`]);
  } finally {
    await kubectl(["delete", "namespace", ...names.slice(1), "--wait=false"]);
  }
});

test("reads the owners of a Secret's fields, and takes over fields by a patch", async () => {
  const cluster = open();
  const namespace = await newNamespace();
  await kubectl(["create", "secret", "docker-registry", "acr", `--namespace=${namespace}`, "--docker-username=u", "--docker-password=p"]);
  const theirs = await cluster.get(acrIn(namespace));
  if (!theirs) throw new Error("no Secret");

  expect(othersOf(theirs.metadata.managedFields, real.fieldManager)).toEqual([
    { manager: "kubectl-create", words: '"kubectl-create" using v1: .data..dockerconfigjson' },
  ]);

  const taken = await cluster.write(acrIn(namespace), patch(theirs, "{}"), real);
  expect(taken.data).toEqual(dataOf("{}"));
  expect(othersOf(taken.metadata.managedFields, real.fieldManager)).toEqual([]);
});

test("deletes only the version of a Secret that was read", async () => {
  const cluster = open();
  const at = acrIn(await newNamespace());
  const made = await cluster.write(at, { create: pullSecret(at.namespace) }, real);
  const another = { uid: "00000000-0000-0000-0000-000000000000" };

  await expect(cluster.write(at, { delete: another }, real)).rejects.toBeInstanceOf(Conflict);
  expect(await cluster.get(at)).toBeDefined();

  await cluster.write(at, { delete: { uid: preconditionOf(made).uid } }, real);
  await expect(cluster.write(at, { delete: { uid: preconditionOf(made).uid } }, real)).rejects.toMatchObject({
    kind: "notFound",
    message: 'Error from server (NotFound): secrets "acr" not found',
  });
});

test("reports a rejection in kubectl's words, without the data", async () => {
  const cluster = open();
  const at = acrIn(await newNamespace());
  const nonsense = '{"hunter2": nonsense';

  const error = await cluster.write(at, { create: pullSecret(at.namespace, nonsense) }, real).catch((reason) => reason);
  expect(error.message).toMatch(/^The Secret "acr" is invalid: data\[\.dockerconfigjson\]: Invalid value: "<secret contents redacted>"/);
  expect(error.message).not.toContain("hunter2");

  await expect(cluster.write(acrIn("nope"), { create: pullSecret("nope") }, real)).rejects.toMatchObject({
    kind: "notFound",
    message: 'Error from server (NotFound): namespaces "nope" not found',
  });

  await cluster.write(at, { create: pullSecret(at.namespace) }, real);
  const patched = await cluster.write(at, { patch: { data: dataOf(nonsense) } }, real).catch((reason) => reason);
  expect(patched).toMatchObject({ kind: "invalid" });
  expect(patched.message).not.toContain("hunter2");
  await expect(cluster.write(at, { patch: { type: "Opaque" } }, real)).rejects.toMatchObject({
    kind: "invalid",
    message: 'The Secret "acr" is invalid: type: Invalid value: "Opaque": field is immutable',
  });
});

test("prints each warning of the server once", async () => {
  const warnings: string[] = [];
  const cluster = open([], { onWarning: (text) => warnings.push(text) });
  const empty = Buffer.from("not PEM").toString("base64");
  const at = acrIn(await newNamespace());
  const unfit: Secret = { ...pullSecret(at.namespace), type: "kubernetes.io/tls", data: { "tls.crt": empty, "tls.key": empty } };

  await cluster.write(at, { create: unfit }, dry);
  await cluster.write(at, { create: unfit }, dry);

  expect(warnings).toEqual(["tls: failed to find any PEM data in certificate input"]);
});
