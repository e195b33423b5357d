import { randomUUID } from "node:crypto";
import type { Answer } from "../http.ts";
import type { State } from "../state.ts";
import { type Registry, registryId } from "../world.ts";
import { type ArmAsk, notFound, registryFor } from "./request.ts";
import { registryPath, registryVersions, routesOf } from "./route.ts";

const operations = routesOf("Microsoft.ContainerRegistry/registries/operationStatuses", registryVersions);

export const operationRoutes = [
  operations("GET", `${registryPath}/operationResults/{operation}`, poll),
  operations("GET", `${registryPath}/operationStatuses/{operation}`, poll),
  operations("GET", `${registryPath}/tokens/{name}/operationStatuses/{operation}`, poll),
];

/** Begins a long-running operation: `done` is called by the poll that finds it ready. Gives the headers that announce it. */
export function begin(
  { state, ask }: ArmAsk,
  registry: Registry,
  { kind, under = "", prefix, done }: { kind: "status" | "result"; under?: string; prefix: string; done: () => Answer },
): Record<string, string> {
  const id = `${prefix}-${randomUUID()}`;
  state.world.operations.set(id, { polls: state.world.longRunning.polls, kind, done });
  const collection = kind === "status" ? "operationStatuses" : "operationResults";
  const url = `https://${ask.host}${registryId(registry)}${under}/${collection}/${id}?api-version=${ask.query.get("api-version")}`;
  return { [kind === "status" ? "azure-asyncoperation" : "location"]: url, ...retryAfter(state) };
}

const retryAfter = (state: State) => ({ "retry-after": String(state.world.longRunning.retryAfter) });

function poll(arm: ArmAsk): Answer {
  const registry = registryFor(arm, `${arm.at["name"] === undefined ? "" : "tokens/"}operationStatuses/read`);
  const { operation: id = "", group = "" } = arm.at;
  const { world } = arm.state;
  const operation = world.operations.get(id);
  if (!operation) return notFound(`registries/${registry.name}/operationStatuses/${id}`, group);
  if (operation.polls > 0) {
    operation.polls--;
    const location = operation.kind === "result" ? { location: `https://${arm.ask.host}${arm.ask.path}?${arm.ask.query}` } : {};
    const status = operation.kind === "result" ? 202 : 200;
    return {
      status,
      headers: { ...location, ...retryAfter(arm.state) },
      body: operation.kind === "result" ? undefined : { id: arm.ask.path, name: id, status: "InProgress" },
    };
  }
  const answer = operation.done();
  // A result with a password in it is given once.
  if (operation.kind === "result") world.operations.delete(id);
  return answer;
}
