import type { Application, RoleAssignment, ServicePrincipal } from "../azure/principals.ts";
import type { Azure, AzureRegistry } from "../context.ts";
import { CliError } from "../errors.ts";
import { isGuid } from "../secret/guid.ts";
import type { Need } from "./kind.ts";
import { only } from "./service-principal-plan.ts";

/** What stands in Azure of the application that is meant. */
export type Found = {
  readonly name: string;
  readonly application: Application | undefined;
  readonly principal: ServicePrincipal | undefined;
  readonly assignments: readonly RoleAssignment[];
  /** Nobody named it: it is in the Secret's note. */
  readonly borrowed?: true;
};

/** The application that is named, by its display name or its id; else the owner's own. @throws CliError notFound, conflict */
export async function findOwn(named: string | undefined, { owner }: Need, azure: Azure, registry: AzureRegistry): Promise<Found> {
  const name = named ?? (await owner.ownName());
  if (!isGuid(name)) return read(name, only(name, await azure.applications({ name })), azure, registry);
  const [application] = await azure.applications({ appId: name.toLowerCase() });
  if (application) return read(application.displayName, application, azure, registry);
  throw new CliError("notFound", `no application of the tenant has the id ${name}`, { hint: "az ad app list --show-mine" });
}

/**
 * The application whose login the Secret holds, where that is another than the owner's own. Nobody named it, so it is kept as long as
 * its login pulls, and neither gets a password nor a right: whoever works in the namespace can write that note. Many namespaces take
 * none that only one of them notes.
 */
export async function findNoted(own: Found, { owner, held }: Need, azure: Azure, registry: AzureRegistry): Promise<Found | undefined> {
  const { entry, login } = held ?? {};
  const noted = entry?.kind === "service-principal" && login?.username === entry.identity ? entry.identity : "";
  if (!owner.alone || !isGuid(noted) || noted === own.application?.appId) return undefined;
  const [application] = await azure.applications({ appId: noted });
  return application && { ...(await read(application.displayName, application, azure, registry)), borrowed: true };
}

async function read(name: string, application: Application | undefined, azure: Azure, registry: AzureRegistry): Promise<Found> {
  const principal = application && (await azure.servicePrincipal(application.appId));
  const assignments = principal ? await azure.roleAssignments(registry, principal.id) : [];
  return { name, application, principal, assignments };
}
