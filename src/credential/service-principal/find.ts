import type { Application, Azure, AzureRegistry, RoleAssignment, ServicePrincipal } from "../../azure/port.ts";
import { CliError } from "../../errors.ts";
import type { Create } from "../../fix.ts";
import { isGuid, isOurDescription, parseAzureOwner } from "../../secret/azure-words.ts";
import type { Need } from "../kind.ts";
import { notAlone, only } from "./access.ts";
import { hasOurRole } from "./roles.ts";

type InAzure = { readonly azure: Azure; readonly registry: AzureRegistry };

export type Principal = {
  readonly name: string;
  readonly application: Application | undefined;
  readonly principal: ServicePrincipal | undefined;
  readonly assignments: readonly RoleAssignment[];
};

export type Found = Principal & {
  /** Only the annotation of the Secret names it. */
  readonly isRecorded?: true;
  /** The display name by which it was found. Anyone in the tenant can choose a display name. */
  readonly by?: "name" | "own name";
};

/** Whether the annotation of the Secret records the application. */
const records = (current: Need["current"], { appId }: Application): boolean =>
  current?.entry?.kind === "service-principal" && current.entry.identity === appId;

/**
 * Rejects giving a role or a password to an application that another identity may control. Anyone in the namespace can write the annotation
 * of the Secret, so it counts only together with a role assignment by this plugin.
 * @throws CliError conflict
 */
export async function refuseOthers(
  { name, application, principal, assignments, by }: Found,
  { current }: Need,
  azure: Azure,
  again: Create,
) {
  if (!application || !by) return;
  const isGranted = hasOurRole(assignments);
  if (isGranted && records(current, application) && isOurDescription(application.notes)) return;
  const [access, { objectId }] = await Promise.all([azure.access(application.id, principal?.id), azure.identity()]);
  const reason = notAlone({ application, access, identity: objectId, isGranted });
  if (reason === undefined) return;
  throw new CliError("conflict", `application ${JSON.stringify(name)} (${application.appId}) already exists, and ${reason}`, {
    hint: { ...again, servicePrincipal: application.appId },
  });
}

/** Returns the application with the given display name or id, or the owner's own one. @throws CliError notFound, conflict */
export async function findOwn(named: string | undefined, need: Need, at: InAzure): Promise<Found> {
  const { azure } = at;
  if (named === undefined) return findByOwner(need, at);
  if (!isGuid(named)) return { ...(await readPrincipal(only(named, await azure.applications({ name: named })), at, named)), by: "name" };
  const [application] = await azure.applications({ appId: named.toLowerCase() });
  if (application) return readPrincipal(application, at);
  throw new CliError("notFound", `application ${named} not found in the tenant`, { hint: "az ad app list --show-mine" });
}

/**
 * Returns the owner's own application. If several have its name, the one that the Secret's annotation records counts.
 * @throws CliError conflict
 */
async function findByOwner(need: Need, at: InAzure): Promise<Found> {
  const { owner, current } = need;
  const shared = owner.alone ? undefined : await findShared(need, at);
  if (shared) return shared;
  const name = await owner.ownName();
  const all = await at.azure.applications({ name });
  const application = all.find((one) => records(current, one)) ?? only(name, all);
  return { ...(await readPrincipal(application, at, name)), by: "own name" };
}

/**
 * Returns the application that Secrets in many namespaces record, regardless of the namespaces that its name is derived from. It counts
 * only if this plugin assigned its role on the registry. Anyone in a namespace can write the annotation, and the owner of an application
 * can write its notes.
 */
async function findShared({ owner, current }: Need, at: InAzure): Promise<Found | undefined> {
  const application = await readRecorded(current, at.azure);
  if (!application || parseAzureOwner(application.notes)?.words !== owner.words) return undefined;
  const found = await readPrincipal(application, at);
  return hasOurRole(found.assignments) ? { ...found, by: "own name" } : undefined;
}

/**
 * Returns the application whose login the Secret holds, if it is not the owner's own. It is kept while its login pulls, and gets neither a
 * password nor a role, because anyone in the namespace can write the annotation. Many namespaces never share an application that only one
 * of them records.
 */
export async function findRecorded(own: Found, { owner, current }: Need, at: InAzure): Promise<Found | undefined> {
  if (!owner.alone || current?.entry?.identity === own.application?.appId) return undefined;
  const application = await readRecorded(current, at.azure);
  return application && { ...(await readPrincipal(application, at)), isRecorded: true };
}

/** Returns the application that the annotation records and whose id is the user name of the login. */
async function readRecorded(current: Need["current"], azure: Azure): Promise<Application | undefined> {
  const { entry, login } = current ?? {};
  if (entry?.kind !== "service-principal" || login?.username !== entry.identity || !isGuid(entry.identity)) return undefined;
  const [application] = await azure.applications({ appId: entry.identity });
  return application;
}

/** @param name of the application, if there may be none */
export async function readPrincipal(
  application: Application | undefined,
  { azure, registry }: InAzure,
  name = application?.displayName ?? "",
): Promise<Found> {
  const principal = application && (await azure.servicePrincipal(application.appId));
  const assignments = principal ? await azure.roleAssignments(registry, principal.id) : [];
  return { name, application, principal, assignments };
}
