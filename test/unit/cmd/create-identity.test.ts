import { expect, test } from "vitest";
import { main } from "../../../cmd/main.ts";
import type { SignInOptions } from "../../../src/azure/port.ts";
import { demo, line } from "../../support/demo.ts";
import { open, type } from "../../support/in-process.ts";

const id =
  "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/demo/providers/Microsoft.ContainerRegistry/registries/myregistry";

test.for<{ flags: string; options: SignInOptions }>([
  { flags: "", options: { source: "auto" } },
  { flags: "--auth=workload", options: { source: "workload" } },
  {
    flags: "--tenant example.com --subscription Demo --cloud AzureChinaCloud --auth az",
    options: { source: "az", tenant: "example.com", subscription: "Demo", cloud: "AzureChinaCloud" },
  },
])("create and whoami ask Azure as $flags says", async ({ flags, options }) => {
  const world = demo();
  const asked: SignInOptions[] = [];
  for (const verb of [line, "whoami --registry myregistry"]) {
    const { context } = open(world.ports);
    const azure: typeof context.azure = (identity, trace) => {
      asked.push(identity);
      return context.azure(identity, trace);
    };
    expect(await main(`${verb} ${flags}`.split(" ").filter(Boolean), { ...context, azure })).toBe(0);
  }

  expect(asked).toEqual([options, options]);
});

test("a registry may be named by its id: the Secret is called after its name, and a repository may have its host before it", async () => {
  const world = demo();

  expect(await type(`create --registry ${id}/ --repository myregistry.azurecr.io/app/web -n demo`, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry created\n"),
    code: 0,
  });
});

test("a command that is printed asks Azure as the one at hand did", async () => {
  const world = demo();
  const flags = "--auth az --subscription Demo";
  await type(`create --registry myregistry --repository app/other -n demo ${flags}`, world.ports);

  expect(await type(`create --registry myregistry -n demo ${flags}`, world.ports)).toMatchObject({
    stderr: expect.stringContaining(
      "kubectl acr-secret create -n demo acr-myregistry --registry myregistry --repository app/web --auth az --subscription Demo",
    ),
  });
});

test.for([
  ["--tenant a/b", 'error: invalid --tenant "a/b": the tenant\'s id, or its domain'],
  ["--auth magic", "--auth"],
  ["--cloud AzureGermanCloud", "--cloud"],
] as const)("%s is refused before anybody is asked", async ([flags, words]) => {
  const world = demo();

  expect(await type(`${line} ${flags}`, world.ports)).toMatchObject({ stderr: expect.stringContaining(words), code: 1 });
  expect(world.asking.all).toEqual([]);
});

test("a login that is given takes an id too, as long as Azure may be asked for the login server", async () => {
  const world = demo();
  world.azure.users.set("ci", "password");
  const given = `create --registry ${id} --username ci --password-stdin --repository app/web -n demo`;

  expect(await type(given, world.ports, { stdin: "password" })).toMatchObject({ stdout: "secret/acr-myregistry created\n", code: 0 });
  expect(await type(`${given} --verify=false`, world.ports, { stdin: "password" })).toMatchObject({
    stderr: expect.stringContaining(
      `so --registry must be a login server, and "${id}" is an id\nhint: set --registry to the login server, which this prints:\n  az acr show --name myregistry --query`,
    ),
    code: 1,
  });
});
