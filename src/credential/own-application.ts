import type { Application, Custody } from "../azure/principals.ts";
import { isOfOurs, readMadeFor } from "../secret/azure-words.ts";

/** What shows whose an application is that was found by its display name, which anyone in the tenant can choose. */
export type Evidence = {
  readonly application: Pick<Application, "notes" | "keys">;
  readonly custody: Custody;
  /** The object id of the signed-in identity. */
  readonly identity: string;
  /** The registry has the role assignment that this plugin creates, which requires the right to assign roles. */
  readonly hasOurRole: boolean;
};

/**
 * Returns why an application may be controlled by another identity; undefined if it is the signed-in identity's and this plugin's alone.
 * A co-owner could add a password later. Names of passwords prove nothing before a role was assigned, because a former owner can have
 * chosen them.
 */
export function notAlone({ application, custody, identity, hasOurRole }: Evidence): string | undefined {
  const { owners, principalOwners, otherCredentials } = custody;
  if (!isOfOurs(application.notes)) return "this plugin did not create it";
  if (identity === "" || !owners.includes(identity)) return "you do not own it";
  if ([...owners, ...principalOwners].some((id) => id !== identity)) return "it has another owner";
  if (otherCredentials > 0) return "it has credentials of others";
  const isOurs = hasOurRole ? ({ displayName }: Application["keys"][number]) => readMadeFor(displayName) !== undefined : () => false;
  return application.keys.every(isOurs) ? undefined : "it has credentials of others";
}
