import type { Trace } from "../env.ts";
import { CliError, isRefusal } from "../errors.ts";
import { apiVersion } from "./api-version.ts";
import { type Arm, limit } from "./arm.ts";
import type { Cloud } from "./cloud.ts";
import type { Identity } from "./identity.ts";
import type { AzureRegistry } from "./port.ts";
import { isWanted, type RegistryName, readRegistryName } from "./registry-name.ts";
import { longest, type Missed, notFound, subscriptionNamed, subscriptions, registryType as type } from "./registry-not-found.ts";

type Finder = {
  readonly arm: Arm;
  readonly identity: Pick<Identity, "source" | "subscription">;
  readonly cloud: Cloud;
  readonly trace: Trace;
  now(): Date;
};

/** Finds a registry in every subscription that the identity can read, or within one; see Azure.findRegistry. */
export async function findRegistry(finder: Finder, text: string, within?: string): Promise<AzureRegistry> {
  const { arm, cloud, now } = finder;
  const until = now().getTime() + longest;
  const wanted = readRegistryName(text, cloud.registrySuffix);
  const only = within === undefined ? undefined : await subscriptionNamed(arm, within);
  const { found, missed } =
    wanted.id === undefined
      ? await searched(finder, wanted, only, until)
      : { found: await live(arm, [checked(wanted.id, only)], wanted), missed: nothingMissed };
  const [first, second] = found;
  if (first === undefined) throw await notFound(finder, wanted, { text, only, missed });
  if (second === undefined) return first;
  throw new CliError("usage", `${found.length} registries are named ${first.name}`, {
    hint: `name the one by its login server: ${found.map(({ loginServer }) => loginServer).join(", ")}`,
  });
}

/** Resource Graph lists a new registry after some minutes. The lists of ARM contain it at once. */
async function searched(finder: Finder, wanted: RegistryName, only: string | undefined, until: number): Promise<Search> {
  const ids = (await idsByGraph(finder.arm, wanted)).filter((id) => only === undefined || isIn(only, id));
  const found = await live(finder.arm, ids, wanted);
  return found.length > 0 ? { found, missed: nothingMissed } : listed(finder, wanted, only, until);
}

const isIn = (subscription: string, id: string) => id.toLowerCase().startsWith(`/subscriptions/${subscription.toLowerCase()}/`);

function checked(id: string, only: string | undefined): string {
  if (only === undefined || isIn(only, id)) return id;
  throw new CliError("usage", `--registry names a registry of another subscription than --subscription`, {
    hint: "leave out --subscription: the registry's id says it",
  });
}

/** Azure Resource Graph: one query for all subscriptions. If it does not answer, the subscriptions are listed. */
async function idsByGraph(arm: Arm, { name }: RegistryName): Promise<string[]> {
  const query = `resources | where type =~ '${type.toLowerCase()}' | where name =~ '${name}' | project id`;
  const path = "/providers/Microsoft.ResourceGraph/resources";
  const request = { method: "POST", path, version: apiVersion.resourceGraph, body: { query }, doing: "search for the registry" } as const;
  const answer = await arm.send(request).catch(unlessFinal);
  const { data } = (answer ?? {}) as { data?: { id?: unknown }[] };
  return (data ?? []).flatMap(({ id }) => (typeof id === "string" && id.startsWith("/subscriptions/") ? [id] : []));
}

/** Reads each registry itself, because Resource Graph may be out of date. */
async function live(arm: Arm, ids: readonly string[], wanted: RegistryName): Promise<AzureRegistry[]> {
  const answers = await Promise.all(
    ids.map((path) => arm.send({ method: "GET", path, version: apiVersion.registry, doing: `read registry ${wanted.name}` })),
  );
  return answers.flatMap(asRegistry).filter((registry) => isWanted(registry, wanted));
}

/** Subscriptions that are listed at the same time. */
const atOnce = 8;

const nothingMissed: Missed = { all: 0, listed: 0, refusals: [] };

type Search = { readonly found: readonly AzureRegistry[]; readonly missed: Missed };

/** A subscription that cannot be listed does not end the search. */
async function listed({ arm, trace, now }: Finder, wanted: RegistryName, only: string | undefined, until: number): Promise<Search> {
  const within = only === undefined ? await subscriptions(arm) : [{ id: only }];
  const gate = limit(atOnce);
  const refusals: CliError[] = [];
  const lists = await Promise.all(
    within.map(({ id }) =>
      gate(async () => {
        if (now().getTime() >= until) return undefined;
        const doing = `list the registries of subscription ${id}`;
        return arm.list({ path: `/subscriptions/${id}/providers/${type}`, version: apiVersion.registry, doing }).catch((error: unknown) => {
          unlessFinal(error);
          // A subscription whose registries may not be listed has no usable registry
          if (error instanceof CliError && error.kind !== "forbidden") refusals.push(error);
          trace(4, () => String(error));
          return [];
        });
      }),
    ),
  );
  const done = lists.filter((list) => list !== undefined);
  const [first] = refusals;
  if (first && refusals.length === within.length) throw first;
  const found = done
    .flat()
    .flatMap(asRegistry)
    .filter((registry) => isWanted(registry, wanted));
  return { found, missed: { all: within.length, listed: done.length, refusals } };
}

/** @throws the error of an interruption, or of an identity that Azure rejects, which ends every search */
function unlessFinal(error: unknown): undefined {
  if (isRefusal(error) && error.kind !== "unauthenticated") return undefined;
  throw error;
}

function asRegistry(body: unknown): AzureRegistry[] {
  const { id, name, sku, properties } = (body ?? {}) as {
    id?: unknown;
    name?: unknown;
    sku?: { name?: unknown };
    properties?: { loginServer?: unknown };
  };
  const loginServer = properties?.loginServer;
  return typeof id === "string" && typeof name === "string" && typeof loginServer === "string"
    ? [{ id, name, loginServer, sku: String(sku?.name ?? "") }]
    : [];
}
