import type { AcrToken } from "../../src/azure/port.ts";
import { clusterId } from "../../src/secret/azure-words.ts";
import { worldOf } from "./fakes/fleet.ts";
import type { FakeWorld } from "./fakes/world.ts";
import { type as typed, type World } from "./in-process.ts";

export const here = clusterId("uid-of-kube-system");

/** Creates a world of two namespaces with one credential each. The Secret of the second is deleted. */
export async function leftOver(credential = "--repository app/web"): Promise<FakeWorld> {
  const world = worldOf(["a", "b"]);
  const { code, stderr } = await typed(
    `create --registry myregistry ${credential} --namespaces a,b --credential-per namespace`,
    world.ports,
  );
  if (code !== 0) throw new Error(stderr);
  world.cluster.remove("secret", "b", "acr-myregistry");
  world.asking.forget();
  return world;
}

export const tokenIn = ({ azure }: FakeWorld, namespace: string): string =>
  [...azure.tokens.keys(), ...azure.scopeMaps.keys()].find((name) => name.startsWith(`${namespace}-acr-myregistry-`)) ?? "none";

/** Creates a token with one password, and a scope map with this description. */
export function putToken(
  { azure }: FakeWorld,
  name: string,
  description: string,
  slots: readonly AcrToken["passwords"][number]["slot"][] = ["password1"],
) {
  azure.putScopeMap({ name, description, actions: ["repositories/app/web/content/read"] });
  azure.putToken(name, slots);
}

/** Runs a command line two months after the objects were created. */
export const type = (line: string, { ports }: FakeWorld, more: World = {}) =>
  typed(line, ports, { now: () => new Date("2026-03-01T00:00:00Z"), ...more });
