import type { Identity } from "../entra/identity.ts";
import type { Shape } from "../fields.ts";
import { type Ask, mediaType, Refused } from "../http.ts";
import { permits } from "../rbac.ts";
import type { State } from "../state.ts";
import { type Registry, registryId, type World } from "../world.ts";

/** A request to Azure Resource Manager from a known caller. `at` holds the named parts of the path. */
export type ArmAsk = {
  readonly ask: Ask;
  readonly state: State;
  readonly identity: Identity;
  readonly at: Readonly<Record<string, string>>;
};

/** Rejects a request with ARM's error format. */
export function refuse(status: number, code: string, message: string, headers: Record<string, string> = {}): never {
  throw new Refused({ status, headers: { "x-ms-failure-cause": "gateway", ...headers }, body: { error: { code, message } } });
}

/** Rejects callers that may not do an action on a scope. */
export function authorize({ state, identity }: ArmAsk, action: string, scope: string): void {
  if (permits(state.world, identity.principalId, action, scope)) return;
  refuse(
    403,
    "AuthorizationFailed",
    `The client '${identity.clientId}' with object id '${identity.principalId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

/** Returns the registry in a path if the caller may do the action. ARM checks rights before it reveals what exists. */
export function registryFor(arm: ArmAsk, action: string): Registry {
  const { subscription = "", group = "", registry: name = "" } = arm.at;
  const scope = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.ContainerRegistry/registries/${name}`;
  const child = /\/registries\/[^/]+(\/(?:tokens|scopeMaps)\/[^/]+)/i.exec(arm.ask.path)?.[1] ?? "";
  // ARM names the token or the scope map, even if the right comes from a role on the registry.
  authorize(arm, `Microsoft.ContainerRegistry/registries/${action}`, `${scope}${child}`);
  if (!groupExists(arm.state.world, subscription, group))
    refuse(404, "ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
  return findRegistry(arm.state.world, scope) ?? notFound(`registries/${name}`, group);
}

export function findRegistry(world: World, id: string): Registry | undefined {
  return world.registries.find((one) => registryId(one).toLowerCase() === id.toLowerCase());
}

function groupExists(world: World, subscription: string, group: string): boolean {
  const names = world.subscriptions.find(({ id }) => id === subscription.toLowerCase())?.resourceGroups ?? [];
  return names.some((name) => name.toLowerCase() === group.toLowerCase());
}

/** 404 for a child resource of a registry. */
export function notFound(resource: string, group: string): never {
  return refuse(
    404,
    "ResourceNotFound",
    `The Resource 'Microsoft.ContainerRegistry/${resource}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

/** 404 in the format of the resource provider itself, which has `status` next to the error. */
export function resourceMissing(name: string): never {
  throw new Refused({
    status: 404,
    headers: { "x-ms-failure-cause": "service" },
    body: { error: { code: "ResourceNotFound", message: `The resource ${name} could not be found.` }, status: "Failed" },
  });
}

/** Returns the JSON body of a request after it has checked the shape. */
export function body<T>({ ask }: Pick<ArmAsk, "ask">, shape: Shape): T {
  if (mediaType(ask.headers) !== "application/json") {
    refuse(
      415,
      "UnsupportedMediaType",
      `The content media type '${mediaType(ask.headers) || "<null>"}' is not supported. Only 'application/json' is supported.`,
    );
  }
  const value = parse(ask.body.toString("utf8"));
  const wrong = value === undefined ? "it is not JSON" : shape(value, "");
  if (wrong) refuse(400, "InvalidRequestContent", `The request content was invalid and could not be deserialized: '${wrong}'.`);
  return value as T;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns one page of a list, with the link to the next page. */
export function page({ ask, state }: ArmAsk, items: readonly unknown[]): { value: readonly unknown[]; nextLink?: string } {
  const from = Number(ask.query.get("$skiptoken") ?? 0);
  const to = from + state.world.pageSize;
  const value = items.slice(from, to);
  if (to >= items.length) return { value };
  const next = new URLSearchParams(ask.query);
  next.set("$skiptoken", String(to));
  return { value, nextLink: `https://${ask.host}${encodeURI(ask.path)}?${next}` };
}

/** Compares two names in Azure, which ignores case. */
export function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
