import { expect, test } from "vitest";
import { openArm } from "../../../src/azure/arm.ts";
import { cloudOf } from "../../../src/azure/cloud.ts";
import { findRegistry } from "../../../src/azure/find-registry.ts";
import type { TokenSource } from "../../../src/azure/port.ts";
import { isWanted, readRegistryName } from "../../../src/azure/registry-name.ts";
import { CliError } from "../../../src/errors.ts";
import { shell } from "../../../src/hint.ts";
import type { HttpResponse } from "../../../src/http/message.ts";
import { Sensitive } from "../../../src/sensitive.ts";

type Tenant = {
  readonly subscriptions: number;
  /** Returns the response to the list of registries in one subscription. */
  list(subscription: string): [status: number, body: object];
  readonly nameAvailable?: boolean | undefined;
  readonly graph?: number;
  readonly source?: TokenSource;
};

const found = (id: string, name: string) => ({
  id: `/subscriptions/${id}/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/${name}`,
  name,
  sku: { name: "Basic" },
  properties: { loginServer: `${name}.azurecr.io` },
});
const none = (): [number, object] => [200, { value: [] }];

/** Returns a tenant whose requests take one second each on a fake clock. Resource Graph finds no registry. */
function searching({ subscriptions, list, nameAvailable, graph = 200, source = "az" }: Tenant) {
  let now = 0;
  let running = 0;
  const waiting: (() => void)[] = [];
  /** Advances the clock by one second once all running requests wait for it. */
  const second = () =>
    new Promise<void>((done) => {
      waiting.push(done);
      setImmediate(() => {
        if (waiting.length < running) return;
        now += 1000;
        for (const next of waiting.splice(0)) next();
      });
    });
  const answer = (path: string): [number, object] => {
    if (path.includes("ResourceGraph")) return [graph, { data: [] }];
    if (path === "/subscriptions")
      return [200, { value: Array.from({ length: subscriptions }, (_, at) => ({ subscriptionId: `s-${at}` })) }];
    if (path.endsWith("checkNameAvailability")) return nameAvailable === undefined ? [403, {}] : [200, { nameAvailable }];
    return list(path.split("/")[2] ?? "");
  };
  const identity = { source, token: async () => new Sensitive("hunter2"), subscription: async () => undefined };
  const cloud = cloudOf({});
  const http = async ({ url }: { url: string }): Promise<HttpResponse> => {
    running++;
    await second();
    running--;
    const [status, body] = answer(new URL(url).pathname);
    return { status, text: JSON.stringify(body), header: () => undefined };
  };
  const arm = openArm({ cloud, identity, http, sleep: async () => {} });
  const find = (text: string) => findRegistry({ arm, identity, cloud, trace: () => {}, now: () => new Date(now) }, text);
  return { find, took: () => now };
}

test.for([
  { status: 500, body: { error: { code: "InternalServerError", message: "Oops." } } },
  { status: 409, body: { error: { code: "MissingSubscriptionRegistration", message: "Not registered." } } },
  { status: 404, body: { error: { code: "SubscriptionNotFound", message: "Gone." } } },
  { status: 200, body: {} },
  { status: 403, body: {} },
])("finds a registry when another subscription answers $status", async ({ status, body }) => {
  const { find } = searching({
    subscriptions: 3,
    list: (id) => (id === "s-2" ? [200, { value: [found(id, "myregistry")] }] : [status, body]),
  });

  expect(await find("myregistry")).toMatchObject({ name: "myregistry" });
});

test("names the subscription that could not be searched when the registry is not found", async () => {
  const list = (id: string): [number, object] => (id === "s-1" ? [500, { error: { code: "X", message: "Oops." } }] : none());

  await expect(searching({ subscriptions: 3, list }).find("myregistry")).rejects.toMatchObject({
    kind: "unreachable",
    message: expect.stringMatching(
      /\n\* 1 subscription could not be searched: cannot list the registries of subscription s-1: Azure returned HTTP \d+\n\* Oops$/,
    ),
  });
});

test("reports the error itself when no subscription could be searched", async () => {
  const list = (): [number, object] => [500, { error: { code: "X", message: "Oops." } }];

  await expect(searching({ subscriptions: 3, list }).find("myregistry")).rejects.toMatchObject({ kind: "unreachable" });
});

test.for([403, 500])("lists the subscriptions when Resource Graph answers %s", async (graph) => {
  const { find } = searching({ subscriptions: 1, graph, list: (id) => [200, { value: [found(id, "myregistry")] }] });

  expect(await find("myregistry")).toMatchObject({ name: "myregistry" });
});

