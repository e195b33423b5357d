import { expect, test } from "vitest";
import { demo, everything, left, line, made, next, nothing, token, unchecked } from "../../support/demo.ts";
import { is } from "../../support/fakes/asked.ts";
import { addNamespaces, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

test("from an image in the registry to a pod that is made anew, and again without a write", async () => {
  const world = demo();

  expect(await type(line, world.ports)).toEqual({ stdout: made, stderr: "", code: 0 });
  expect(left(world)).toEqual(everything);
  expect(world.asking.writes).toEqual([
    "create secret demo/acr-myregistry",
    `putScopeMap ${token}`,
    `putToken ${token}`,
    `generatePassword ${token} password1`,
    "patch secret demo/acr-myregistry",
    "patch serviceaccount demo/default",
    "evict pod demo/web-1",
  ]);

  world.asking.forget();
  expect(await type(line, world.ports)).toEqual({
    stdout: `scopemap.azurecr.io/${token} unchanged
token.azurecr.io/${token} unchanged
secret/acr-myregistry unchanged
serviceaccount/default unchanged
`,
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});

test("the Secret is claimed, which the server may refuse, before a password is made, and the password pulls before it is written", async () => {
  const world = demo();

  await type(line, world.ports);

  const order = [
    "create secret demo/acr-myregistry",
    `putScopeMap ${token}`,
    `generatePassword ${token} password1`,
    `prove ${token} app/web:1`,
    "patch secret demo/acr-myregistry",
    "patch serviceaccount demo/default",
    "get pod demo/web-1",
    "evict pod demo/web-1",
  ];
  expect(world.asking.all.filter((text) => order.includes(text))).toEqual(order);
});

test("the namespace that is named is worked on, also where it is the system's", async () => {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system");

  expect(await type("create --registry myregistry --repository app/web -n kube-system", world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry created\n"),
    code: 0,
  });
});

test("a password that has been made is known to the registry a little later, which is waited for", async () => {
  const world = demo();
  let asked = 0;
  world.asking.around(async (call, next) => {
    if (!is("prove")(call)) return next();
    asked++;
    return asked <= 3 ? { verdict: "refused", message: "not yet" } : next();
  });

  expect(await type(line, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(asked).toBe(4);
  expect(left(world)).toEqual(everything);
});

test("a password that does not pull is in no Secret, and gone from Azure", async () => {
  const world = demo();
  world.asking.around(async (call, next) => (is("prove")(call) ? { verdict: "blocked", message: "a firewall is in the way" } : next()));

  expect(await type(line, world.ports)).toEqual({
    stdout: "",
    stderr:
      "error: the credential does not pull myregistry.azurecr.io/app/web: a firewall is in the way\n" +
      "hint: add --verify=false if only the cluster can reach the registry\n",
    code: 1,
  });
  expect(left(world)).toEqual(nothing);
});

test("what is made says the cluster, is gone all the same where it does not pull, and a second run asks for no cluster", async () => {
  const world = demo();
  addNamespaces(world.cluster, "kube-system");
  const undo = world.asking.around(async (call, next) =>
    is("prove")(call) ? { verdict: "blocked", message: "a firewall is in the way" } : next(),
  );
  expect(await type(line, world.ports)).toMatchObject({ code: 1 });
  expect(left(world)).toEqual(nothing);

  undo();
  expect(await type(line, world.ports)).toMatchObject({ stdout: made, code: 0 });
  expect(world.azure.scopeMaps.get(token)?.description).toMatch(
    /^kubectl acr-secret: secret acr-myregistry in namespace demo of cluster [0-9a-f]{8}$/,
  );

  world.asking.forget();
  await type(line, world.ports);
  expect(world.asking.all).not.toContain("get namespace kube-system");
});

test("a given credential is taken, and asks Azure for nothing", async () => {
  const world = demo();
  world.azure.users.set("ci", "hunter2");
  const given = "create --registry myregistry.azurecr.io --username ci --password-stdin --serviceaccount default -n demo";

  const first = await type(given, world.ports, { stdin: "hunter2\n" });
  expect(first).toEqual({
    stdout: "secret/acr-myregistry created\nserviceaccount/default patched\npod/web-1 restarted\n",
    stderr: unchecked,
    code: 0,
  });
  expect(world.loginIn("demo")).toMatchObject({ username: "ci", password: "hunter2" });
  expect(world.asking.all.some((text) => /^(findRegistry|token|scopeMap)/.test(text))).toBe(false);

  world.asking.forget();
  expect(await type(given, world.ports, { stdin: "hunter2\n" })).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry unchanged\n"),
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});

test.for(["https://myregistry.azurecr.io/", "HTTPS://myregistry.azurecr.io", "myregistry.azurecr.io/"])(
  "a login server that was copied from a browser is that login server: %s",
  async (registry) => {
    const world = demo();
    world.azure.users.set("ci", "hunter2");

    const { stdout, stderr } = await type(`create --registry ${registry} --username ci --password-stdin -n demo`, world.ports, {
      stdin: "hunter2\n",
    });

    expect({ stdout, stderr }).toEqual({
      stdout: "secret/acr-myregistry created\n",
      stderr: unchecked + next,
    });
    expect(world.loginIn("demo")).toMatchObject({ username: "ci", password: "hunter2" });
  },
);

test("a given credential that does not pull is in no Secret", async () => {
  const world = demo();

  const { stderr, code } = await type("create --registry myregistry.azurecr.io --username ci --password-stdin -n demo", world.ports, {
    stdin: "wrong",
  });

  expect({ stderr, code }).toEqual({
    stderr: "error: the credential does not pull myregistry.azurecr.io/app/web: myregistry.azurecr.io refuses the login\n",
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
});

test("an expired password is made anew, in its own slot", async () => {
  const world = demo();
  await type(`${line} --expires-in 30d`, world.ports);
  const before = world.loginIn("demo")?.password;

  const { stdout, code } = await type(line, world.ports, { now: () => new Date("2026-03-01T00:00:00Z") });

  expect(code).toBe(0);
  expect(stdout).toBe(`scopemap.azurecr.io/${token} unchanged
token.azurecr.io/${token} configured
secret/acr-myregistry configured
serviceaccount/default unchanged
`);
  expect(world.loginIn("demo")?.password).not.toBe(before);
  expect(left(world)).toMatchObject({ slots: "password1", secret: "alive" });
});

test("a login that stands under a path of the registry is found, and not taken for dead", async () => {
  const world = demo();
  await type(line, world.ports);
  const secret = world.cluster.get("secret", "demo", "acr-myregistry");
  const config = Buffer.from(secret?.data?.[".dockerconfigjson"] ?? "", "base64")
    .toString()
    .replace("myregistry.azurecr.io", "myregistry.azurecr.io/app");
  if (secret) world.cluster.put({ ...secret, data: { ".dockerconfigjson": Buffer.from(config).toString("base64") } }, "kubectl-acr-secret");
  world.asking.forget();

  expect(await type(line, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry unchanged\n"),
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});
