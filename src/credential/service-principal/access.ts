import type { Application, ApplicationAccess, Azure, RoleAssignment, ServicePrincipal } from "../../azure/port.ts";
import { CliError } from "../../errors.ts";
import type { Ref } from "../../kinds.ts";
import { isGuid, isOurDescription, parseAzureOwner } from "../../secret/azure-words.ts";
import { nameInPlace } from "../../wording.ts";
import type { Evidence } from "../issuer.ts";
import { type Owner, Unconfirmed } from "../owner.ts";
import { hasOurRole } from "./roles.ts";

/** How the application was found. Only a user who names its id has chosen it: anyone in the tenant can choose a display name. */
export type FoundBy = "id" | "name" | "own name" | "record";

type Found = { readonly name: string; readonly application: Application | undefined; readonly by: FoundBy };

type Finding = { readonly azure: Azure; readonly named: string | undefined; readonly isRecorded: boolean };

/**
 * Finds the application of a source.
 * @returns no application if a display name is unused, or if the recorded application was deleted
 * @throws CliError notFound for an unknown id; conflict if several applications have the name
 */
export async function findApplication(owner: Owner, evidence: Evidence, { azure, named, isRecorded }: Finding): Promise<Found> {
  if (named === undefined) {
    const all = await azure.applications({ name: owner.name });
    const application = all.find((one) => isRecordOf(evidence, one)) ?? only(owner.name, all);
    return { name: owner.name, application, by: "own name" };
  }
  const isId = isGuid(named);
  // A record that names no id is not this plugin's own, and anyone in the tenant can choose a display name
  if (!isId && !isRecorded) return { name: named, application: only(named, await azure.applications({ name: named })), by: "name" };
  const [application] = isId ? await azure.applications({ appId: named.toLowerCase() }) : [];
  const name = application?.displayName ?? named;
  if (isRecorded) return { name, application, by: name === owner.name ? "own name" : "record" };
  if (application) return { name, application, by: "id" };
  throw new CliError("notFound", `application ${named} not found in the tenant`, { hint: "az ad app list --show-mine" });
}

export const isRecordOf = ({ credential }: Evidence, { appId }: Application): boolean =>
  credential?.kind === "service-principal" && credential.identity.toLowerCase() === appId.toLowerCase();

type Asking = Pick<Azure, "access" | "identity">;

/** An application as it was found, and what the source says about it. */
type Candidate = {
  readonly application: Application | undefined;
  readonly principal: ServicePrincipal | undefined;
  readonly assignments: readonly RoleAssignment[];
  readonly by: FoundBy;
  readonly isRecorded: boolean;
};

/**
 * Rejects a new password of an application that the user did not name, unless Azure shows that it is the source's own, or that the source
 * has a password of it.
 * @param of.isNamed Azure shows a password that was created for the source and that the source records
 * @throws CliError conflict
 */
export async function checkUse(of: Candidate & { readonly to: Ref; readonly isNamed: boolean }, azure: Azure): Promise<void> {
  const { to, application, principal, by, isNamed } = of;
  if (!application) return;
  const { displayName: name, appId } = application;
  if (by === "record" && !isNamed)
    throw new Unconfirmed(
      `${nameInPlace(to)} records application "${name}" (${appId}), and nothing in Azure shows that it has a password of this Secret`,
      `to use it anyway, run create with --service-principal=${appId}`,
    );
  if (principal?.enabled === false)
    throw new CliError("conflict", `service principal "${name}" is disabled`, {
      hint: `az ad sp update --id ${principal.appId} --set accountEnabled=true`,
    });
  if (by === "own name") await checkAlone(of, application, azure);
}

/** Rejects more rights for an application that the user did not name by its id. @throws CliError conflict */
export async function checkGranting(of: Candidate, azure: Asking): Promise<void> {
  const { application, by } = of;
  if (!application || by === "id" || by === "own name") return;
  if (by === "name") return checkAlone(of, application, azure);
  throw new CliError("conflict", `application "${application.displayName}" lacks repositories, and other Secrets may use it`, {
    hint: `to grant them, run create with --service-principal=${application.appId}`,
  });
}

/**
 * Rejects an application that another identity may control. A record counts only if this plugin created the application and assigned its
 * role, which requires the right to assign roles.
 */
async function checkAlone({ principal, assignments, isRecorded }: Candidate, application: Application, azure: Asking): Promise<void> {
  const isGranted = hasOurRole(assignments);
  if (isRecorded && isGranted && isOurDescription(application.notes)) return;
  const [access, { objectId }] = await Promise.all([azure.access(application.id, principal?.id), azure.identity()]);
  const reason = notAlone({ application, access, identity: objectId, isGranted });
  if (reason === undefined) return;
  const { displayName, appId } = application;
  throw new CliError("conflict", `application ${JSON.stringify(displayName)} (${appId}) already exists, and ${reason}`, {
    hint: `to use it anyway, add --service-principal=${appId}`,
  });
}

/**
 * Returns why another identity may control an application; undefined if only the signed-in identity and this plugin can. A co-owner could
 * add a password later.
 * @param identity the object id of the signed-in identity
 * @param isGranted the registry has the role assignment that this plugin creates, which requires the right to assign roles. Before that,
 * the names of passwords prove nothing, because a former owner can have chosen them
 */
function notAlone({
  application: { notes, keys },
  access,
  identity,
  isGranted,
}: {
  readonly application: Pick<Application, "notes" | "keys">;
  readonly access: ApplicationAccess;
  readonly identity: string;
  readonly isGranted: boolean;
}): string | undefined {
  if (!isOurDescription(notes)) return "this plugin did not create it";
  const owners = [...access.owners, ...access.principalOwners];
  const isOnlyOwner = identity !== "" && access.owners.includes(identity) && owners.every((id) => id === identity);
  if (!isOnlyOwner) return "you are not its only owner";
  const areOurs = keys.every(({ displayName }) => isGranted && parseAzureOwner(displayName) !== undefined);
  const [otherKey] = [...access.otherKeys, ...(areOurs ? [] : ["password" as const])];
  return otherKey && `it has a ${otherKey} of another user`;
}

/** Returns the only application of a name. @throws CliError conflict if several applications have the name */
function only(name: string, applications: readonly Application[]): Application | undefined {
  if (applications.length < 2) return applications[0];
  const ids = applications.map(({ appId }) => appId).sort();
  throw new CliError("conflict", `${ids.length} applications are named "${name}": ${ids.join(", ")}`, {
    hint: "specify one by its ID: --service-principal=APPID",
  });
}
