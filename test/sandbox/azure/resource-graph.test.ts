import { expect, test } from "vitest";
import { openTestAzure, registryId } from "./world.ts";

const azure = await openTestAzure();
const resources = "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01";
const find = (name: string) => `resources | where type =~ 'microsoft.containerregistry/registries' | where name =~ '${name}' | project id`;

test("finds a registry by its name, in any case", async () => {
  const { json } = await azure.arm(azure.owner, "POST", resources, { query: find("MYREGISTRY") });

  expect(json).toEqual({ totalRecords: 1, count: 1, data: [{ id: registryId }], facets: [], resultTruncated: "false" });
});

test("hides another tenant's registry and one that the identity may not read", async () => {
  const puller = await azure.addServicePrincipal("puller", [{ role: "AcrPull", registry: "myregistry" }]);

  expect((await azure.arm(azure.owner, "POST", resources, { query: find("otherregistry") })).json.data).toEqual([]);
  expect((await azure.arm(puller, "POST", resources, { query: find("myregistry") })).json.data).toEqual([]);
});

test.for([find("it's"), find("myregistry").replace("project id", "take 1"), "resources", ""])("rejects the query %s", async (query) => {
  expect((await azure.arm(azure.owner, "POST", resources, { query })).json.error?.code).toBe("BadRequest");
});
