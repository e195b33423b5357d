import type { Trace } from "../env.ts";
import { CliError, type ErrorKind, isRefusal, unlessRefused, usage, withLines } from "../errors.ts";
import { type Hint, shell } from "../hint.ts";
import { type Json, objectOf, objectsOf, textOf } from "../json.ts";
import { isLoginServer } from "../registry/login-server.ts";
import { mapConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import { roleWith } from "./arm-error.ts";
import type { Cloud } from "./cloud.ts";
import type { Identity } from "./identity.ts";
import type { AzureRegistry } from "./port.ts";
import { isWanted, type RegistryName, readRegistryName } from "./registry-name.ts";

type Finder = {
  readonly arm: Arm;
  readonly identity: Pick<Identity, "source" | "subscription">;
  readonly cloud: Cloud;
  readonly trace: Trace;
  /** The action for which the caller needs the registry. Its role also reads the registry, so that a user asks for one role. */
  readonly needs?: string | undefined;
  now(): Date;
};

const type = "Microsoft.ContainerRegistry/registries";

/** A search of many subscriptions starts no request after this long, and so ends within 45 s. Milliseconds. */
const searchTimeout = 42_000;

export async function findRegistry(finder: Finder, text: string, within?: string): Promise<AzureRegistry> {
  const { arm, cloud, needs, now } = finder;
  const until = now().getTime() + searchTimeout;
  const wanted = readRegistryName(text, cloud.registrySuffix);
  const only = within === undefined ? undefined : await subscriptionNamed(arm, within);
  const isInScope = (id: string) => only === undefined || id.toLowerCase().startsWith(`/subscriptions/${only.toLowerCase()}/`);
  if (wanted.id !== undefined && !isInScope(wanted.id)) {
    throw usage("--registry and --subscription name different subscriptions", "omit --subscription: the registry's ID contains it");
  }
  const ids = wanted.id === undefined ? await idsByGraph(arm, wanted) : [wanted.id];
  const known = await readEach(arm, ids.filter(isInScope), wanted, needs);
  // Resource Graph lists a new registry after some minutes. The lists of ARM contain it at once.
  const { found, gaps } =
    known.length > 0 || wanted.id !== undefined
      ? { found: known, gaps: { all: 0, listed: 0, refusals: [] } }
      : await listed(finder, wanted, only, until);
  const [first, second] = found;
  if (first === undefined) throw await notFound(finder, wanted, { text, only, gaps });
  if (second === undefined) return first;
  throw usage(
    `${found.length} registries are named ${first.name}`,
    `specify one of the login servers: ${found.map(({ loginServer }) => loginServer).join(", ")}`,
  );
}

/** No registry in Azure has the name. */
class Unregistered extends CliError {}

/**
 * Returns the registry with a login server, in any subscription; undefined if no registry of the cloud can have it.
 * @throws CliError if Azure does not show it
 */
export async function registryAt(finder: Finder, loginServer: string): Promise<AzureRegistry | undefined> {
  if (!isLoginServer(loginServer) || !loginServer.toLowerCase().endsWith(finder.cloud.registrySuffix)) return undefined;
  return findRegistry(finder, loginServer).catch((error: unknown) => {
    if (error instanceof Unregistered) return undefined;
    throw error;
  });
}

/** Azure Resource Graph: one query for all subscriptions. If it does not answer, the subscriptions are listed. */
async function idsByGraph(arm: Arm, { name }: RegistryName): Promise<string[]> {
  const query = `resources | where type =~ '${type.toLowerCase()}' | where name =~ '${name}' | project id`;
  const path = "/providers/Microsoft.ResourceGraph/resources";
  const request = {
    method: "POST",
    path,
    version: apiVersion.resourceGraph,
    body: { query },
    doing: "search for the registry",
    isRead: true,
  } as const;
  const rows = (await arm.send(request, ({ data }) => objectsOf(data)).catch(unlessFinal)) ?? [];
  return rows.flatMap(({ id }) => (typeof id === "string" && id.startsWith("/subscriptions/") ? [id] : []));
}

/** Reads each registry itself, because Resource Graph may be out of date. */
async function readEach(arm: Arm, ids: readonly string[], wanted: RegistryName, needs?: string): Promise<AzureRegistry[]> {
  const read = (path: string) => arm.find({ path, version: apiVersion.registry, doing: `read registry ${wanted.name}`, needs }, asRegistry);
  const answers = await Promise.all(ids.map(read));
  return answers.flatMap((registries) => registries ?? []).filter((registry) => isWanted(registry, wanted));
}

/** The number of subscriptions, the number that were listed, and why others could not be listed. */
type Gaps = { readonly all: number; readonly listed: number; readonly refusals: readonly CliError[] };

/** A subscription that cannot be listed does not end the search. */
async function listed({ arm, trace, now }: Finder, wanted: RegistryName, only: string | undefined, until: number) {
  const within = only === undefined ? (await subscriptions(arm)).map(({ id }) => id) : [only];
  const refusals: CliError[] = [];
  const lists = await mapConcurrently(within, limits.subscriptions, async (id) => {
    if (now().getTime() >= until) return;
    const doing = `list the registries of subscription ${id}`;
    const request = { path: `/subscriptions/${id}/providers/${type}`, version: apiVersion.registry, doing };
    return arm.list(request, asRegistry).catch((error: unknown) => {
      unlessFinal(error);
      // Without permission to list the registries of a subscription, none of them is usable
      if (error instanceof CliError && error.kind !== "forbidden") refusals.push(error);
      trace(4, () => String(error));
      return [];
    });
  });
  const [first] = refusals;
  if (first && refusals.length === within.length) throw first;
  const done = lists.flatMap((list) => (list ? [list.flat()] : []));
  const found = done.flat().filter((registry) => isWanted(registry, wanted));
  return { found, gaps: { all: within.length, listed: done.length, refusals } };
}

/** @throws the error of an interruption, or of an identity that Azure rejects, which ends every search */
function unlessFinal(error: unknown): undefined {
  if (isRefusal(error) && error.kind !== "unauthenticated") return undefined;
  throw error;
}

function asRegistry({ id, name, sku, properties }: Json): AzureRegistry[] {
  const loginServer = textOf(objectOf(properties).loginServer);
  if (typeof id !== "string" || typeof name !== "string" || loginServer === undefined) return [];
  return [{ id, name, loginServer, sku: textOf(objectOf(sku).name) ?? "" }];
}

/** Registry names are unique in a cloud, so Azure can distinguish a typo from a registry that the identity cannot read. */
async function notFound(
  { arm, identity, needs = `${type}/read` }: Finder,
  { name, id, loginServer = "" }: RegistryName,
  { text, only, gaps }: { readonly text: string; readonly only: string | undefined; readonly gaps: Gaps },
): Promise<CliError> {
  const named = `registry ${JSON.stringify(text)}`;
  const error = (message: string, hint: Hint, kind: ErrorKind = "notFound", of = CliError) =>
    new of(kind, withLines(message, failures(gaps)), { hint });
  if (only !== undefined)
    return error(
      `${named} not found in subscription ${only}, or this Azure identity cannot read it`,
      "omit --subscription to search all subscriptions",
    );
  // A login server with a hash belongs to a name that other registries can have too.
  const isUnique = id === undefined && !loginServer.includes("-");
  const isFree = isUnique ? await isNameFree(arm, identity, name).catch(unlessRefused(undefined)) : undefined;
  const isAz = identity.source === "az";
  if (isFree)
    return error(
      `${named} not found: the name is not registered in Azure`,
      isAz ? { ...shell("az acr list", "--output", "table"), when: "check the spelling" } : "check the spelling",
      "notFound",
      Unregistered,
    );
  if (gaps.listed < gaps.all)
    return error(
      `${named} not found: searched ${gaps.listed} of ${gaps.all} subscriptions in ${searchTimeout / 1000}s`,
      "add --subscription, or specify the registry by its Azure resource ID",
    );
  const ask = `ask for the role ${roleWith(needs)} on the registry`;
  const problem = isFree === false ? "exists, but this Azure identity cannot read it" : "not found, or this Azure identity cannot read it";
  // While Azure does not answer for a subscription, the registry may be there
  return error(
    `${named} ${problem}`,
    isAz ? { ...signIn, when: `${ask}, or sign in to its tenant` } : ask,
    gaps.refusals.length > 0 ? "unreachable" : "notFound",
  );
}

const signIn = shell("az login", "--tenant", "TENANT");

function failures({ refusals: [first, ...others] }: Gaps): string | undefined {
  return first && `${others.length + 1} ${others.length > 0 ? "subscriptions" : "subscription"} could not be searched: ${first.message}`;
}

/** Whether no registry in Azure has a name; undefined without a subscription, which the request requires. */
async function isNameFree(arm: Arm, identity: Pick<Identity, "subscription">, name: string): Promise<boolean | undefined> {
  const subscription = (await identity.subscription()) ?? (await subscriptions(arm))[0]?.id;
  if (subscription === undefined) return undefined;
  const path = `/subscriptions/${encodeURIComponent(subscription)}/providers/Microsoft.ContainerRegistry/checkNameAvailability`;
  const request = {
    method: "POST",
    path,
    version: apiVersion.registry,
    body: { name, type },
    doing: "check the registry's name",
    isRead: true,
  } as const;
  return arm.send(request, ({ nameAvailable }) => (typeof nameAvailable === "boolean" ? nameAvailable : undefined));
}

export async function subscriptions(arm: Arm): Promise<{ id: string; name: string; tenant: string | undefined }[]> {
  const request = { path: "/subscriptions", version: apiVersion.subscriptions, doing: "list the subscriptions" };
  const list = await arm.list(request, ({ subscriptionId: id, displayName, tenantId }) =>
    typeof id === "string" ? [{ id, name: textOf(displayName) ?? "", tenant: textOf(tenantId) }] : [],
  );
  return list.flat();
}

/**
 * The id of the subscription with an id or a name.
 * @throws CliError notFound; usage if several have the name
 */
async function subscriptionNamed(arm: Arm, text: string): Promise<string> {
  const lower = text.toLowerCase();
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(lower)) return lower;
  const [found, second] = (await subscriptions(arm)).filter(({ name }) => name.toLowerCase() === lower);
  if (found && !second) return found.id;
  const quoted = JSON.stringify(text);
  const hint = "specify the subscription by its ID";
  if (found) throw usage(`several subscriptions are named ${quoted}`, hint);
  throw new CliError("notFound", `subscription ${quoted} not found, or this Azure identity cannot read it`, { hint });
}
