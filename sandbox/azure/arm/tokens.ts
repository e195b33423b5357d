import { instant, listOf, object, oneOf, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import { preciseNow, withOffset } from "../time.ts";
import { type Registry, registryId, type Slot, type Token } from "../world.ts";
import { begin, checkStays, look, provisioningState, resultsOf, statusesOf } from "./operations.ts";
import { quota } from "./quota.ts";
import { type ArmAsk, body, page, refuse, registryFor, resourceMissing, same } from "./request.ts";
import { registryPath, registryVersions, routesOf } from "./route.ts";
import { asPatched, stamp, systemData } from "./system-data.ts";

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
    return { status: 200, body: tokenBody(registry, token) };
  }),
  tokens("PUT", one, put),
  tokens("PATCH", one, patch),
  tokens("DELETE", one, (arm) => {
    const registry = registryFor(arm, "tokens/delete");
    const token = tokenNamed(registry, arm.at.name ?? "");
    if (!token) return { status: 204 };
    const done = (): Answer => {
      registry.tokens = registry.tokens.filter((other) => other !== token);
      return { status: 200 };
    };
    const { operation, headers } = begin(arm, { kind: "result", at: resultsOf(registry), state: "Deleting", done });
    token.operation = operation;
    return { status: 202, headers };
  }),
];

const slot = oneOf("password1", "password2");
const password = object({ "name!": slot, creationTime: instant, expiry: instant });
const credentials = object({
  passwords: listOf(password),
  certificates: listOf(object({ "name!": text, expiry: instant, thumbprint: text, encodedPemCertificate: text })),
});
const status = oneOf("enabled", "disabled");

type Kept = { name: Slot; creationTime?: string; expiry?: string };
type Properties = { scopeMapId?: string; status?: Token["status"]; credentials?: { passwords?: Kept[] } };

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
    checkStays(token);
    change(token, wanted);
    // Reported for real Azure: without a list of passwords to keep, none is kept
    if (!wanted.credentials) token.passwords = {};
    token.creationDate = preciseNow();
    return arm.state.world.longRunning.repeatedPut === "operation" ? updated(arm, registry, token) : ended(registry, token);
  }
  quota(registry, "tokens", registry.tokens.length);
  const made: Token = {
    name,
    creationDate: preciseNow(),
    status: wanted.status ?? "enabled",
    scopeMapId: wanted.scopeMapId,
    passwords: {},
  };
  registry.tokens.push(made);
  return started(arm, registry, made, "Creating");
}

const ended = (registry: Registry, token: Token): Answer => ({ status: 200, body: tokenBody(registry, token) });
const updated = (arm: ArmAsk, registry: Registry, token: Token) => started(arm, registry, token, "Updating");

/** A write takes effect at once. Azure only reports it as unfinished for a while. */
function started(arm: ArmAsk, registry: Registry, token: Token, state: "Creating" | "Updating") {
  const { operation, headers } = begin(arm, {
    kind: "status",
    at: statusesOf(registry, "tokens", token.name),
    state,
    done: () => ({ status: 200 }),
  });
  token.operation = operation;
  token.made = stamp(arm.identity, token.made);
  return { status: 201, headers, body: tokenBody(registry, token, state) };
}

function patch(arm: ArmAsk): Answer {
  const registry = registryFor(arm, "tokens/write");
  const token = found(arm, registry);
  const wanted =
    body<{ properties?: Properties }>(arm, object({ properties: object({ scopeMapId: text, status, credentials }) })).properties ?? {};
  if (wanted.scopeMapId !== undefined) checkScopeMap(registry, wanted.scopeMapId);
  checkStays(token);
  change(token, wanted);
  return asPatched(updated(arm, registry, token));
}

/** Applies a change. A list of passwords names the passwords to keep, unchanged. A client cannot set the text of a password. */
function change(token: Token, { scopeMapId, status: to, credentials: keep }: Properties): void {
  const names = keep?.passwords?.map(({ name }) => name);
  for (const kept of keep?.passwords ?? []) checkKept(token, kept);
  if (names && new Set(names).size < names.length) refuse(400, "InvalidPasswords", "A password is named twice.");
  token.scopeMapId = scopeMapId ?? token.scopeMapId;
  token.status = to ?? token.status;
  for (const name of ["password1", "password2"] as const) if (names && !names.includes(name)) delete token.passwords[name];
}

/** A PATCH neither creates nor changes a password. */
function checkKept(token: Token, { name, creationTime, expiry }: Kept): void {
  const there = token.passwords[name];
  if (!there) refuse(400, "InvalidPasswords", `The token '${token.name}' has no ${name}.`);
  const differs = (said: string | undefined, is: string | undefined) =>
    said !== undefined && (is === undefined || Date.parse(said) !== Date.parse(is));
  if (differs(creationTime, there.creationTime) || differs(expiry, there.expiry))
    refuse(400, "InvalidPasswords", `The times of ${name} cannot be changed.`);
}

function checkScopeMap(registry: Registry, id: string): void {
  const exists = registry.scopeMaps.some((map) => same(`${registryId(registry)}/scopeMaps/${map.name}`, id));
  if (!exists) refuse(400, "ScopeMapNotFound", `The scope map '${id}' could not be found in the registry '${registry.name}'.`);
}

/** Returns a token by its name, unless its deletion is complete. */
function tokenNamed(registry: Registry, name: string): Token | undefined {
  const token = registry.tokens.find((one) => same(one.name, name));
  return token?.operation?.state === "Deleting" && token.operation.polls === 0 && look(token.operation) ? undefined : token;
}

function found(arm: ArmAsk, registry: Registry): Token {
  const { name = "" } = arm.at;
  return tokenNamed(registry, name) ?? resourceMissing(name);
}

function tokenBody(registry: Registry, token: Token, state = provisioningState(token)) {
  const passwords = Object.entries(token.passwords).map(([name, { creationTime, expiry }]) => ({
    creationTime: withOffset(creationTime),
    ...(expiry !== undefined && { expiry: withOffset(expiry) }),
    name,
  }));
  return {
    id: `${registryId(registry)}/tokens/${token.name}`,
    name: token.name,
    type: "Microsoft.ContainerRegistry/registries/tokens",
    systemData: systemData(token),
    properties: {
      creationDate: withOffset(token.creationDate),
      provisioningState: state,
      scopeMapId: token.scopeMapId,
      status: token.status,
      credentials: { passwords },
    },
  };
}
