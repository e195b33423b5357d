import { randomBytes, randomUUID } from "node:crypto";
import type { Answer } from "../http.ts";
import { type Operation, type Registry, registryId, type World } from "../world.ts";
import { type ArmAsk, authorize, notFound, refuse, registryFor, resourceMissing } from "./request.ts";
import { registryPath, registryVersions, routesOf } from "./route.ts";

const operations = routesOf("Microsoft.ContainerRegistry/registries/operationStatuses", registryVersions);
const inLocation = "/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/locations/{location}";

export const operationRoutes = [
  operations("GET", `${registryPath}/operationStatuses/{operation}`, (arm) => ofRegistry(arm, "")),
  operations("GET", `${registryPath}/tokens/{name}/operationStatuses/{operation}`, (arm) => ofRegistry(arm, "tokens/")),
  operations("GET", `${registryPath}/scopeMaps/{name}/operationStatuses/{operation}`, (arm) => ofRegistry(arm, "scopeMaps/")),
  operations("GET", `${inLocation}/operationResults/{operation}`, ofLocation),
];

type Beginning = {
  /** Azure-AsyncOperation announces a `status`, Location announces a `result`. */
  readonly kind: "status" | "result";
  /** The path that clients poll, without the operation's own id. */
  readonly at: string;
  readonly prefix?: "token" | "registries";
  readonly state: Operation["state"];
  readonly done: () => Answer;
};

/** Starts a long-running operation. Returns it with the headers that announce it. */
export function begin({ state: { world }, ask }: ArmAsk, { kind, at, prefix = "token", state, done }: Beginning) {
  const { polls, milliseconds } = world.longRunning;
  const id = `${prefix}-${prefix === "token" ? randomUUID().replaceAll("-", "") : randomUUID()}`;
  const operation: Operation = {
    path: `${at}/${id}`,
    version: ask.query.get("api-version") ?? "",
    kind,
    state,
    polls,
    until: Date.now() + milliseconds,
    done,
    signatures: [],
  };
  world.operations.set(id, operation);
  // An accepted deletion completes even if no client polls it.
  if (state === "Deleting" && polls === 0) setTimeout(() => finish(operation), milliseconds).unref();
  return { operation, headers: announce(world, ask.host, operation) };
}

/** Returns the path for polling the status of a change to a token or a scope map. */
export const statusesOf = (registry: Registry, kind: "tokens" | "scopeMaps", name: string) =>
  `${registryId(registry)}/${kind}/${name}/operationStatuses`;

/** Returns the path for polling a deletion. It is below the registry's location, not below the registry. */
export const resultsOf = ({ subscriptionId, location }: Registry) =>
  `/subscriptions/${subscriptionId}/providers/Microsoft.ContainerRegistry/locations/${location.toUpperCase()}/operationResults`;

/** Whether an operation is complete. Each poll of a running operation counts. The first poll after the last running one completes it. */
export function look(operation: Operation): boolean {
  if (operation.answer) return true;
  if (operation.polls > 0) {
    operation.polls--;
    return false;
  }
  if (Date.now() < operation.until) return false;
  finish(operation);
  return true;
}

function finish(operation: Operation): void {
  operation.answer ??= operation.done();
}

/** Returns the provisioningState of a resource that may have an operation. Reading it counts as a poll. */
export const provisioningState = ({ operation }: { operation?: Operation }): string =>
  operation && !look(operation) ? operation.state : "Succeeded";

/** Rejects changes to a resource that is being deleted. */
export function checkStays({ name, operation }: { name: string; operation?: Operation }): void {
  // Azure's error code for this case is unknown.
  if (operation?.state === "Deleting" && !look(operation)) refuse(409, "OperationInProgress", `'${name}' is being deleted.`);
}

/** Returns the headers of a poll. Each call returns a new signed URL, as long as Azure's. */
function announce(world: World, host: string, operation: Operation): Record<string, string> {
  const signed = new URLSearchParams({
    "api-version": operation.version,
    t: String(621_355_968_000_000_000n + BigInt(Date.now()) * 10_000n),
    c: randomBytes(1950).toString("base64url"),
    s: randomBytes(256).toString("base64url"),
    h: randomBytes(32).toString("base64url"),
  });
  operation.signatures.push(signatureOf(signed));
  const url = `https://${host}${operation.path}?${signed}`;
  return {
    [operation.kind === "status" ? "azure-asyncoperation" : "location"]: url,
    "retry-after": String(world.longRunning.retryAfter),
  };
}

const signatureOf = (query: URLSearchParams) => ["t", "c", "s", "h"].map((name) => query.get(name)).join(" ");

function ofRegistry(arm: ArmAsk, kind: "" | "tokens/" | "scopeMaps/"): Answer {
  const registry = registryFor(arm, `${kind}operationStatuses/read`);
  const { operation = "", group = "" } = arm.at;
  return poll(arm) ?? notFound(`registries/${registry.name}/operationStatuses/${operation}`, group);
}

function ofLocation(arm: ArmAsk): Answer {
  const { subscription = "", operation = "" } = arm.at;
  const scope = `/subscriptions/${subscription}`;
  // No recording shows whether Azure asks for this right: all recordings are an Owner's
  authorize(arm, "Microsoft.ContainerRegistry/locations/operationResults/read", scope);
  return poll(arm) ?? resourceMissing(operation);
}

/** A status reports its end in the same response body. A result is 202 until it is available. */
function inProgress({ kind, state }: Operation, over: boolean, headers: Record<string, string>): Answer {
  return kind === "status" ? { status: 200, headers, body: { status: over ? "Succeeded" : state } } : { status: 202, headers };
}

/**
 * Polls an operation.
 *
 * @returns undefined for an unknown operation, or for a Location that a newer one has replaced
 */
function poll({ ask, at, state: { world } }: ArmAsk): Answer | undefined {
  const operation = world.operations.get(at["operation"] ?? "");
  if (operation?.path.toLowerCase() !== ask.path.toLowerCase()) return undefined;
  const given = operation.signatures.lastIndexOf(signatureOf(ask.query));
  if (given < 0) refuse(400, "InvalidOperationUrl", "The URL of the operation is not the one that was given.");
  // An old URL of Azure-AsyncOperation is known to stay valid. It is unknown for a Location, so an old Location gets no answer.
  if (operation.kind === "result" && given < operation.signatures.length - 1) return undefined;
  const over = look(operation);
  if (operation.kind === "status" || !over) return inProgress(operation, over, announce(world, ask.host, operation));
  const answer = operation.answer;
  // A result that contains a password is returned once.
  if (answer?.body !== undefined) world.operations.delete(at["operation"] ?? "");
  return answer;
}
