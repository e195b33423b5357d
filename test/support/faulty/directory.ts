import type { Directory } from "./world.ts";

/** Returns everything in Entra ID and on the registry, by the command that would delete it. */
export function standingIn({ applications, servicePrincipals, roleAssignments }: Directory): (readonly [string, string])[] {
  const appIds = new Map(servicePrincipals.map(({ id, appId }) => [id, appId]));
  return [
    ...applications.map(({ appId, displayName }) => [`az ad app delete --id ${appId}`, displayName] as const),
    ...servicePrincipals.map(({ appId, id }) => [`az ad sp delete --id ${appId}`, id] as const),
    ...roleAssignments.map(
      ({ principalId, role, condition }) => [roleOf(appIds.get(principalId) ?? principalId), `${role} ${condition}`] as const,
    ),
    ...applications.flatMap(({ appId, secrets }) => secrets.map(({ keyId, value }) => [keyOf(appId, keyId), value] as const)),
  ];
}

/** Returns the logins that have a role, each with the commands that would delete the objects of that login. */
export function loginsIn({ applications, servicePrincipals, roleAssignments }: Directory): (readonly [string, readonly string[]])[] {
  return servicePrincipals.flatMap(({ appId, id }) => {
    if (!roleAssignments.some(({ principalId }) => principalId === id)) return [];
    const secrets = applications.filter((one) => one.appId === appId).flatMap((one) => one.secrets);
    const names = [`az ad app delete --id ${appId}`, `az ad sp delete --id ${appId}`, roleOf(appId)];
    return secrets.map(({ keyId, value }) => [`${appId}\n${value}`, [...names, keyOf(appId, keyId)]] as const);
  });
}

const roleOf = (appId: string) => `az role assignment delete --assignee ${appId}`;
const keyOf = (appId: string, keyId: string) => `az ad app credential delete --id ${appId} --key-id ${keyId}`;