test.for([
  { name: "taken", nameAvailable: false, message: /^registry "myregistri" not found: searched 3\d\d of 1000 subscriptions in 42s$/ },
  { name: "free", nameAvailable: true, message: /^registry "myregistri" not found: the name/ },
  { name: "unknown", nameAvailable: undefined, message: /^registry "myregistri" not found: searched 3\d\d of 1000 subscriptions in 42s$/ },
])("answers within 45 seconds in 1,000 subscriptions when the name is $name", async ({ nameAvailable, message }) => {
  const { find, took } = searching({ subscriptions: 1000, list: none, nameAvailable });

  await expect(find("myregistri")).rejects.toMatchObject({ kind: "notFound", message: expect.stringMatching(message) });
  expect(took()).toBeLessThanOrEqual(45_000);
});

test.for([{ nameAvailable: true }, { nameAvailable: false }, { nameAvailable: undefined }])(
  "hints at no az command when the identity is not az's and the name is available: $nameAvailable",
  async ({ nameAvailable }) => {
    const { find } = searching({ subscriptions: 1, list: none, source: "env", nameAvailable });

    const error = await find("myregistri").catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(CliError);
    expect((error as CliError).hint).not.toMatch(/\baz\b/);
  },
);

test.for([
  ["myregistry", { name: "myregistry" }],
  ["MyRegistry", { name: "myregistry" }],
  ["myregistry.azurecr.io", { name: "myregistry", loginServer: "myregistry.azurecr.io" }],
  ["myregistry-a1b2.azurecr.io", { name: "myregistry", loginServer: "myregistry-a1b2.azurecr.io" }],
  ["myregistry-a1b2", { name: "myregistry", loginServer: "myregistry-a1b2.azurecr.io" }],
  ["myregistry.eastus.geo.azurecr.io", { name: "myregistry", loginServer: "myregistry.azurecr.io" }],
  ["myregistry-a1b2.eastus.geo.azurecr.io", { name: "myregistry", loginServer: "myregistry-a1b2.azurecr.io" }],
] as const)("%s", ([text, wanted]) => {
  expect(readRegistryName(text, ".azurecr.io")).toEqual(wanted);
});

test.for([
  "",
  "abcd",
  "my_registry",
  "myregistry.azurecr.us",
  "docker.io",
  "myregistry'",
  "x' or true //",
  "myregistry.azurecr.io/app",
  "myregistry.eastus.geo",
])("rejects the registry name %j before a query", (text) => {
  expect(() => readRegistryName(text, ".azurecr.io")).toThrow(
    `invalid registry ${JSON.stringify(text)}: expected a name (5 to 50 letters and digits) or a login server (NAME.azurecr.io)`,
  );
});

const id =
  "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/my-rg_1.(x)/providers/Microsoft.ContainerRegistry/registries/MyRegistry";

test("reads a registry's id in any case, with a trailing slash or not", () => {
  expect(readRegistryName(id, ".azurecr.io")).toEqual({ name: "myregistry", id });
  expect(readRegistryName(`${id}/`, ".azurecr.io")).toEqual({ name: "myregistry", id });
  expect(readRegistryName(id.toUpperCase(), ".azurecr.us")).toEqual({ name: "myregistry", id: id.toUpperCase() });
});

test.for([
  `${id}/tokens/x`,
  `x${id}`,
  `${id}?api-version=1`,
  id.replace("my-rg_1.(x)", "a/../b"),
  id.replace("MyRegistry", "my_registry"),
  id.replace("22222222-2222-2222-2222-222222222222", "demo"),
  id.replace("ContainerRegistry", "Storage"),
])("rejects the registry id %j", (text) => {
  expect(() => readRegistryName(text, ".azurecr.io")).toThrow(expect.objectContaining({ kind: "usage" }));
});

const registry = { id: "/subscriptions/s/x", name: "MyRegistry", loginServer: "myregistry-a1b2.azurecr.io", sku: "Basic" };

test.for([
  ["myregistry", true],
  ["myregistry-a1b2.azurecr.io", true],
  ["myregistry.azurecr.io", false],
  ["otherregistry", false],
] as const)("matches %s to a registry whose login server has a hash: %s", ([text, expected]) => {
  expect(isWanted(registry, readRegistryName(text, ".azurecr.io"))).toBe(expected);
});

test.for(["my_registry.azurecr.io", "nope"])("hints at the list of registries for the invalid name %s", (text) => {
  const hint = expect.objectContaining(shell("az acr list", "--output", "table"));

  expect(() => readRegistryName(text, ".azurecr.io")).toThrow(expect.objectContaining({ hint }));
});

test.for([
  ["myregistry.azurecr.us", "AzureUSGovernment"],
  ["MyRegistry.azurecr.cn", "AzureChinaCloud"],
] as const)("hints at the flag that selects the cloud of %s: %s", ([text, cloud]) => {
  expect(() => readRegistryName(text, ".azurecr.io")).toThrow(
    expect.objectContaining({ hint: `add --cloud=${cloud}, the cloud of that registry` }),
  );
});
