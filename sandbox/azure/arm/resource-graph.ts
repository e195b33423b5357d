import { anything, listOf, object, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import { permits } from "../rbac.ts";
import { registryId } from "../world.ts";
import { type ArmAsk, body, refuse, same } from "./request.ts";
import { routesOf } from "./route.ts";

const graph = routesOf("Microsoft.ResourceGraph/resources", ["2022-10-01"]);

export const resourceGraphRoutes = [graph("POST", "/providers/Microsoft.ResourceGraph/resources", search)];

type Search = { query: string; subscriptions?: string[] };

/** The only query that is understood: the ids of the registries with a name, in any case. */
const byName = /^resources \| where type =~ 'microsoft\.containerregistry\/registries' \| where name =~ '([^'\\|]*)' \| project id$/;

/**
 * Finds the registries with a name that the caller may read. Azure Resource Graph returns changes with a delay, the emulator at once.
 */
function search(arm: ArmAsk): Answer {
  const { query, subscriptions } = body<Search>(arm, object({ "query!": text, subscriptions: listOf(text), options: anything }));
  const { world } = arm.state;
  const [, name] = byName.exec(query) ?? [];
  if (name === undefined) return refuse(400, "BadRequest", "Query is invalid: the emulator does not understand it.");
  const data = world.registries
    .filter((one) => one.tenantId === arm.identity.tenantId && same(one.name, name))
    .filter((one) => subscriptions?.some((id) => same(id, one.subscriptionId)) ?? true)
    .filter((one) => permits(world, arm.identity.principalId, "Microsoft.ContainerRegistry/registries/read", registryId(one)))
    .map((one) => ({ id: registryId(one) }));
  return { status: 200, body: { totalRecords: data.length, count: data.length, data, facets: [], resultTruncated: "false" } };
}
