import type { Slot } from "../../../sandbox/azure/world.ts";
import type { FaultyWorld } from "./world.ts";

/** Runs by hand the delete commands that a run printed for its leftovers. @returns the number of commands */
export function runPrintedDeletes({ in_, registry }: FaultyWorld, stderr: string): number {
  const named = [
    ...stderr.matchAll(/az acr (token credential|token|scope-map) delete --registry myregistry --name ([\w-]+)(?: --(password\d))?/g),
  ];
  for (const [, what = "", name = "", slot] of named) {
    if (what === "token") without(registry.tokens, name);
    if (what === "scope-map") without(registry.scopeMaps, name);
    const token = registry.tokens.find((one) => one.name === name);
    if (token && slot !== undefined) delete token.passwords[slot as Slot];
  }
  const secrets = stderr.includes("kubectl delete secret acr-myregistry --namespace demo") ? 1 : 0;
  if (secrets > 0) in_.cluster.remove("secret", "demo", "acr-myregistry");
  return named.length + secrets;
}

const without = (all: { readonly name: string }[], name: string) =>
  void all.splice(
    all.findIndex((one) => one.name === name),
    1,
  );
