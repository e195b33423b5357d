import { expect, test } from "vitest";
import { demo, everything, exactly, left, line, nothing, once, refused, token } from "../../support/demo.ts";
import { is } from "../../support/fakes/asked.ts";
import { type } from "../../support/in-process.ts";

test("a Secret that another run writes first and that pulls stays, and the password that nobody needs goes", async () => {
  const world = demo();
  const [text = ""] = world.azure.putToken(token, ["password1"]);
  world.azure.putScopeMap({ name: token, actions: ["repositories/app/web/content/read", "repositories/app/web/metadata/read"] });
  const [at] = [...(world.azure.tokens.get(token)?.passwords.values() ?? [])].map(({ creationTime }) => creationTime);
  const theirs = { hosts: ["myregistry.azurecr.io"], kind: "acr-token", identity: token, slot: "password1", madeAt: at };
  const undo = world.asking.around(async (asked, next) => {
    if (exactly("create secret demo/acr-myregistry")(asked)) {
      undo();
      world.cluster.put(
        {
          apiVersion: "v1",
          kind: "Secret",
          metadata: {
            name: "acr-myregistry",
            namespace: "demo",
            labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret" },
            annotations: { "acr-secret/logins": JSON.stringify([theirs]) },
          },
          type: "kubernetes.io/dockerconfigjson",
          data: {
            ".dockerconfigjson": Buffer.from(
              JSON.stringify({ auths: { "myregistry.azurecr.io": { username: token, password: text } } }),
            ).toString("base64"),
          },
        },
        "kubectl-acr-secret",
      );
    }
    return next();
  });

  const { stdout, stderr, code } = await type(line, world.ports);

  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  expect(stdout).toBe(`scopemap.azurecr.io/${token} unchanged
token.azurecr.io/${token} unchanged
secret/acr-myregistry unchanged
serviceaccount/default patched
pod/web-1 restarted
`);
  expect(world.loginIn("demo")?.password).toBe(text);
  expect(left(world)).toEqual(everything);
});

test("a token that another run has come to use in the meantime stays with its scope map, without our password", async () => {
  const world = demo();
  const undo = world.asking.around(async (asked, next) => {
    if (!exactly("patch secret demo/acr-myregistry")(asked)) return next();
    undo();
    const passwords = world.azure.tokens.get(token)?.passwords;
    passwords?.set("password2", { text: "theirs", creationTime: "2026-05-05T00:00:00Z", expiry: undefined });
    throw refused();
  });

  expect(await type(line, world.ports)).toEqual({ stdout: "", stderr: "Error from server (Forbidden): no\n", code: 1 });
  expect(left(world)).toEqual({ ...nothing, scopeMap: true, slots: "password2" });
  expect(world.azure.knows({ username: token, password: "theirs" })).toBe(true);
});

test("a scope map that appears while this run makes it is added to, and not replaced", async () => {
  const world = demo();
  const undo = world.asking.around(async (asked, next) => {
    if (!is("putScopeMap")(asked)) return next();
    undo();
    return next();
  });
  world.asking.around(async (asked, next) => {
    const answer = await next();
    if (is(`scopeMap ${token}`)(asked) && !world.azure.scopeMaps.has(token))
      world.azure.putScopeMap({ name: token, description: "theirs", actions: ["repositories/base/content/read"] });
    return answer;
  });

  expect(await type(line, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(world.azure.scopeMaps.get(token)).toMatchObject({
    description: "theirs",
    actions: ["repositories/app/web/content/read", "repositories/app/web/metadata/read", "repositories/base/content/read"],
  });
});

test("a password that another run makes between the look and the mint lives on: ours goes into the other slot", async () => {
  const world = demo();
  once(world, `putToken ${token}`, () => {
    once(world, `token ${token}`, () => world.azure.tokens.get(token)?.passwords.set("password1", theirs));
  });
  const theirs = { text: "theirs", creationTime: "2026-05-05T00:00:00Z", expiry: undefined };

  const { stderr, code } = await type(line, world.ports);

  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  expect(world.azure.knows({ username: token, password: "theirs" })).toBe(true);
  expect(left(world)).toEqual({ ...everything, slots: "password1,password2" });
});

test("a password that somebody makes anew with az before the Secret is written is dead, and the other slot is taken", async () => {
  const world = demo();
  const theirs = { text: "theirs", creationTime: "2026-05-05T00:00:00Z", expiry: undefined };
  once(world, "prove ci-pull app/web:1", () => {
    once(world, "token ci-pull", () => world.azure.tokens.get("ci-pull")?.passwords.set("password1", theirs));
  });

  const { stderr, code } = await type(`${line} --acr-token ci-pull`, world.ports);

  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  expect([...(world.azure.tokens.get("ci-pull")?.passwords.keys() ?? [])]).toEqual(["password1", "password2"]);
  expect(world.azure.knows({ username: "ci-pull", password: "theirs" })).toBe(true);
  expect(left(world)).toMatchObject({ secret: "alive", attached: "acr-myregistry" });
});

test("a Secret that another run has written before ours is tried is decided anew", async () => {
  const world = demo();
  await type(line, world.ports);
  world.azure.tokens.get(token)?.passwords.clear();
  once(world, "patch secret demo/acr-myregistry (dry run)", () => {
    const secret = world.cluster.get("secret", "demo", "acr-myregistry");
    if (secret)
      world.cluster.put({ ...secret, metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, team: "web" } } }, "team");
  });

  expect(await type(line, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry configured\n"),
    stderr: "",
    code: 0,
  });
  expect(left(world)).toEqual(everything);
});

test("another's write to the Secret between look and write is looked at again, and a login that is dead is replaced", async () => {
  const world = demo();
  await type(line, world.ports);
  const [old] = [world.loginIn("demo")?.password];
  world.azure.tokens.get(token)?.passwords.clear();
  const undo = world.asking.around(async (asked, next) => {
    if (exactly("patch secret demo/acr-myregistry")(asked)) {
      undo();
      const secret = world.cluster.get("secret", "demo", "acr-myregistry");
      if (secret)
        world.cluster.put({ ...secret, metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, team: "web" } } }, "team");
    }
    return next();
  });

  expect(await type(line, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry configured\n"),
    stderr: "",
    code: 0,
  });
  expect(world.loginIn("demo")?.password).not.toBe(old);
  expect(left(world).secret).toBe("alive");
  expect(world.cluster.get("secret", "demo", "acr-myregistry")?.metadata.labels).toMatchObject({ team: "web" });
});
