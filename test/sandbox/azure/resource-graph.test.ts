import { expect, test } from "vitest";
import { query } from "../../../sandbox/azure/arm/kql.ts";
import { openTestAzure, registryId } from "./world.ts";

const azure = await openTestAzure();
const resources = "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01";
const find = (name: string) =>
  `resources | where type =~ 'microsoft.containerregistry/registries' | where name =~ '${name}' or tolower(tostring(properties.loginServer)) == '${name}.azurecr.io' | project id,name,subscriptionId,tenantId,resourceGroup,loginServer=properties.loginServer,sku=sku.name`;

test("finds a registry by its name, in any case", async () => {
  const { json } = await azure.arm(azure.owner, "POST", resources, { query: find("MYREGISTRY") });

  expect(json).toEqual({
    totalRecords: 1,
    count: 1,
    data: [
      {
        id: registryId,
        name: "myregistry",
        subscriptionId: azure.world.subscriptionId,
        tenantId: azure.world.tenantId,
        resourceGroup: "demo",
        loginServer: "myregistry.azurecr.io",
        sku: "Standard",
      },
    ],
    facets: [],
    resultTruncated: "false",
  });
});

test("hides another tenant's registry and one that the identity may not read", async () => {
  const puller = await azure.addServicePrincipal("puller", [{ role: "AcrPull", registry: "myregistry" }]);

  expect((await azure.arm(azure.owner, "POST", resources, { query: find("otherregistry") })).json.data).toEqual([]);
  expect((await azure.arm(puller, "POST", resources, { query: find("myregistry") })).json.data).toEqual([]);
});

test("refuses a query that is not supported", async () => {
  for (const text of ["registries | take 1", "resources | summarize count()", "resources | where name =~ 'x", ""]) {
    expect((await azure.arm(azure.owner, "POST", resources, { query: text })).json.error?.code).toBe("BadRequest");
  }
});

const rows = [
  { name: "Ant", properties: { legs: "six" }, kind: "insect" },
  { name: "bee", properties: { legs: "six" }, kind: "insect" },
  { name: "cat", properties: { legs: "four" }, kind: "mammal" },
];

test.for([
  { where: "name == 'ant'", names: [] },
  { where: "name =~ 'ant'", names: ["Ant"] },
  { where: "name != 'bee' and kind == 'insect'", names: ["Ant"] },
  { where: "name == 'cat' or name == 'bee' and kind == 'mammal'", names: ["cat"] },
  { where: "(name == 'cat' or name == 'bee') and kind == 'insect'", names: ["bee"] },
  { where: "name in~ ('BEE', 'CAT')", names: ["bee", "cat"] },
  { where: "properties.legs startswith 'f'", names: ["cat"] },
  { where: "tolower(name) == 'ant'", names: ["Ant"] },
  { where: "name =~ 'it\\'s'", names: [] },
])("finds $names when the query is $where", ({ where, names }) => {
  expect(query(`resources | where ${where} | project name`, rows).map(({ name }) => name)).toEqual(names);
});
