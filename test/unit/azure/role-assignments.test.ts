import { expect, test } from "vitest";
import type { Arm, ArmRequest } from "../../../src/azure/arm.ts";
import { assignmentName, roleAssignmentsIn } from "../../../src/azure/role-assignments.ts";

const subscription = "/subscriptions/s-1";
const id = `${subscription}/resourceGroups/demo/providers/Microsoft.ContainerRegistry/registries/myregistry`;
const registry = { id, name: "myregistry", loginServer: "myregistry.azurecr.io", sku: "Standard" };
const of = { principalId: "p-1", role: "7f951dda-4ed3-4680-a7ca-43fe172d538d" };
const name = assignmentName(id, of);

function arm(list: readonly unknown[] = []) {
  const asked: Partial<ArmRequest & { filter: string }>[] = [];
  const port: Arm = {
    send: async (request) => void asked.push(request),
    list: async (request) => {
      asked.push(request);
      return [...list];
    },
  };
  return { ...roleAssignmentsIn(port), asked };
}

test("an assignment's name follows from registry, principal and role, in whatever case they are written", () => {
  expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(assignmentName(id.toUpperCase(), of)).toBe(name);
  expect(new Set([name, assignmentName(`${id}2`, of), assignmentName(id, { ...of, principalId: "p-2" })]).size).toBe(3);
});

test.for([{ condition: undefined }, { condition: "x" }])(
  "a role is given under that name, with condition $condition",
  async ({ condition }) => {
    const { assignRole, unassignRole, asked } = arm();
    await assignRole(registry, { ...of, condition });
    await unassignRole(registry, of);

    const path = `${id}/providers/Microsoft.Authorization/roleAssignments/${name}`;
    expect(asked).toMatchObject([
      { method: "PUT", path },
      { method: "DELETE", path },
    ]);
    expect(asked[0]?.body).toEqual({
      properties: {
        roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${of.role}`,
        principalId: "p-1",
        principalType: "ServicePrincipal",
        ...(condition && { condition, conditionVersion: "2.0" }),
      },
    });
  },
);

const roleDefinitionId = `/x/${of.role.toUpperCase()}`;

test.for([
  { why: "ours", wire: { name, scope: id }, is: { here: true, ours: true } },
  { why: "in another case", wire: { name: name.toUpperCase(), scope: id.toUpperCase() }, is: { here: true, ours: true } },
  { why: "of others", wire: { name: "other", scope: id, condition: "x" }, is: { here: true, ours: false, condition: "x" } },
  { why: "of the subscription", wire: { name, scope: subscription }, is: { here: false, ours: false } },
  {
    why: "of a management group",
    wire: { name: "group", scope: "/providers/Microsoft.Management/managementGroups/tenant" },
    is: { here: false, ours: false },
  },
  { why: "of the root", wire: { name: "root", scope: "/" }, is: { here: false, ours: false } },
  { why: "below the registry", wire: { name, scope: `${id}/tokens/x` }, is: undefined },
  { why: "of a registry whose name is longer", wire: { name, scope: `${id}2` }, is: undefined },
  { why: "something else", wire: { name }, is: undefined },
])("an assignment that is $why", async ({ wire: { name: its, ...properties }, is }) => {
  const { roleAssignments, asked } = arm([{ name: its, properties: { ...properties, roleDefinitionId } }]);

  expect(await roleAssignments(registry, "p-1")).toEqual(is ? [{ name: its, role: of.role, condition: undefined, ...is }] : []);
  expect(asked).toMatchObject([{ filter: "assignedTo('p-1')" }]);
});

const definition = {
  properties: { roleName: "our role", permissions: [{ actions: ["*/read"], notActions: [], dataActions: ["x/read"] }] },
};

test.for([
  {
    answer: definition,
    is: { name: "our role", permissions: [{ actions: ["*/read"], notActions: [], dataActions: ["x/read"], notDataActions: [] }] },
  },
  { answer: undefined, is: undefined },
  { answer: { properties: { roleName: "our role" } }, is: undefined },
])("reads the role definition $is", async ({ answer, is }) => {
  const asked: string[] = [];
  const send = async ({ path }: ArmRequest) => {
    asked.push(path);
    return answer;
  };

  expect(await roleAssignmentsIn({ send, list: async () => [] }).roleDefinition(registry, "r-1")).toEqual(is);
  expect(asked).toEqual([`${id}/providers/Microsoft.Authorization/roleDefinitions/r-1`]);
});
