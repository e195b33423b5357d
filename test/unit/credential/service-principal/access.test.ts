import { expect, test } from "vitest";
import type { ApplicationAccess } from "../../../../src/azure/port.ts";
import { checkGranting } from "../../../../src/credential/service-principal/access.ts";

const me = "o-1";
const ours = "acr-secret: secret acr in namespace demo of cluster 1a2b3c4d";
const role = { name: "r", principalId: "p-1", role: "r", here: true, ours: true, condition: undefined, madeAt: undefined };

type Change = Partial<ApplicationAccess> & { notes?: string; keys?: string[]; identity?: string; role?: boolean };

/** Returns why the application that a user named may not be used; undefined if it may. */
async function reasonOf({ notes, keys = [], identity = me, role: isGranted, ...access }: Change): Promise<string | undefined> {
  const application = {
    id: "a-1",
    appId: "client-1",
    displayName: "ci",
    notes: notes ?? "kubectl acr-secret: secret acr in namespace demo",
    madeAt: "",
    keys: keys.map((displayName) => ({ slot: "k-1", displayName })),
  };
  const azure = {
    access: async () => ({ owners: [me], principalOwners: [], otherKeys: [], ...access }),
    identity: async () => ({ type: "user", name: "jane", objectId: identity, tenant: "t" }) as const,
  };
  const assignments = isGranted ? [role] : [];
  const found = { application, principal: undefined, assignments, by: "name", isRecorded: false } as const;
  return checkGranting(found, azure).then(
    () => undefined,
    ({ message }) => message.replace('application "ci" (client-1) already exists, and ', ""),
  );
}

test.for<{ why: string; change: Change; reason: string | undefined }>([
  { why: "it is as this plugin creates it", change: {}, reason: undefined },
  { why: "the identity owns the service principal too", change: { principalOwners: [me] }, reason: undefined },
  { why: "a role and a password were added by this plugin", change: { keys: [ours], role: true }, reason: undefined },
  { why: "its notes are empty", change: { notes: "" }, reason: "this plugin did not create it" },
  { why: "its notes are of another tool", change: { notes: "made by terraform" }, reason: "this plugin did not create it" },
  { why: "it has no owner", change: { owners: [] }, reason: "you are not its only owner" },
  { why: "another identity owns it", change: { owners: ["o-2"] }, reason: "you are not its only owner" },
  { why: "the signed-in identity is unknown", change: { identity: "", owners: [""] }, reason: "you are not its only owner" },
  { why: "another identity owns it too", change: { owners: [me, "o-2"] }, reason: "you are not its only owner" },
  { why: "another identity owns the service principal", change: { principalOwners: ["o-2"] }, reason: "you are not its only owner" },
  { why: "it has a certificate", change: { otherKeys: ["certificate"] }, reason: "it has a certificate of another user" },
  { why: "it trusts an issuer", change: { otherKeys: ["federated credential"] }, reason: "it has a federated credential of another user" },
  { why: "it has a password of another name", change: { keys: ["rbac"], role: true }, reason: "it has a password of another user" },
  {
    why: "it has a password of our name before a role was assigned",
    change: { keys: [ours] },
    reason: "it has a password of another user",
  },
  { why: "it has both", change: { keys: [ours, "rbac"], role: true }, reason: "it has a password of another user" },
])("answers $reason when $why", async ({ change, reason }) => {
  expect(await reasonOf(change)).toBe(reason);
});
