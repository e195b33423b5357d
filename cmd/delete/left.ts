import type { Outcome } from "../../src/actions/outcome.ts";
import { isMadeInAzure } from "../../src/credential/kinds.ts";
import type { Prune } from "../../src/fix.ts";
import { registryName } from "../../src/registry/login-server.ts";

/** Outcomes as they come, and in the end where in Azure something is left, each registry once. */
export function noticingLeft(outcomes: AsyncIterable<Outcome>): {
  readonly outcomes: AsyncIterable<Outcome>;
  left(): readonly Prune[];
} {
  const registries = new Set<string>();
  async function* passed(): AsyncGenerator<Outcome> {
    for await (const outcome of outcomes) {
      for (const registry of registriesOf(outcome)) registries.add(registry);
      yield outcome;
    }
  }
  return { outcomes: passed(), left: () => [...registries].map((registry) => ({ do: "prune", registry })) };
}

function registriesOf({ change, error, left }: Outcome): string[] {
  if (error || left || (change.act !== "remove" && change.act !== "withdraw")) return [];
  return change.entries.filter(({ kind }) => isMadeInAzure(kind)).flatMap(({ hosts: [host = ""] }) => registryName(host) ?? []);
}
