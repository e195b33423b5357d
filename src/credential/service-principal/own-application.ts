import type { Application, Custody } from "../../azure/principals.ts";
import { type AzureObject, mayGrant } from "../../plan/ownership.ts";
import { isOfOurs, readMadeFor } from "../../secret/azure-words.ts";

/** What shows whose an application is that was found by its display name, which anyone in the tenant can choose. */
export type Evidence = {
  readonly application: Pick<Application, "notes" | "keys">;
  readonly custody: Custody;
  /** The object id of the signed-in identity. */
  readonly identity: string;
  /** The registry has the role assignment that this plugin creates, which requires the right to assign roles. */
  readonly hasOurRole: boolean;
};

/** Returns why an application may be controlled by another identity; undefined if it is the signed-in identity's and this plugin's alone. */
export function notAlone(evidence: Evidence): string | undefined {
  const object = objectOf(evidence);
  if (mayGrant(object)) return undefined;
  if (!object.described) return "this plugin did not create it";
  if (object.creator !== "self") return "you are not its only owner";
  return `it has a ${object.otherKeys[0]} of another user`;
}

/** A co-owner could add a password later. Before a role was assigned, names of passwords prove nothing: a former owner can have chosen them. */
function objectOf({ application, custody, identity, hasOurRole }: Evidence): AzureObject {
  const owners = [...custody.owners, ...custody.principalOwners];
  const isAlone = identity !== "" && custody.owners.includes(identity) && owners.every((id) => id === identity);
  const isOurs = ({ displayName }: Application["keys"][number]) => hasOurRole && readMadeFor(displayName) !== undefined;
  return {
    described: isOfOurs(application.notes),
    creator: isAlone ? "self" : "other",
    recorded: false,
    otherKeys: [...custody.otherKeys, ...(application.keys.every(isOurs) ? [] : ["password" as const])],
    shared: false,
  };
}
