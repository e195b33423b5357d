import type { Answer } from "../http.ts";
import { assignmentsOn } from "../rbac.ts";
import { type Role, roles } from "../roles.ts";
import { type ArmAsk, authorize, page, refuse, same } from "./request.ts";
import { routesOf } from "./route.ts";
import { badFilter, provider, scopeOf, subscriptionOf } from "./scope.ts";

const definitions = routesOf("Microsoft.Authorization/roleDefinitions", ["2022-04-01", "2022-05-01-preview"]);
const permissions = routesOf("Microsoft.Authorization/permissions", ["2022-04-01"]);

export const roleDefinitionRoutes = [
  definitions("GET", `${provider}/roleDefinitions`, listDefinitions),
  definitions("GET", `${provider}/roleDefinitions/{name}`, (arm) => {
    const scope = scopeOf(arm);
    authorize(arm, "Microsoft.Authorization/roleDefinitions/read", scope);
    const role = [...roles, ...arm.state.world.customRoles].find(({ guid }) => guid === arm.at.name);
    if (!role) return refuse(404, "RoleDefinitionDoesNotExist", `The specified role definition with ID '${arm.at.name}' does not exist.`);
    return { status: 200, body: definitionBody(arm, role) };
  }),
  permissions("GET", `${provider}/permissions`, (arm) => {
    const granted = assignmentsOn(arm.state.world, arm.identity.principalId, scopeOf(arm)).map(({ role }) => permissionsBody(role));
    if (granted.length === 0) authorize(arm, "Microsoft.Authorization/permissions/read", scopeOf(arm));
    return { status: 200, body: page(arm, granted) };
  }),
];

function listDefinitions(arm: ArmAsk): Answer {
  authorize(arm, "Microsoft.Authorization/roleDefinitions/read", scopeOf(arm));
  const filter = arm.ask.query.get("$filter");
  const name = /^roleName eq '([^']*)'$/i.exec(filter ?? "")?.[1];
  if (filter && name === undefined) return badFilter(filter);
  const all = [...roles, ...arm.state.world.customRoles];
  const wanted = name === undefined ? all : all.filter((role) => same(role.name, name));
  return {
    status: 200,
    body: page(
      arm,
      wanted.map((role) => definitionBody(arm, role)),
    ),
  };
}

const permissionsBody = ({ actions, notActions, dataActions }: Role) => ({ actions, notActions, dataActions, notDataActions: [] });

function definitionBody({ at }: ArmAsk, role: Role) {
  const subscription = subscriptionOf(at.scope ?? "");
  return {
    id: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role.guid}`,
    name: role.guid,
    type: "Microsoft.Authorization/roleDefinitions",
    properties: {
      roleName: role.name,
      type: "BuiltInRole",
      description: "",
      assignableScopes: ["/"],
      permissions: [permissionsBody(role)],
    },
  };
}
