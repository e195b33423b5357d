import { expect, test } from "vitest";
import { findRole } from "../../../sandbox/azure/roles.ts";
import { assignableScope, grantCommand, readMissingRight, roleWith } from "../../../src/azure/missing-right.ts";
import { permits } from "../../../src/credential/mint-rights.ts";

const registry = "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/myregistry";
const rights = "Microsoft.ContainerRegistry/registries";

test.for([
  { action: "Microsoft.Authorization/roleAssignments/write", role: "Role Based Access Control Administrator" },
  { action: "Microsoft.Authorization/roleAssignments/delete", role: "Role Based Access Control Administrator" },
  { action: "Microsoft.Authorization/roleAssignments/read", role: "Reader" },
  { action: `${rights}/read`, role: "Reader" },
  { action: `${rights}/listUsages/read`, role: "Reader" },
  ...[
    "tokens/read",
    "tokens/write",
    "tokens/delete",
    "scopeMaps/read",
    "scopeMaps/write",
    "scopeMaps/delete",
    "generateCredentials/action",
    "listCredentials/action",
    "regenerateCredential/action",
  ].map((action) => ({
    action: `${rights}/${action}`,
    role: "Container Registry Contributor and Data Access Configuration Administrator",
  })),
  { action: `${rights}/webhooks/write`, role: "Contributor" },
])("names a role that has $action", ({ action, role }) => {
  expect(roleWith(action)).toBe(role);
  expect(permits([findRole(role, []) ?? expect.unreachable(role)], action)).toBe(true);
});

test.for([
  { scope: registry, at: registry },
  { scope: `${registry}/tokens/demo`, at: registry },
  { scope: `${registry}/providers/Microsoft.Authorization/roleAssignments/0a-1b`, at: registry },
  { scope: "/subscriptions/s-1/resourceGroups/g", at: "/subscriptions/s-1/resourceGroups/g" },
  { scope: "/subscriptions/s-1/providers/Microsoft.ContainerRegistry/locations/westus/operationResults/x", at: "/subscriptions/s-1" },
  { scope: registry.replace("/g/", "/g_(prod).é/"), at: registry.replace("/g/", "/g_(prod).é/") },
  { scope: registry.replace("/g/", "/$(rm)/"), at: "/subscriptions/s-1" },
  { scope: "/; rm -rf", at: undefined },
])("assigns a role on $at when ARM names $scope", ({ scope, at }) => {
  expect(assignableScope(scope)).toBe(at);
});

test("reads the missing action of a linked scope, not the allowed one", () => {
  const message = `The client 'c' with object id 'o-1' has permission to perform action '${rights}/tokens/write' on scope '${registry}/tokens/demo'; however, it does not have permission to perform action(s) '${rights}/scopeMaps/read' on the linked scope(s) '${registry}/scopeMaps/demo' (respectively) or the linked scope(s) are invalid.`;

  expect(readMissingRight(message)).toEqual({ action: `${rights}/scopeMaps/read`, scope: `${registry}/scopeMaps/demo`, principal: "o-1" });
});

test.for([
  { text: "The client 'c' with object id 'o-1' does not have authorization to perform action 'A/b' over scope '$(reboot)'" },
  { text: "The client 'c' with object id '$(reboot)' does not have authorization to perform action 'A/b' over scope '/subscriptions/s'" },
  { text: "The client 'c' with object id 'o' does not have authorization to perform action '$(reboot)' over scope '/subscriptions/s'" },
])("prints a command without Azure's text in it when that could run: $text", ({ text }) => {
  expect(grantCommand(readMissingRight(text) ?? expect.unreachable()).join(" ")).not.toContain("reboot");
});
