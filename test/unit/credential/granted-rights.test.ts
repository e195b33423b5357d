import { expect, test } from "vitest";
import type { RoleDefinition } from "../../../src/azure/port.ts";
import { refuseBeyondReading, rightsOf, rightsOfPrincipal } from "../../../src/credential/granted-rights.ts";
import { CliError, Interrupted } from "../../../src/errors.ts";

test.for<{ actions: string[]; rights: string[] }>([
  { actions: [], rights: [] },
  { actions: ["repositories/app/web/content/read", "repositories/app/web/metadata/read"], rights: [] },
  { actions: ["repositories/*/content/read", "Repositories/team/*/Metadata/Read"], rights: [] },
  { actions: ["repositories/app/web/content/read", "repositories/app/web/content/write"], rights: ["app/web push"] },
  { actions: ["repositories/app/web/content/delete"], rights: ["app/web delete"] },
  { actions: ["repositories/app/web/metadata/write"], rights: ["app/web change metadata"] },
  { actions: ["repositories/*/content/write", "repositories/*/content/delete"], rights: ["* delete", "* push"] },
  { actions: ["repositories/team/*/content/write"], rights: ["team/* push"] },
  {
    actions: ["gateway/edge/config/read", "gateway/edge/message/write"],
    rights: ["gateway/edge/config/read", "gateway/edge/message/write"],
  },
  { actions: ["repositories/app/web/content/sign"], rights: ["repositories/app/web/content/sign"] },
  { actions: ["repositories/a/content/write", "repositories/a/content/write"], rights: ["a push"] },
  { actions: ["repositories/a\nb/content/write"], rights: [JSON.stringify("repositories/a\nb/content/write")] },
  { actions: ["repositories/a b/content/write"], rights: ['"a b" push'] },
])("names the rights beyond reading of the scope map actions $actions", ({ actions, rights }) => {
  expect(rightsOf(actions)).toEqual(rights);
});

const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const repositoryReader = "b93aa761-3e63-49ed-ac28-beffa264f7ac";
const acrPush = "8311e382-0749-4cb8-b61a-304f252e45ec";
const owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const repositoryWriter = "2a1e307c-b015-4ebd-883e-5b7698a07328";
const custom = "11111111-2222-4333-8444-555555555555";

const definition = (actions: string[], dataActions: string[] = []): RoleDefinition => ({
  name: "our role",
  permissions: [{ actions, notActions: [], dataActions }],
});

const registry = { id: "/r", name: "myregistry", loginServer: "myregistry.azurecr.io", sku: "Basic" };
const assigned = (...roles: string[]) => ({ name: "ci", assignments: roles.map((role) => ({ role })) });

test.for<{ why: string; roles: string[]; definition?: RoleDefinition; rights: string[] }>([
  { why: "no role is assigned", roles: [], rights: [] },
  { why: "all are Azure's own for reading", roles: [acrPull, reader, repositoryReader], rights: [] },
  { why: "one pushes", roles: [acrPull, acrPush], rights: ['actions of role "AcrPush"'] },
  { why: "one is assigned twice", roles: [owner, owner], rights: ['actions of role "Owner"'] },
  { why: "one writes to repositories", roles: [repositoryWriter], rights: ['actions of role "Container Registry Repository Writer"'] },
  {
    why: "a custom one only reads",
    roles: [custom],
    definition: definition(["*/read"], ["Microsoft.ContainerRegistry/registries/catalog/read"]),
    rights: [],
  },
  {
    why: "a custom one lists credentials",
    roles: [custom],
    definition: definition(["Microsoft.ContainerRegistry/registries/listCredentials/action"]),
    rights: ['actions of role "our role"'],
  },
  {
    why: "a custom one writes data",
    roles: [custom],
    definition: definition(["*/read"], ["Microsoft.ContainerRegistry/registries/repositories/content/write"]),
    rights: ['actions of role "our role"'],
  },
  { why: "a custom one allows everything", roles: [custom], definition: definition(["*"]), rights: ['actions of role "our role"'] },
  { why: "a custom one cannot be read", roles: [custom], rights: [`actions of role ${custom}`] },
])("names the roles beyond reading when $why", async ({ roles, definition: found, rights }) => {
  const roleDefinition = async () => found;

  expect(await rightsOfPrincipal(assigned(...roles), { azure: { roleDefinition }, registry })).toMatchObject({ rights });
});

test("reads the definition of each custom role once and none of the built-in ones", async () => {
  const asked: string[] = [];
  const roleDefinition = async (_: unknown, guid: string) => {
    asked.push(guid);
    return definition(["*/read"]);
  };

  expect(await rightsOfPrincipal(assigned(custom, acrPush, acrPull, custom), { azure: { roleDefinition }, registry })).toEqual({
    of: 'service principal "ci"',
    rights: ['actions of role "AcrPush"'],
  });
  expect(asked).toEqual([custom]);
});

test("counts a role as more than reading when its definition may not be read", async () => {
  const roleDefinition = () => Promise.reject(new CliError("forbidden", "no"));

  expect(await rightsOfPrincipal(assigned(custom), { azure: { roleDefinition }, registry })).toMatchObject({
    rights: [`actions of role ${custom}`],
  });
});

test("passes an interruption on while it reads a definition", async () => {
  const roleDefinition = () => Promise.reject(new Interrupted("cancelled"));

  await expect(rightsOfPrincipal(assigned(custom), { azure: { roleDefinition }, registry })).rejects.toMatchObject({ kind: "cancelled" });
});

test("refuses rights beyond reading that no flag accepts", () => {
  expect(() => refuseBeyondReading({ of: 'token "ci"', rights: ["app/web push"] }, false, "add --force")).toThrow(
    expect.objectContaining({ kind: "conflict", message: 'token "ci" can do more than pull: app/web push', hint: "add --force" }),
  );
});
