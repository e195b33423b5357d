import type { Permission, RegistryFacts } from "../azure/port.ts";
import { matchesGlob } from "../scope/scope.ts";
import type { CredentialKind } from "./credential-kind.ts";

type MayMint = {
  readonly credential: string;
  /** The first missing permission, or another reason why it can't be created. */
  readonly missing?: string;
  /** A permission that can't be checked before it is used. Only without `missing`. */
  readonly unchecked?: string;
};

/** Determines whether an identity can create a kind of credential. @param permissions undefined if the identity can't read them */
export function mayMint(
  { name, creation }: Pick<CredentialKind, "name" | "creation">,
  permissions: readonly Permission[] | undefined,
  registry: RegistryFacts,
): MayMint[] {
  if (!creation) return [];
  const obstacle = creation.obstacle?.(registry);
  const [rights, roles] =
    creation.dataRights && registry.mode === "abac" ? [creation.dataRights, permissions?.map(onData)] : [creation.rights, permissions];
  const missing = obstacle ?? (roles && rights.find((right) => !permits(roles, right)));
  if (missing !== undefined) return [{ credential: name, missing }];
  const unchecked = [
    ...(permissions === undefined ? ["the identity's permissions on the registry"] : []),
    ...(creation.uncheckedRight === undefined ? [] : [creation.uncheckedRight]),
  ];
  return [{ credential: name, unchecked: unchecked.join("; ") || undefined }];
}

/** Returns the part of a role that applies to repositories on an ABAC registry. */
export const onData = ({ dataActions = [], notDataActions = [] }: Permission): Permission => ({
  actions: dataActions,
  notActions: notDataActions,
});

/** Whether one of the roles allows an action (Azure RBAC): an exclusion in one role does not limit another. */
export const permits = (permissions: readonly Permission[], action: string): boolean =>
  permissions.some(({ actions, notActions }) => actions.some(meaning(action)) && !notActions.some(meaning(action)));

/** Matches an action with a pattern, ignoring case. */
const meaning = (action: string) => (pattern: string) => matchesGlob(pattern.toLowerCase(), action.toLowerCase());
