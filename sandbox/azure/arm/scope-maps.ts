import { listOf, object, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import { preciseNow, withOffset } from "../time.ts";
import { type Registry, registryId, type ScopeMap } from "../world.ts";
import { begin, checkStays, look, provisioningState, resultsOf, statusesOf } from "./operations.ts";
import { quota } from "./quota.ts";
import { type ArmAsk, body, page, refuse, registryFor, resourceMissing, same } from "./request.ts";
import { registryPath, registryVersions, routesOf } from "./route.ts";
import { asPatched, stamp, systemData } from "./system-data.ts";

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

/** It is unknown whether Azure deletes a scope map that tokens use. This emulator rejects it, so a client must delete the token first. */
function remove(arm: ArmAsk): Answer {
  const registry = registryFor(arm, "scopeMaps/delete");
  const map = byName(registry, arm.at.name ?? "");
  if (!map) return { status: 204 };
  if (map.system) refuseSystem(map);
  const id = `${registryId(registry)}/scopeMaps/${map.name}`;
  const user = registry.tokens.find((token) => same(token.scopeMapId, id));
  if (user) refuse(409, "ScopeMapInUse", `The scope map '${map.name}' is used by the token '${user.name}'.`);
  const done = (): Answer => {
    registry.scopeMaps = registry.scopeMaps.filter((other) => other !== map);
    return { status: 200 };
  };
  const { operation, headers } = begin(arm, { kind: "result", at: resultsOf(registry), state: "Deleting", done });
  map.operation = operation;
  return { status: 202, headers };
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
    checkStays(map);
    Object.assign(map, { description: wanted.description ?? "", actions: wanted.actions, made: stamp(arm.identity, map.made) });
    if (arm.state.world.longRunning.repeatedPut === "operation") return updated(arm, registry, map);
    return { status: 200, body: scopeMapBody(registry, map) };
  }
  quota(registry, "scope maps", registry.scopeMaps.filter(({ system }) => !system).length);
  const made: ScopeMap = {
    name,
    description: wanted.description ?? "",
    system: false,
    creationDate: preciseNow(),
    actions: wanted.actions,
    made: stamp(arm.identity),
  };
  registry.scopeMaps.push(made);
  return { status: 200, body: scopeMapBody(registry, made) };
}

function patch(arm: ArmAsk): Answer {
  const registry = registryFor(arm, "scopeMaps/write");
  const map = found(arm, registry);
  const wanted = body<{ properties?: Properties }>(arm, object({ properties: object(properties) })).properties ?? {};
  if (map.system) refuseSystem(map);
  checkActions(wanted.actions ?? []);
  checkStays(map);
  Object.assign(map, wanted, { made: stamp(arm.identity, map.made) });
  return asPatched(updated(arm, registry, map));
}

/** A change takes effect at once. Azure only reports it as unfinished for a while. */
function updated(arm: ArmAsk, registry: Registry, map: ScopeMap) {
  const at = statusesOf(registry, "scopeMaps", map.name);
  const { operation, headers } = begin(arm, { kind: "status", at, state: "Updating", done: () => ({ status: 200 }) });
  map.operation = operation;
  return { status: 201, headers, body: scopeMapBody(registry, map, "Updating") };
}

/** Returns a scope map by its name, unless its deletion is complete. */
function byName(registry: Registry, name: string): ScopeMap | undefined {
  const map = registry.scopeMaps.find((one) => same(one.name, name));
  return map?.operation?.state === "Deleting" && map.operation.polls === 0 && look(map.operation) ? undefined : map;
}

function found(arm: ArmAsk, registry: Registry): ScopeMap {
  const { name = "" } = arm.at;
  return byName(registry, name) ?? resourceMissing(name);
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

function scopeMapBody(registry: Registry, map: ScopeMap, state = provisioningState(map)) {
  return {
    id: `${registryId(registry)}/scopeMaps/${map.name}`,
    name: map.name,
    type: "Microsoft.ContainerRegistry/registries/scopeMaps",
    ...(!map.system && { systemData: systemData(map) }),
    properties: {
      ...(map.description && { description: map.description }),
      type: map.system ? "SystemDefined" : "UserDefined",
      creationDate: withOffset(map.creationDate),
      provisioningState: state,
      actions: map.actions,
    },
  };
}
