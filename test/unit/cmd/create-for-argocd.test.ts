import { expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { refused } from "../../support/demo.ts";
import { is } from "../../support/fakes/asked.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const host = "myregistry.azurecr.io";
const line = "create --registry myregistry --repository app/web";
const forArgo = `${line} --for argocd`;
const says = `hint: in the source of an Application:\n  repoURL: ${host}\n  chart: CHART\n`;
const label = "argocd.argoproj.io/secret-type";

function world(): FakeWorld {
  const made = fakeWorld();
  addNamespaces(made.cluster, "default", "kube-system", "argocd", "tools");
  return made;
}

const secretIn = ({ cluster }: FakeWorld, namespace = "argocd") => cluster.get("secret", namespace, "acr-myregistry");
const textsIn = (in_: FakeWorld, namespace?: string) =>
  Object.fromEntries(
    Object.entries(secretIn(in_, namespace)?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
  );
const loginIn = (in_: FakeWorld, namespace?: string) => {
  const { username = "", password = "" } = textsIn(in_, namespace);
  return { username, password };
};

/** Changes the Secret, as if another writer did it. */
function change(in_: FakeWorld, how: (secret: Secret) => Secret): void {
  const secret = secretIn(in_);
  if (secret) in_.cluster.put(how(secret), "kubectl-acr-secret");
}

test("a repository of Argo CD is made in its namespace, and kept by a second run, which makes no password", async () => {
  const in_ = world();

  expect(await type(forArgo, in_.ports)).toMatchObject({
    stdout: expect.stringMatching(/secret\/acr-myregistry created\n$/),
    stderr: says,
    code: 0,
  });
  expect(secretIn(in_)).toMatchObject({
    type: "Opaque",
    metadata: { labels: { [label]: "repository", "app.kubernetes.io/managed-by": "kubectl-acr-secret" } },
  });
  expect(textsIn(in_)).toEqual({ type: "helm", enableOCI: "true", url: host, ...loginIn(in_) });
  expect(in_.azure.knows(loginIn(in_))).toBe(true);

  in_.asking.forget();
  expect(await type(forArgo, in_.ports)).toMatchObject({
    stdout: expect.stringMatching(/secret\/acr-myregistry unchanged\n$/),
    stderr: says,
    code: 0,
  });
  expect(in_.asking.writes).toEqual([]);
});

test.for<{ why: string; how: (secret: Secret) => Secret }>([
  {
    why: "the password is another",
    how: (secret) => ({ ...secret, data: { ...secret.data, password: Buffer.from("no").toString("base64") } }),
  },
  { why: "it is for git now", how: (secret) => ({ ...secret, data: { ...secret.data, type: Buffer.from("git").toString("base64") } }) },
  {
    why: "Argo CD's label is gone",
    how: (secret) => {
      const { [label]: _, ...labels } = secret.metadata.labels ?? {};
      return { ...secret, metadata: { ...secret.metadata, labels } };
    },
  },
])("it is mended in place where $why, and what else is in it stays", async ({ how }) => {
  const in_ = world();
  await type(forArgo, in_.ports);
  const { uid } = secretIn(in_)?.metadata ?? {};
  change(in_, (secret) => how({ ...secret, data: { ...secret.data, project: Buffer.from("web").toString("base64") } }));

  expect(await type(forArgo, in_.ports)).toMatchObject({
    stdout: expect.stringMatching(/secret\/acr-myregistry configured\n$/),
    code: 0,
  });
  expect(secretIn(in_)?.metadata).toMatchObject({ uid, labels: { [label]: "repository" } });
  expect(textsIn(in_)).toEqual({ type: "helm", enableOCI: "true", url: host, project: "web", ...loginIn(in_) });
  expect(in_.azure.knows(loginIn(in_))).toBe(true);
});

test("a namespace that joins gets the login that others hold", async () => {
  const in_ = world();
  const shared = `${forArgo} --namespaces argocd,tools --credential-per scope`;
  await type(shared, in_.ports);
  in_.cluster.remove("secret", "tools", "acr-myregistry");

  expect(await type(shared, in_.ports)).toMatchObject({
    stdout: expect.stringMatching(/argocd\nsecret\/acr-myregistry created in namespace tools\n$/),
    code: 0,
  });
  expect(loginIn(in_, "tools")).toEqual(loginIn(in_));
});

test("while the password is made, nothing that Argo CD would look at stands there; where it cannot be made, nothing is left", async () => {
  const in_ = world();
  const stood: unknown[] = [];
  in_.asking.around(async (asked, next) => {
    if (!is("generatePassword")(asked)) return next();
    stood.push(secretIn(in_));
    throw refused();
  });

  expect(await type(forArgo, in_.ports)).toMatchObject({ stdout: "", code: 1 });
  expect(stood).toMatchObject([{ type: "Opaque", metadata: { labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret" } } }]);
  expect(stood).not.toMatchObject([{ metadata: { labels: { [label]: "repository" } } }]);
  expect(secretIn(in_)).toBeUndefined();
});

test("what another reads under that name is not taken over unasked, either way", async () => {
  const in_ = world();
  const hint = "hint: name another Secret, or add --force to take this one over\n";
  await type(`${line} -n argocd`, in_.ports);
  in_.asking.forget();

  expect(await type(forArgo, in_.ports)).toEqual({
    stdout: "",
    stderr: `error: secret "acr-myregistry" in namespace "argocd" is a pull secret, and would be none any more\n${hint}`,
    code: 1,
  });
  expect(in_.asking.writes).toEqual([]);
  expect(await type(`${forArgo} --force`, in_.ports)).toMatchObject({
    stdout: expect.stringMatching(/secret\/acr-myregistry replaced\n$/),
    code: 0,
  });
  expect(in_.azure.knows(loginIn(in_))).toBe(true);

  in_.asking.forget();
  expect(await type(`${line} -n argocd`, in_.ports)).toEqual({
    stdout: "",
    stderr: `error: secret "acr-myregistry" in namespace "argocd" is a repository of Argo CD, and would be none any more\n${hint}`,
    code: 1,
  });
  expect(in_.asking.writes).toEqual([]);
});

test("nor is one that somebody else made, and no way is named that leads nowhere", async () => {
  const in_ = world();
  in_.cluster.put(
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "acr-myregistry", namespace: "argocd", labels: { [label]: "repository" } },
      type: "Opaque",
      data: {},
    },
    "argocd-server",
  );

  expect(await type(forArgo, in_.ports)).toEqual({
    stdout: "",
    stderr:
      'error: secret "acr-myregistry" in namespace "argocd" (type Opaque) was not made by kubectl acr-secret\n' +
      "hint: name another Secret, or add --force to take this one over\n",
    code: 1,
  });
});

test("it holds one login, so none is added to it", async () => {
  const in_ = world();

  for (const flag of ["--merge", "--include-regional"])
    expect(await type(`${forArgo} ${flag}`, in_.ports)).toEqual({
      stdout: "",
      stderr: `error: --for=argocd cannot be combined with ${flag}: its Secret holds one login\nhint: kubectl acr-secret create --help\n`,
      code: 1,
    });
  await type(forArgo, in_.ports);
  expect(await type(`${line} -n argocd --merge`, in_.ports)).toMatchObject({
    stderr: expect.stringContaining("is of type Opaque, to which no login can be added"),
    code: 1,
  });
});

test("--dry-run=client shows it with a login that is at hand", async () => {
  const given = `create --registry ${host} --username ci --password-stdin --verify=false --for argocd --dry-run=client -o json`;
  const { stdout } = await type(given, world().ports, { stdin: "p" });

  expect(JSON.parse(stdout)).toMatchObject({
    type: "Opaque",
    metadata: { name: "acr-myregistry", namespace: "argocd", labels: { [label]: "repository" } },
    data: { url: Buffer.from(host).toString("base64"), password: Buffer.from("p").toString("base64") },
  });
});
