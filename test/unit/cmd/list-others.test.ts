import { load } from "js-yaml";
import { expect, test } from "vitest";
import { loginsNote, noteEntries } from "../../../src/secret/entry.ts";
import { demo, line } from "../../support/demo.ts";
import { linesOf } from "../../support/fakes/fleet.ts";
import { addNamespaces } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

/** Creates a namespace with a Secret of this plugin, and a manually created one for two registries. */
async function both() {
  const world = demo();
  expect(await type(`${line} --expires-in 10d`, world.ports)).toMatchObject({ code: 0 });
  const auth = (text: string) => ({ auth: Buffer.from(text).toString("base64") });
  const config = { auths: { "myregistry.azurecr.io": auth("myregistry:hunter2"), "ghcr.io": auth("jane:hunter2") } };
  world.cluster.put({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "by-hand", namespace: "demo" },
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from(JSON.stringify(config)).toString("base64") },
  });
  world.cluster.put({ apiVersion: "v1", kind: "Secret", metadata: { name: "else", namespace: "demo" }, type: "Opaque", data: {} });
  return world;
}

test("a Secret that somebody else made is listed with what it looks like, and so marked", async () => {
  const world = await both();

  const { stdout, code } = await type("list -n demo", world.ports);

  expect(stdout).toMatch(/^acr-myregistry +myregistry +acr-token +10d +default +\S+$/m);
  expect(stdout).toMatch(/^by-hand +ghcr\.io,myregistry +admin\? +<unknown> +<none> +\S+$/m);
  expect(stdout).not.toMatch(/^else/m);
  expect(code).toBe(0);
});

test.for<{ form: string; read: (stdout: string) => unknown }>([
  {
    form: "jsonl",
    read: (stdout) =>
      stdout
        .split("\n")
        .filter(Boolean)
        .map((text) => JSON.parse(text)),
  },
  { form: "json", read: (stdout) => JSON.parse(stdout).items },
  { form: "yaml", read: (stdout) => (load(stdout) as { items: unknown }).items },
])("prints PullSecret objects without passwords when the output is $form", async ({ form, read }) => {
  const world = await both();

  const { stdout } = await type(`list -n demo -o ${form}`, world.ports);

  expect(read(stdout)).toMatchObject([
    {
      apiVersion: "acr-secret/v1",
      kind: "PullSecret",
      namespace: "demo",
      name: "acr-myregistry",
      logins: [
        {
          registries: ["myregistry.azurecr.io"],
          credential: "acr-token",
          guessed: false,
          expiry: "at",
          expiresAt: "2026-01-11T00:00:00Z",
        },
      ],
      serviceAccounts: ["default"],
    },
    {
      name: "by-hand",
      logins: [
        { registries: ["ghcr.io"], guessed: true, identity: "jane" },
        {
          registries: ["myregistry.azurecr.io"],
          credential: "admin",
          guessed: true,
          identity: "myregistry",
          expiry: "unknown",
          expiresAt: null,
        },
      ],
      serviceAccounts: [],
    },
  ]);
  expect(stdout).not.toMatch(/hunter2|password-1|dockerconfigjson/);
});

test("prints expiry never and a null time when a credential does not expire", async () => {
  const world = demo();
  await type(line, world.ports);

  const { items, ...list } = JSON.parse((await type("list -n demo -o json", world.ports)).stdout);

  expect(list).toMatchObject({ apiVersion: "v1", kind: "List" });
  expect(items[0].logins).toMatchObject([{ expiry: "never", expiresAt: null }]);
});

test.for([
  { within: "14d", names: ["secret/acr-myregistry"], code: 1 },
  { within: "9d", names: [], code: 0 },
])("--expiring-within $within exits $code and counts the Secrets of unknown expiry", async ({ within, names, code }) => {
  const world = await both();

  expect(await type(`list -n demo -o name --expiring-within ${within}`, world.ports)).toEqual({
    stdout: names.map((name) => `${name}\n`).join(""),
    stderr: "secrets not shown: 1 unknown\n",
    code,
  });
});

test("counts the Secrets that never expire when --expiring-within leaves them out", async () => {
  const world = await both();
  for (const name of ["one", "two"]) await type(`create ${name} --registry myregistry --repository app/web -n demo`, world.ports);

  expect(await type("list -n demo --expiring-within 9d", world.ports)).toEqual({
    stdout: "",
    stderr: "No resources found in demo namespace.\nsecrets not shown: 2 never expire, 1 unknown\n",
    code: 0,
  });
});

test.for(["list -A", "list -n argocd", "list -A --expiring-within 14d", "list -A -l argocd.argoproj.io/secret-type=repository"])(
  "lists a Secret for Argo CD in the order of its name: %s",
  async (typed) => {
    const world = demo();
    addNamespaces(world.cluster, "argocd");
    const made = "create --registry myregistry --repository app/web --expires-in 10d -n argocd";
    expect(await type(`${made} --for argocd`, world.ports)).toMatchObject({ code: 0 });
    for (const name of ["a", "b"]) expect(await type(`${made} ${name}`, world.ports)).toMatchObject({ code: 0 });
    const theirs = { name: "theirs", namespace: "argocd", labels: { "argocd.argoproj.io/secret-type": "repository" } };
    world.cluster.put({ apiVersion: "v1", kind: "Secret", metadata: theirs, type: "Opaque", data: {} });

    const { stdout } = await type(`${typed} -o name`, world.ports);

    const names = ["a", "acr-myregistry", "b"].map((name) => `secret/${name}\n`);
    expect(stdout).toBe(typed.includes("-l") ? names[1] : names.join(""));
  },
);

test("lists the registries of a Secret in one order when the annotation has another", async () => {
  const world = demo();
  const entry = (host: string) => ({ hosts: [host], kind: "given", identity: "ci" });
  for (const [name, hosts] of Object.entries({ one: ["b.azurecr.io", "a.io"], two: ["a.io", "b.azurecr.io"] }))
    world.cluster.put({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: "demo", ...noteEntries(hosts.map(entry)) },
      type: "kubernetes.io/dockerconfigjson",
    });

  for (const form of ["", "-o wide"]) {
    const { stdout } = await type(`list -n demo --no-headers ${form}`, world.ports);
    expect(linesOf(stdout).map((row) => row.split(/ {2,}/)[1])).toEqual(["a.io,b", "a.io,b"]);
  }
});

test("colors an expired credential when stdout is a terminal", async () => {
  const world = demo();
  await type(`${line} --expires-in 1m`, world.ports);
  const secret = world.cluster.get("secret", "demo", "acr-myregistry");
  const note = secret?.metadata.annotations?.[loginsNote]?.replace(/"expiresAt":"[^"]*"/, '"expiresAt":"2025-12-31T00:00:00Z"');
  if (secret) world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations: { [loginsNote]: note ?? "" } } });

  const { stdout } = await type("list -n demo", world.ports, { env: { FORCE_COLOR: "1" } });

  expect(stdout).toContain("acr-token    \u001b[31mexpired\u001b[39m   default");
});

test("a time that is none is refused by the flag's name", async () => {
  const world = await both();

  expect(await type("list -n demo --expiring-within soon", world.ports)).toMatchObject({
    stderr: expect.stringMatching(/^error: invalid --expiring-within "soon": a number and m, h, d, w or y/),
    code: 2,
  });
});
