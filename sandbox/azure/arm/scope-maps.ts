import { listOf, object, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import { type Registry, registryId, type ScopeMap } from "../world.ts";
import { quota } from "./quota.ts";
import { type ArmAsk, body, notFound, page, refuse, registryFor, same } from "./request.ts";
import { registryPath, registryVersions, routesOf } from "./route.ts";

const scopeMaps = routesOf("Microsoft.ContainerRegistry/registries/scopeMaps", registryVersions);
const one = `${registryPath}/scopeMaps/{name}`;

export const scopeMapRoutes = [
  scopeMaps("GET", `${registryPath}/scopeMaps`, (arm) => {
    const registry = registryFor(arm, "scopeMaps/read");
    return {
      status: 200,
      body: page(
        arm,
        registry.scopeMaps.map((map) => scopeMapBody(registry, map)),
      ),
    };
  }),
  scopeMaps("GET", one, (arm) => {
    const registry = registryFor(arm, "scopeMaps/read");
    return { status: 200, body: scopeMapBody(registry, found(arm, registry)) };
  }),
  scopeMaps("PUT", one, put),
  scopeMaps("PATCH", one, patch),
  scopeMaps("DELETE", one, remove),
];

const properties = { description: text, actions: listOf(text) };
type Properties = { description?: string; actions?: string[] };

/** Deleting a map that tokens use is allowed: they keep its id and lose its rights. */
function remove(arm: ArmAsk): Answer {
  const registry = registryFor(arm, "scopeMaps/delete");
  const map = byName(registry, arm.at.name ?? "");
  if (!map) return { status: 204 };
  if (map.system) refuseSystem(map);
  registry.scopeMaps = registry.scopeMaps.filter((other) => other !== map);
  return { status: 200 };
}

function put(arm: ArmAsk): Answer {
  const registry = registryFor(arm, "scopeMaps/write");
  const wanted = body<{ properties: Properties & { actions: string[] } }>(
    arm,
    object({ "properties!": object({ description: text, "actions!": properties.actions }) }),
  ).properties;
  const name = arm.at.name ?? "";
  if (!/^[a-zA-Z0-9_-]{5,50}$/.test(name)) {
    refuse(
      400,
      "InvalidScopeMapName",
      `The scope map name '${name}' is invalid. It must be 5 to 50 characters long and may contain letters, digits, '-' and '_'.`,
    );
  }
  checkActions(wanted.actions);
  const map = byName(registry, name);
  if (map?.system) refuseSystem(map);
  if (map) {
    Object.assign(map, { description: wanted.description ?? "", actions: wanted.actions });
    return { status: 200, body: scopeMapBody(registry, map) };
  }
  quota(registry, "scope maps", registry.scopeMaps.filter(({ system }) => !system).length);
  const made: ScopeMap = {
    name,
    description: wanted.description ?? "",
    system: false,
    creationDate: new Date().toISOString(),
    actions: wanted.actions,
  };
  registry.scopeMaps.push(made);
  return { status: 201, body: scopeMapBody(registry, made) };
}

function patch(arm: ArmAsk): Answer {
  const registry = registryFor(arm, "scopeMaps/write");
  const map = found(arm, registry);
  const wanted = body<{ properties?: Properties }>(arm, object({ properties: object(properties) })).properties ?? {};
  if (map.system) refuseSystem(map);
  checkActions(wanted.actions ?? []);
  Object.assign(map, wanted);
  return { status: 200, body: scopeMapBody(registry, map) };
}

function byName(registry: Registry, name: string): ScopeMap | undefined {
  return registry.scopeMaps.find((map) => same(map.name, name));
}

function found(arm: ArmAsk, registry: Registry): ScopeMap {
  const { name = "", group = "" } = arm.at;
  return byName(registry, name) ?? notFound(`registries/${registry.name}/scopeMaps/${name}`, group);
}

function refuseSystem(map: ScopeMap): never {
  return refuse(400, "SystemScopeMapCannotBeModified", `The system defined scope map '${map.name}' cannot be changed or deleted.`);
}

const repository = "(?:\\*|[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?:/\\*)?)";
const action = new RegExp(
  `^repositories/${repository}/(?:content/(?:read|write|delete)|metadata/(?:read|write))$|^gateway/[a-zA-Z0-9]+/(?:config|message)/(?:read|write)$`,
);

function checkActions(actions: readonly string[]): void {
  if (actions.length > 500) refuse(400, "TooManyActions", "A scope map has at most 500 actions.");
  const wrong = actions.find((one) => !action.test(one));
  if (wrong !== undefined) refuse(400, "InvalidScopeMapAction", `The action '${wrong}' is invalid.`);
}

function scopeMapBody(registry: Registry, map: ScopeMap) {
  return {
    id: `${registryId(registry)}/scopeMaps/${map.name}`,
    name: map.name,
    type: "Microsoft.ContainerRegistry/registries/scopeMaps",
    properties: {
      description: map.description,
      type: map.system ? "SystemDefined" : "UserDefined",
      creationDate: map.creationDate,
      provisioningState: "Succeeded",
      actions: map.actions,
    },
  };
}
