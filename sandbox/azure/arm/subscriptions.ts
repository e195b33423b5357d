import { permits, seesInto } from "../rbac.ts";
import { registryId, type Subscription, type World } from "../world.ts";
import { type ArmAsk, authorize, page, refuse, same } from "./request.ts";
import { routesOf } from "./route.ts";
import { systemData } from "./system-data.ts";

const subscriptions = routesOf("subscriptions", ["2022-12-01"]);
const resources = routesOf("resources", ["2024-11-01"]);

export const subscriptionRoutes = [
  subscriptions("GET", "/tenants", ({ state, identity }) => ({
    status: 200,
    body: {
      value: [
        {
          id: `/tenants/${identity.tenantId}`,
          tenantId: identity.tenantId,
          displayName: "Sandbox",
          tenantCategory: "Home",
          countryCode: "US",
          defaultDomain: domainOf(state.world),
        },
      ],
    },
  })),
  subscriptions("GET", "/subscriptions", (arm) => ({ status: 200, body: page(arm, visible(arm).map(subscriptionBody)) })),
  resources("GET", "/subscriptions/{subscription}/resources", listResources),
];

const domainOf = (world: World) => `${world.tenantId.slice(0, 8)}.onmicrosoft.com`;

/** Returns the subscriptions of the caller's tenant in which the caller has any role. */
function visible({ state, identity }: ArmAsk): Subscription[] {
  return state.world.subscriptions.filter(
    ({ id, tenantId }) => tenantId === identity.tenantId && seesInto(state.world, identity.principalId, `/subscriptions/${id}`),
  );
}

const subscriptionBody = ({ id, name, tenantId }: Subscription) => ({
  id: `/subscriptions/${id}`,
  subscriptionId: id,
  tenantId,
  displayName: name,
  state: "Enabled",
  authorizationSource: "RoleBased",
  managedByTenants: [],
  subscriptionPolicies: { locationPlacementId: "Public_2014-09-01", quotaId: "PayAsYouGo_2014-09-01", spendingLimit: "Off" },
});

/** Lists the registries of a subscription as generic resources. The only supported filter is the Azure CLI's, by type. */
function listResources(arm: ArmAsk) {
  const filter = arm.ask.query.get("$filter") ?? "";
  const [, type] = /^resourceType eq '([^']+)'$/i.exec(filter) ?? [];
  if (filter && type === undefined) return refuse(400, "InvalidFilterInQueryString", "Invalid $filter specified in the query string.");
  const wanted = type === undefined || same(type, "Microsoft.ContainerRegistry/registries");
  const items = wanted ? readableRegistries(arm, arm.at.subscription ?? "") : [];
  return {
    status: 200,
    body: page(
      arm,
      items.map((one) => ({
        id: registryId(one),
        name: one.name,
        type: "Microsoft.ContainerRegistry/registries",
        sku: { name: one.sku, tier: one.sku },
        location: one.location,
        tags: one.tags,
        systemData: systemData(one),
      })),
    ),
  };
}

/** Returns the registries of a subscription that the caller may read. A caller without any role there is rejected. */
export function readableRegistries(arm: ArmAsk, subscription: string) {
  const { state, identity } = arm;
  const scope = `/subscriptions/${subscription}`;
  const read = "Microsoft.ContainerRegistry/registries/read";
  if (!seesInto(state.world, identity.principalId, scope)) authorize(arm, read, scope);
  return state.world.registries.filter(
    (one) => same(one.subscriptionId, subscription) && permits(state.world, identity.principalId, read, registryId(one)),
  );
}
