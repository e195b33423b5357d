import { expect, test } from "vitest";
import { isWanted, readRegistryName } from "../../../src/azure/registry-name.ts";

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
])("%j is refused before it can reach a query", (text) => {
  expect(() => readRegistryName(text, ".azurecr.io")).toThrow(
    `${JSON.stringify(text)} is neither a registry's name (5 to 50 letters and digits) nor its login server (NAME.azurecr.io)`,
  );
});

const id =
  "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/my-rg_1.(x)/providers/Microsoft.ContainerRegistry/registries/MyRegistry";

test("an id in Azure means that very registry, in whatever case, with a slash behind it or not", () => {
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
])("%j is no registry's id", (text) => {
  expect(() => readRegistryName(text, ".azurecr.io")).toThrow(expect.objectContaining({ kind: "usage" }));
});

const registry = { id: "/subscriptions/s/x", name: "MyRegistry", loginServer: "myregistry-a1b2.azurecr.io", sku: "Basic" };

test.for([
  ["myregistry", true],
  ["myregistry-a1b2.azurecr.io", true],
  ["myregistry.azurecr.io", false],
  ["otherregistry", false],
] as const)("%s means a registry whose login server has a hash: %s", ([text, expected]) => {
  expect(isWanted(registry, readRegistryName(text, ".azurecr.io"))).toBe(expected);
});

test("a wrong name in the cloud at hand needs no other cloud", () => {
  expect(() => readRegistryName("my_registry.azurecr.io", ".azurecr.io")).toThrow(expect.objectContaining({ hint: undefined }));
});

test.for([
  ["myregistry.azurecr.us", "AzureUSGovernment"],
  ["MyRegistry.azurecr.cn", "AzureChinaCloud"],
] as const)("%s is a registry of %s, which a flag can choose", ([text, cloud]) => {
  expect(() => readRegistryName(text, ".azurecr.io")).toThrow(
    expect.objectContaining({ hint: `add --cloud=${cloud}, whose registry that is` }),
  );
});
