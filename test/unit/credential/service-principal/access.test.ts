import { expect, test } from "vitest";
import { notAlone } from "../../../../src/credential/service-principal/access.ts";

type Evidence = Parameters<typeof notAlone>[0];

const me = "o-1";
const ours = "acr-secret: secret acr in namespace demo of cluster 1a2b3c4d";
const key = (displayName: string) => ({ slot: "k-1", displayName });
const alone: Evidence = {
  application: { notes: "kubectl acr-secret: secret acr in namespace demo", keys: [] },
  access: { owners: [me], principalOwners: [], otherKeys: [] },
  identity: me,
  isGranted: false,
};

type Change = Partial<Evidence["access"]> & { notes?: string; keys?: string[]; identity?: string; role?: boolean };

const evidence = ({ notes, keys, identity, role, ...access }: Change): Evidence => ({
  application: { notes: notes ?? alone.application.notes, keys: (keys ?? []).map(key) },
  access: { ...alone.access, ...access },
  identity: identity ?? me,
  isGranted: role ?? false,
});

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
])("answers $reason when $why", ({ change, reason }) => {
  expect(notAlone(evidence(change))).toBe(reason);
});
