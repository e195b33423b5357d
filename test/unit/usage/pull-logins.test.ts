import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { openInterruption } from "../../../src/interruption.ts";
import type { Where } from "../../../src/kube/port.ts";
import type { Secret } from "../../../src/objects.ts";
import { pullLogins } from "../../../src/usage/holders.ts";
import { openAsking, refusing } from "../../support/fakes/asked.ts";
import { fakeCluster, pullSecret } from "../../support/fakes/cluster.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const auths = { "r.azurecr.io": { username: "ci", password: "p" } };
const argo = (url: string) => ({ url: base64(url), username: base64("ci"), password: base64("p") });
const labeled = (value: string) => ({ labels: { "argocd.argoproj.io/secret-type": value } });

const found = ["r.azurecr.io: ci p"];
const rows: readonly { what: string; secret: Omit<Secret, "apiVersion" | "kind" | "metadata">; metadata?: object; logins?: string[] }[] = [
  {
    what: "kubernetes.io/dockerconfigjson",
    secret: { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": base64(JSON.stringify({ auths })) } },
    logins: found,
  },
  {
    what: "kubernetes.io/dockercfg",
    secret: { type: "kubernetes.io/dockercfg", data: { ".dockercfg": base64(JSON.stringify(auths)) } },
    logins: found,
  },
  {
    what: "an unreadable docker config",
    secret: { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": base64("{") } },
    logins: [],
  },
  { what: "an Argo CD repository", secret: { type: "Opaque", data: argo("r.azurecr.io") }, metadata: labeled("repository"), logins: found },
  {
    what: "an Argo CD credential template",
    secret: { type: "Opaque", data: argo("oci://r.azurecr.io") },
    metadata: labeled("repo-creds"),
    logins: found,
  },
  { what: "an Argo CD repository without a login", secret: { type: "Opaque", data: {} }, metadata: labeled("repository"), logins: [] },
  {
    what: "a pull secret with the label of Argo CD",
    secret: { type: "kubernetes.io/dockercfg", data: { ".dockercfg": base64(JSON.stringify(auths)) } },
    metadata: labeled("repository"),
    logins: found,
  },
  { what: "another label of Argo CD", secret: { type: "Opaque", data: argo("r.azurecr.io") }, metadata: labeled("cluster") },
  { what: "another type", secret: { type: "Opaque", data: argo("r.azurecr.io") } },
];

const nothingRead = () => ({ read: new Set<string>(), closed: new Set<string>() });

test.for(rows)("lists the logins of $what", async ({ secret, metadata = {}, logins }) => {
  const cluster = fakeCluster(openAsking());
  cluster.put({ apiVersion: "v1", kind: "Secret", metadata: { name: "acr", namespace: "a", ...metadata }, ...secret });
  const port = cluster.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });

  const listed = (await Array.fromAsync(pullLogins(port, nothingRead()))).flat();
  expect(listed.map(({ to }) => to)).toEqual(logins ? [{ kind: "secret", name: "acr", namespace: "a" }] : []);
  const texts = listed.flatMap((one) => one.logins.map(({ server, login }) => `${server}: ${login.username} ${login.password.reveal()}`));
  expect(texts).toEqual(logins ?? []);
});

/** Refuses the list of all Secrets, and those of some namespaces. */
function refusingIn(...refused: readonly string[]) {
  const asking = openAsking();
  const cluster = fakeCluster(asking);
  for (const name of ["a", "b", "kube-system"]) {
    cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    cluster.put(pullSecret(name, "acr", auths));
  }
  asking.around(
    refusing(
      ({ call, at, namespace = "" }) => call === "list" && at.startsWith("secret") && (namespace === "" || refused.includes(namespace)),
      () => new CliError("forbidden", "Forbidden"),
    ),
  );
  return cluster.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });
}

test("reads each namespace when the list of the cluster is forbidden, and kube-system refuses its Secrets", async () => {
  const reading = nothingRead();
  const listed = (await Array.fromAsync(pullLogins(refusingIn("kube-system"), reading))).flat();

  expect(listed.map(({ to }) => to.namespace)).toEqual(["a", "b"]);
  expect([...reading.closed]).toEqual(["kube-system"]);
});

test("fails when another namespace refuses its Secrets, or notes it", async () => {
  const refused = new Map<string, CliError>();
  const port = refusingIn("kube-system", "b");

  await expect(Array.fromAsync(pullLogins(port, nothingRead()))).rejects.toMatchObject({ kind: "forbidden" });
  await Array.fromAsync(pullLogins(port, { ...nothingRead(), refused }));

  expect([...refused.keys()]).toEqual(["b"]);
});

test.for([2, 40])("fails after few lists when all of %i namespaces refuse their Secrets", async (count) => {
  let lists = 0;
  const pages = async function* (kind: string): AsyncGenerator<never[]> {
    if (kind === "namespace") yield Array.from({ length: count }, (_, index) => ({ metadata: { name: `n-${index}` } })) as never[];
    else {
      lists++;
      throw new CliError("forbidden", "Forbidden");
    }
  };

  const reading = Array.fromAsync(pullLogins({ pages }, { ...nothingRead(), refused: new Map() }));

  await expect(reading).rejects.toMatchObject({ kind: "forbidden" });
  expect(lists).toBeLessThan(1 + 16 + 16);
});

test("keeps only one page of one list in memory, however many large Secrets a tenant has written", async () => {
  const asked: string[] = [];
  const pages = async function* (_: string, { fields, labels }: Where = {}): AsyncGenerator<never[]> {
    for (const page of [1, 2]) {
      asked.push(`${fields ?? labels} ${page}`);
      yield [];
    }
  };
  let read = 0;

  for await (const _ of pullLogins({ pages }, nothingRead())) expect(asked).toHaveLength(++read);

  expect(read).toBe(6);
});
