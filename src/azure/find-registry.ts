import type { AzureRegistry } from "../context.ts";
import { CliError, unlessForbidden } from "../errors.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { Cloud } from "./cloud.ts";
import type { Identity } from "./identity.ts";
import { isWanted, readRegistryName, type Wanted } from "./registry-name.ts";
import { subscriptionNamed, subscriptions } from "./subscriptions.ts";

const type = "Microsoft.ContainerRegistry/registries";

/** Finds a registry in every subscription that the identity can read, or within one; see Azure.findRegistry. */
export async function findRegistry(arm: Arm, identity: Identity, cloud: Cloud, text: string, within?: string): Promise<AzureRegistry> {
  const wanted = readRegistryName(text, cloud.registrySuffix);
  const only = within === undefined ? undefined : await subscriptionNamed(arm, within);
  const found = await (wanted.id === undefined ? searched(arm, wanted, only) : live(arm, [checked(wanted.id, only)], wanted));
  const [first, second] = found;
  if (first === undefined) throw await notFound(arm, identity, wanted, { text, only });
  if (second === undefined) return first;
  throw new CliError("usage", `${found.length} registries are named ${first.name}`, {
    hint: `name the one by its login server: ${found.map(({ loginServer }) => loginServer).join(", ")}`,
  });
}

/** Resource Graph learns of a new registry after some minutes; the lists of ARM know it at once. */
async function searched(arm: Arm, wanted: Wanted, only: string | undefined): Promise<AzureRegistry[]> {
  const ids = (await idsByGraph(arm, wanted)).filter((id) => only === undefined || isIn(only, id));
  const found = await live(arm, ids, wanted);
  return found.length > 0 ? found : listed(arm, wanted, only);
}

const isIn = (subscription: string, id: string) => id.toLowerCase().startsWith(`/subscriptions/${subscription.toLowerCase()}/`);

function checked(id: string, only: string | undefined): string {
  if (only === undefined || isIn(only, id)) return id;
  throw new CliError("usage", `--registry names a registry of another subscription than --subscription`, {
    hint: "leave out --subscription: the registry's id says it",
  });
}

/** Azure Resource Graph: one question for all subscriptions. Where it may not be asked, it knows nothing. */
async function idsByGraph(arm: Arm, { name }: Wanted): Promise<string[]> {
  const query = `resources | where type =~ '${type.toLowerCase()}' | where name =~ '${name}' | project id`;
  const path = "/providers/Microsoft.ResourceGraph/resources";
  const request = { method: "POST", path, version: apiVersion.resourceGraph, body: { query }, doing: "search for the registry" } as const;
  const answer = await arm.send(request).catch((error: unknown) => {
    if (error instanceof CliError && ["forbidden", "invalid", "notFound"].includes(error.kind)) return undefined;
    throw error;
  });
  const { data } = (answer ?? {}) as { data?: { id?: unknown }[] };
  return (data ?? []).flatMap(({ id }) => (typeof id === "string" && id.startsWith("/subscriptions/") ? [id] : []));
}

/** Reads each registry itself, since Resource Graph may be behind. */
async function live(arm: Arm, ids: readonly string[], wanted: Wanted): Promise<AzureRegistry[]> {
  const answers = await Promise.all(
    ids.map((path) => arm.send({ method: "GET", path, version: apiVersion.registry, doing: `read registry ${wanted.name}` })),
  );
  return answers.flatMap(asRegistry).filter((registry) => isWanted(registry, wanted));
}

async function listed(arm: Arm, wanted: Wanted, only: string | undefined): Promise<AzureRegistry[]> {
  const within = only === undefined ? await subscriptions(arm) : [{ id: only }];
  const lists = await Promise.all(
    within.map(({ id }) =>
      arm
        .list({ path: `/subscriptions/${id}/providers/${type}`, version: apiVersion.registry, doing: "list the registries" })
        // A subscription whose registries may not be listed holds none for us
        .catch(unlessForbidden([])),
    ),
  );
  return lists
    .flat()
    .flatMap(asRegistry)
    .filter((registry) => isWanted(registry, wanted));
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

/** Registry names are unique in a cloud, so Azure can tell a typo from a registry that is out of sight. */
async function notFound(
  arm: Arm,
  identity: Identity,
  { name, loginServer, id }: Wanted,
  { text, only }: { readonly text: string; readonly only: string | undefined },
): Promise<CliError> {
  if (only !== undefined) {
    return new CliError(
      "notFound",
      `registry ${JSON.stringify(text)} is not in subscription ${only}, as far as this Azure identity can read`,
      {
        hint: "leave out --subscription to look in all of them",
      },
    );
  }
  const free = await isFree(arm, identity, name);
  // A login server with a hash belongs to a name that others may use too: then the answer says nothing.
  if (id !== undefined || free === undefined || (loginServer ?? "").includes("-")) {
    return new CliError("notFound", `registry ${JSON.stringify(text)} is in no subscription that this Azure identity can read`, {
      hint: "az login --tenant TENANT, or: az acr list --output table",
    });
  }
  if (free) {
    return new CliError("notFound", `there is no registry ${JSON.stringify(text)}: nobody in Azure has that name`, {
      hint: "check the spelling: az acr list --output table",
    });
  }
  return new CliError("notFound", `registry ${JSON.stringify(text)} exists, but in no subscription that this Azure identity can read`, {
    hint: "az account set --subscription SUBSCRIPTION, or: az login --tenant TENANT",
  });
}

/** Whether a registry name is still to be had; undefined if Azure does not say. */
async function isFree(arm: Arm, identity: Identity, name: string): Promise<boolean | undefined> {
  try {
    const subscription = (await identity.subscription()) ?? (await subscriptions(arm))[0]?.id;
    if (subscription === undefined) return undefined;
    const path = `/subscriptions/${encodeURIComponent(subscription)}/providers/Microsoft.ContainerRegistry/checkNameAvailability`;
    const answer = await arm.send({
      method: "POST",
      path,
      version: apiVersion.registry,
      body: { name, type },
      doing: "check the registry's name",
    });
    const { nameAvailable } = (answer ?? {}) as { nameAvailable?: unknown };
    return typeof nameAvailable === "boolean" ? nameAvailable : undefined;
  } catch (error) {
    if (error instanceof CliError && error.kind !== "cancelled") return undefined;
    throw error;
  }
}
