import type { Outcome } from "../../src/apply/outcome.ts";
import { kindNamed } from "../../src/credential/kinds.ts";
import type { Prune } from "../../src/fix.ts";
import { registryName } from "../../src/registry/login-server.ts";
import type { Entry } from "../../src/secret/entry.ts";

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
  return change.entries.filter(isMade).flatMap(({ hosts: [host = ""] }) => registryName(host) ?? []);
}

/** Whether a run has made something in Azure for a login, that stands there until somebody takes it away. */
function isMade({ kind }: Entry): boolean {
  const row = kindNamed(kind);
  return row !== undefined && typeof row.noted !== "string" && !row.ownLifetime;
}
