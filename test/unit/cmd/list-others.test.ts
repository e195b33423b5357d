import { expect, test } from "vitest";
import { demo, line } from "../../support/demo.ts";
import { type } from "../../support/in-process.ts";

/** A namespace with a Secret of ours, and one that was made by hand for two registries. */
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
  expect(stdout).toMatch(/^by-hand +myregistry,ghcr\.io +admin\? +<unknown> +<none> +\S+$/m);
  expect(stdout).not.toMatch(/^else/m);
  expect(code).toBe(0);
});

test("a line of JSON each tells the same, and never a login", async () => {
  const world = await both();

  const { stdout } = await type("list -n demo -o jsonl", world.ports);

  expect(
    stdout
      .split("\n")
      .filter(Boolean)
      .map((text) => JSON.parse(text)),
  ).toMatchObject([
    {
      apiVersion: "acr-secret/v1",
      kind: "PullSecret",
      namespace: "demo",
      name: "acr-myregistry",
      logins: [{ registries: ["myregistry.azurecr.io"], credential: "acr-token", guessed: false, expiresAt: "2026-01-11T00:00:00Z" }],
      serviceAccounts: ["default"],
    },
    {
      name: "by-hand",
      logins: [
        { registries: ["myregistry.azurecr.io"], credential: "admin", guessed: true, identity: "myregistry", expiresAt: "unknown" },
        { registries: ["ghcr.io"], guessed: true, identity: "jane" },
      ],
      serviceAccounts: [],
    },
  ]);
  expect(stdout).not.toMatch(/hunter2|password-1/);
});

test.for([
  { within: "14d", names: ["secret/acr-myregistry"], code: 1 },
  { within: "9d", names: [], code: 0 },
])("--expiring-within $within exits $code", async ({ within, names, code }) => {
  const world = await both();

  expect(await type(`list -n demo -o name --expiring-within ${within}`, world.ports)).toEqual({
    stdout: names.map((name) => `${name}\n`).join(""),
    stderr: "",
    code,
  });
});

test("a time that is none is refused by the flag's name", async () => {
  const world = await both();

  expect(await type("list -n demo --expiring-within soon", world.ports)).toMatchObject({
    stderr: expect.stringMatching(/^error: invalid --expiring-within "soon": a number and m, h, d, w or y/),
    code: 1,
  });
});
