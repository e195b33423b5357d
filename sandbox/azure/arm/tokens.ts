import { instant, listOf, object, oneOf, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import { type Registry, registryId, type Slot, type Token } from "../world.ts";
import { begin } from "./operations.ts";
import { quota } from "./quota.ts";
import { type ArmAsk, body, notFound, page, refuse, registryFor, same } from "./request.ts";
import { registryPath, registryVersions, routesOf } from "./route.ts";

const tokens = routesOf("Microsoft.ContainerRegistry/registries/tokens", registryVersions);
const one = `${registryPath}/tokens/{name}`;

export const tokenRoutes = [
  tokens("GET", `${registryPath}/tokens`, (arm) => {
    const registry = registryFor(arm, "tokens/read");
    return {
      status: 200,
      body: page(
        arm,
        registry.tokens.map((token) => tokenBody(registry, token)),
      ),
    };
  }),
  tokens("GET", one, (arm) => {
    const registry = registryFor(arm, "tokens/read");
    const token = found(arm, registry);
    settle(token);
    return { status: 200, body: tokenBody(registry, token) };
  }),
  tokens("PUT", one, put),
  tokens("PATCH", one, patch),
  tokens("DELETE", one, (arm) => {
    const registry = registryFor(arm, "tokens/delete");
    const token = tokenNamed(registry, arm.at.name ?? "");
    registry.tokens = registry.tokens.filter((other) => other !== token);
    return { status: token ? 200 : 204 };
  }),
];

const slot = oneOf("password1", "password2");
const password = object({ "name!": slot, creationTime: instant, expiry: instant });
const credentials = object({
  passwords: listOf(password),
  certificates: listOf(object({ "name!": text, expiry: instant, thumbprint: text, encodedPemCertificate: text })),
});
const status = oneOf("enabled", "disabled");

type Properties = { scopeMapId?: string; status?: Token["status"]; credentials?: { passwords?: { name: Slot; expiry?: string }[] } };

function put(arm: ArmAsk): Answer {
  const registry = registryFor(arm, "tokens/write");
  const shape = object({ "properties!": object({ "scopeMapId!": text, status, credentials }) });
  const wanted = body<{ properties: Properties & { scopeMapId: string } }>(arm, shape).properties;
  const name = arm.at.name ?? "";
  if (!/^[a-zA-Z0-9-]{5,50}$/.test(name)) {
    refuse(
      400,
      "InvalidTokenName",
      `The token name '${name}' is invalid. It must be 5 to 50 characters long and may contain letters, digits and '-'.`,
    );
  }
  checkScopeMap(registry, wanted.scopeMapId);
  const token = tokenNamed(registry, name);
  if (token) {
    change(token, wanted);
    return { status: 200, body: tokenBody(registry, token) };
  }
  quota(registry, "tokens", registry.tokens.length);
  const made: Token = {
    name,
    creationDate: new Date().toISOString(),
    status: wanted.status ?? "enabled",
    scopeMapId: wanted.scopeMapId,
    pollsLeft: arm.state.world.longRunning.polls,
    passwords: {},
  };
  registry.tokens.push(made);
  const done = (): Answer => {
    made.pollsLeft = 0;
    return { status: 200, body: { status: "Succeeded" } };
  };
  const headers = begin(arm, registry, { kind: "status", under: `/tokens/${name}`, prefix: "tokens", done });
  return { status: 201, headers, body: tokenBody(registry, made) };
}

/** Whoever looks at the token itself instead of its operation comes to the end as well. */
function settle(token: Token): void {
  token.pollsLeft = Math.max(0, token.pollsLeft - 1);
}

function patch(arm: ArmAsk): Answer {
  const registry = registryFor(arm, "tokens/write");
  const token = found(arm, registry);
  const wanted =
    body<{ properties?: Properties }>(arm, object({ properties: object({ scopeMapId: text, status, credentials }) })).properties ?? {};
  if (wanted.scopeMapId !== undefined) checkScopeMap(registry, wanted.scopeMapId);
  change(token, wanted);
  return { status: 200, body: tokenBody(registry, token) };
}

/** A list of passwords names those that stay; a password's text cannot be given. */
function change(token: Token, { scopeMapId, status: to, credentials: keep }: Properties): void {
  token.scopeMapId = scopeMapId ?? token.scopeMapId;
  token.status = to ?? token.status;
  const names = keep?.passwords?.map(({ name }) => name);
  for (const name of ["password1", "password2"] as const) if (names && !names.includes(name)) delete token.passwords[name];
}

function checkScopeMap(registry: Registry, id: string): void {
  const exists = registry.scopeMaps.some((map) => same(`${registryId(registry)}/scopeMaps/${map.name}`, id));
  if (!exists) refuse(400, "ScopeMapNotFound", `The scope map '${id}' could not be found in the registry '${registry.name}'.`);
}

export function tokenNamed(registry: Registry, name: string): Token | undefined {
  return registry.tokens.find((token) => same(token.name, name));
}

function found(arm: ArmAsk, registry: Registry): Token {
  const { name = "", group = "" } = arm.at;
  return tokenNamed(registry, name) ?? notFound(`registries/${registry.name}/tokens/${name}`, group);
}

function tokenBody(registry: Registry, token: Token) {
  const passwords = Object.entries(token.passwords).map(([name, { creationTime, expiry }]) => ({
    creationTime,
    ...(expiry !== undefined && { expiry }),
    name,
  }));
  return {
    id: `${registryId(registry)}/tokens/${token.name}`,
    name: token.name,
    type: "Microsoft.ContainerRegistry/registries/tokens",
    properties: {
      creationDate: token.creationDate,
      provisioningState: token.pollsLeft > 0 ? "Creating" : "Succeeded",
      scopeMapId: token.scopeMapId,
      status: token.status,
      credentials: { certificates: [], passwords },
    },
  };
}
