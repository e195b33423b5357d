import { day, hour, minute, second } from "../duration.ts";
import { type Json, objectOf, objectsOf, textOf } from "../json.ts";
import type { PasswordLimit } from "./port.ts";

export const otherwise = "or omit --service-principal: an ACR token needs no permissions in Entra ID";
export const policyPaths = "policies/defaultAppManagementPolicy or the application's appManagementPolicies in Microsoft Graph";
export const changePolicy = `ask an administrator of the tenant to change ${policyPaths}, ${otherwise}`;

/** A policy of the tenant (tenantAppManagementPolicy), or of an application (appManagementPolicy), in Microsoft Graph. */
type PasswordPolicy = Json;

/**
 * Returns the lifetime of a new password that a policy allows; undefined if it has no limit. A restriction may be only for applications that
 * were created after a time, and may exempt the caller (learn.microsoft.com/graph/api/resources/passwordcredentialconfiguration).
 * @param madeAt when the application was created
 */
export function longestIn({ isEnabled, applicationRestrictions, restrictions }: PasswordPolicy, madeAt: string): PasswordLimit | undefined {
  const { passwordCredentials } = objectOf(applicationRestrictions ?? restrictions);
  if (isEnabled === false) return undefined;
  const restrictionsFor = objectsOf(passwordCredentials).filter(({ state, restrictForAppsCreatedAfterDateTime: after }) => {
    const isForAll = Number.isNaN(Date.parse(textOf(after) ?? "")) || Date.parse(madeAt) >= Date.parse(textOf(after) ?? "");
    return state !== "disabled" && isForAll;
  });
  const forbids = restrictionsFor.some(({ restrictionType, excludeActors }) => restrictionType === "passwordAddition" && !excludeActors);
  if (forbids) return { longest: 0, isForAll: true };
  const limits = restrictionsFor.flatMap(({ restrictionType, maxLifetime, excludeActors }) => {
    const longest = restrictionType === "passwordLifetime" ? milliseconds(textOf(maxLifetime) ?? "") : undefined;
    return longest === undefined ? [] : [{ longest, isForAll: !excludeActors }];
  });
  return limits[0];
}

/** The shortest length of each unit of ISO 8601, in the order of its text. */
const units = [365 * day, 28 * day, 7 * day, day, hour, minute, second];

/** Returns a duration of ISO 8601 (`P180D`, `P4DT12H30M5S`); undefined for another text. */
function milliseconds(text: string): number | undefined {
  const match = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  const sum = units.reduce((total, unit, at) => total + unit * Number(match?.[at + 1] ?? 0), 0);
  return sum > 0 ? sum : undefined;
}
