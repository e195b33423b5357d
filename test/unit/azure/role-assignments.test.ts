import { expect, test } from "vitest";
import { openArm } from "../../../src/azure/arm.ts";
import { openRoles } from "../../../src/azure/role-assignments.ts";
import { type Answer, answering } from "./answering.ts";

const subscription = "/subscriptions/s-1";
const id = `${subscription}/resourceGroups/demo/providers/Microsoft.ContainerRegistry/registries/myregistry`;
const registry = { id, name: "myregistry", loginServer: "myregistry.azurecr.io", sku: "Standard" };
const of = { principalId: "p-1", role: "7f951dda-4ed3-4680-a7ca-43fe172d538d" };

/** Returns the roles in an Azure that gives this response, and the requests. */
function azure(status: number, body?: unknown) {
  const options = answering(() => ({ status, body }));
  const asked = () =>
    options.asked.map(({ method, url }) => `${method} ${decodeURIComponent(new URL(url).pathname + new URL(url).search)}`);
  return { ...openRoles(openArm(options)), asked, body: () => JSON.parse(options.asked[0]?.body ?? "null") };
}

/** Returns the name under which a role is assigned. */
async function nameOf(scope = id, more: Partial<typeof of> = {}): Promise<string> {
  const { assignRole, asked } = azure(200, {});
  await assignRole({ ...registry, id: scope }, { ...of, ...more });
  return /\/roleAssignments\/([^?]+)/.exec(asked()[0] ?? "")?.[1] ?? "";
}

const name = await nameOf();

test("derives an assignment's name from registry, principal and role in any case", async () => {
  expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(await nameOf(id.toUpperCase())).toBe(name);
  expect(new Set([name, await nameOf(`${id}2`), await nameOf(id, { principalId: "p-2" })]).size).toBe(3);
});

test.for([{ condition: undefined }, { condition: "x" }])(
  "assigns and unassigns a role under that name, with condition $condition",
  async ({ condition }) => {
    const { assignRole, unassignRole, asked, body } = azure(200, {});
    await assignRole(registry, { ...of, condition });
    await unassignRole(registry, of);

    const path = `${id}/providers/Microsoft.Authorization/roleAssignments/${name}`;
    expect(asked()).toEqual([`PUT ${path}?api-version=2022-04-01`, `DELETE ${path}?api-version=2022-04-01`]);
    expect(body()).toEqual({
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
])("reads an assignment that is $why", async ({ wire: { name: its, ...properties }, is }) => {
  const { roleAssignments, asked } = azure(200, {
    value: [{ name: its, properties: { ...properties, principalId: "p-1", roleDefinitionId } }],
  });

  expect(await roleAssignments(registry, "p-1")).toEqual(
    is ? [{ name: its, principalId: "p-1", role: of.role, condition: undefined, madeAt: undefined, ...is }] : [],
  );
  expect(asked()).toEqual([expect.stringMatching(/&\$filter=assignedTo\('p-1'\)$/)]);
});

/** Returns the roles in an Azure with two subscriptions, and the requests. The lists of roles get these responses. */
function subscriptions(first: Answer, second: Answer) {
  const options = answering(({ url }) => {
    if (!url.includes("roleAssignments")) return { body: { value: [{ subscriptionId: "s-1" }, { subscriptionId: "s-2" }] } };
    return url.includes("s-1") ? first : second;
  });
  return {
    ...openRoles(openArm(options)),
    asked: () => options.asked.map(({ url }) => decodeURIComponent(new URL(url).pathname + new URL(url).search)),
  };
}

const assignments = (...all: readonly { readonly name: string; readonly scope: string }[]): Answer => ({
  body: { value: all.map(({ name, scope }) => ({ name, properties: { scope, roleDefinitionId } })) },
});

test("reads the roles in each subscription, except those of assignRole on the registry", async () => {
  const first = assignments(
    { name: name.toUpperCase(), scope: id.toUpperCase() },
    { name: "x", scope: id },
    { name, scope: `${id}2` },
    { name: "root", scope: "/" },
  );
  const { otherRoles, asked } = subscriptions(first, assignments({ name: "y", scope: "/subscriptions/S-2" }));

  expect(await otherRoles(registry, "p-1")).toEqual({
    roles: [
      { on: "myregistry", role: of.role, here: true },
      { on: "myregistry2", role: of.role, here: false },
      { on: "/", role: of.role, here: false },
      { on: "s-2", role: of.role, here: false },
    ],
  });
  const path = "/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=assignedTo('p-1')";
  expect(asked().slice(1)).toEqual([`${subscription}${path}`, `/subscriptions/s-2${path}`]);
});

const root = assignments({ name: "root", scope: "/" });

test.for([
  { which: "another subscription", first: root, second: { status: 403 } },
  { which: "its subscription", first: { status: 403 }, second: root },
])("returns the error and the roles elsewhere when the roles of $which are forbidden", async ({ first, second }) => {
  expect(await subscriptions(first, second).otherRoles(registry, "p-1")).toEqual({
    roles: [{ on: "/", role: of.role, here: false }],
    forbidden: expect.objectContaining({ kind: "forbidden" }),
  });
});

test("fails when the roles of another subscription can't be read", async () => {
  await expect(subscriptions(root, { status: 409 }).otherRoles(registry, "p-1")).rejects.toMatchObject({ kind: "conflict" });
});

const definition = {
  name: "R-1",
  properties: { roleName: "our role", permissions: [{ actions: ["*/read"], notActions: [], dataActions: ["x/read"] }] },
};

test.for([
  {
    status: 200,
    is: {
      name: "our role",
      permissions: [{ actions: ["*/read"], notActions: [], dataActions: ["x/read"], notDataActions: [] }],
    },
  },
  { status: 404, is: undefined },
])("reads the role definition $is", async ({ status, is }) => {
  const { roleDefinition, asked } = azure(status, definition);

  expect(await roleDefinition(registry, "r-1")).toEqual(is);
  expect(asked()).toEqual([`GET ${id}/providers/Microsoft.Authorization/roleDefinitions/r-1?api-version=2022-04-01`]);
});

test("rejects a role definition without permissions", async () => {
  const { roleDefinition } = azure(200, { name: "R-1", properties: { roleName: "our role" } });

  await expect(roleDefinition(registry, "r-1")).rejects.toMatchObject({ kind: "unreachable" });
});
