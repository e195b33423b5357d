import { anything, listOf, object, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import { permits } from "../rbac.ts";
import { type Registry, registryId } from "../world.ts";
import { query, type Row } from "./kql.ts";
import { type ArmAsk, body, refuse, same } from "./request.ts";
import { routesOf } from "./route.ts";

const graph = routesOf("Microsoft.ResourceGraph/resources", ["2022-10-01", "2021-03-01", "2024-04-01"]);

export const resourceGraphRoutes = [graph("POST", "/providers/Microsoft.ResourceGraph/resources", search)];

type Search = { query: string; subscriptions?: string[] };

/**
 * Runs an Azure Resource Graph query over the registries that the caller may read. Azure returns changes with a delay, the emulator at
 * once.
 */
function search(arm: ArmAsk): Answer {
  const shape = object({
    "query!": text,
    subscriptions: listOf(text),
    managementGroups: listOf(text),
    options: anything,
    facets: anything,
  });
  const asked = body<Search>(arm, shape);
  const { world } = arm.state;
  const rows = world.registries
    .filter((one) => one.tenantId === arm.identity.tenantId)
    .filter((one) => asked.subscriptions?.some((id) => same(id, one.subscriptionId)) ?? true)
    .filter((one) => permits(world, arm.identity.principalId, "Microsoft.ContainerRegistry/registries/read", registryId(one)))
    .map(row);
  try {
    const data = query(asked.query, rows);
    return { status: 200, body: { totalRecords: data.length, count: data.length, data, facets: [], resultTruncated: "false" } };
  } catch (error) {
    return refuse(400, "BadRequest", `Query is invalid: ${error instanceof Error ? error.message : error}.`);
  }
}

function row(registry: Registry): Row {
  const { name, subscriptionId, tenantId, resourceGroup, location, loginServer, sku, tags, roleAssignmentMode, adminUserEnabled } =
    registry;
  return {
    id: registryId(registry),
    name,
    type: "microsoft.containerregistry/registries",
    kind: "",
    subscriptionId,
    tenantId,
    resourceGroup: resourceGroup.toLowerCase(),
    location,
    tags,
    sku: { name: sku, tier: sku },
    properties: { loginServer, adminUserEnabled, roleAssignmentMode, provisioningState: "Succeeded" },
  };
}
