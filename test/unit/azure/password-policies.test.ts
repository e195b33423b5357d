import { expect, test } from "vitest";
import { longestIn } from "../../../src/azure/password-policies.ts";
import { day, hour, minute, second } from "../../../src/duration.ts";

const madeAt = "2026-01-01T00:00:00Z";
const lifetime = { restrictionType: "passwordLifetime", maxLifetime: "P30D", state: "enabled" };
const tenant = (...passwordCredentials: object[]) => ({ isEnabled: true, applicationRestrictions: { passwordCredentials } });

test.for([
  { when: "the tenant's policy has a lifetime", policy: tenant(lifetime), longest: 30 * day },
  { when: "the policy of an application has one", policy: { restrictions: { passwordCredentials: [lifetime] } }, longest: 30 * day },
  {
    when: "it has days and hours",
    policy: tenant({ ...lifetime, maxLifetime: "P4DT12H30M5S" }),
    longest: 4 * day + 12 * hour + 30 * minute + 5 * second,
  },
  { when: "it has the shortest months", policy: tenant({ ...lifetime, maxLifetime: "P6M" }), longest: 168 * day },
  { when: "it has years and weeks", policy: tenant({ ...lifetime, maxLifetime: "P1Y2W" }), longest: 379 * day },
  { when: "it has no state, as older policies", policy: tenant({ ...lifetime, state: undefined }), longest: 30 * day },
  {
    when: "the application was created at that time",
    policy: tenant({ ...lifetime, restrictForAppsCreatedAfterDateTime: madeAt }),
    longest: 30 * day,
  },
  {
    when: "the application was created before",
    policy: tenant({ ...lifetime, restrictForAppsCreatedAfterDateTime: "2026-01-02T00:00:00Z" }),
    longest: undefined,
  },
  { when: "the policy is disabled", policy: { ...tenant(lifetime), isEnabled: false }, longest: undefined },
  { when: "the restriction is disabled", policy: tenant({ ...lifetime, state: "disabled" }), longest: undefined },
  { when: "the restriction is for keys", policy: tenant({ ...lifetime, restrictionType: "symmetricKeyLifetime" }), longest: undefined },
  { when: "the lifetime has another form", policy: tenant({ ...lifetime, maxLifetime: "30 days" }), longest: undefined },
  { when: "there is no policy", policy: {}, longest: undefined },
  { when: "passwords are forbidden", policy: tenant(lifetime, { ...lifetime, restrictionType: "passwordAddition" }), longest: 0 },
  {
    when: "passwords are forbidden except for some users",
    policy: tenant(lifetime, { ...lifetime, restrictionType: "passwordAddition", excludeActors: { customSecurityAttributes: [{}] } }),
    longest: 30 * day,
  },
  {
    when: "the lifetime is not for some users",
    policy: tenant({ ...lifetime, excludeActors: { customSecurityAttributes: [{}] } }),
    longest: 30 * day,
    isForAll: false,
  },
])("finds the longest lifetime of a password when $when", ({ policy, longest, isForAll = true }) => {
  expect(longestIn(policy, madeAt)).toEqual(longest === undefined ? undefined : { longest, isForAll });
});
