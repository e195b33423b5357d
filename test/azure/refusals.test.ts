import { beforeAll, expect, test } from "vitest";
import type { Fault } from "../../sandbox/azure/faults.ts";
import { refusals } from "../../sandbox/azure/refusals.ts";
import { openAzure } from "../../src/azure/azure.ts";
import { type } from "../support/in-process.ts";
import { newDemo, portsOf, signedIn, startTestWorld } from "./world.ts";

const world = startTestWorld();
const byToken = "create --registry myregistry --repository app/web -n demo";
const byPrincipal = "create --registry myregistry --serviceaccount default --service-principal -n demo";

beforeAll(() => world.azure.push("myregistry.azurecr.io/app/web:1"));

const left = ({ registry, directory }: ReturnType<typeof newDemo>) => ({
  tokens: registry.tokens.length,
  maps: registry.scopeMaps.filter(({ system }) => !system).length,
  ...directory(),
});
const nothing = { tokens: 0, maps: 0, applications: [], servicePrincipals: [], roleAssignments: [] };

test.for<{ what: string; refusal: Fault; line: string; message: RegExp }>([
  {
    what: "a policy denies tokens",
    refusal: refusals.tokensDeniedByPolicy,
    line: byToken,
    message: /policy assignment "Deny ACR tokens" denies it\n(?:\* .*\n)*hint: .*--service-principal/,
  },
  { what: "Azure requires multifactor authentication", refusal: refusals.mfaRequired, line: byToken, message: /stronger sign-in/ },
  { what: "a subscription is not registered", refusal: refusals.unregisteredSubscription, line: byToken, message: /is not registered/ },
])("reports the refusal and leaves nothing when $what", async ({ refusal, line, message }) => {
  const at = newDemo(world);
  world.azure.faults.add(refusal);

  const { code, stderr } = await at.type(line);

  expect(code).toBe(1);
  expect(stderr).toMatch(message);
  expect(left(at)).toEqual(nothing);
});

test("names the right of a constrained owner, and leaves nothing", async () => {
  const at = newDemo(world);
  const condition = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {1}";
  const grants = [{ role: "Role Based Access Control Administrator", condition }, { role: "Reader" }];
  const { env } = await signedIn(world, grants, ["Application.ReadWrite.All"]);
  const ports = { ...at.in_.ports, ...portsOf(world), azure: () => openAzure(world.options({ env })) };

  const { code, stderr } = await type(byPrincipal, ports);

  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("your right to assign roles does not include this role") });
  expect(stderr).not.toContain("az role assignment create");
  // The application of the owner stays
  expect(left(at).applications).toHaveLength(1);
});

test("keeps the password when the registry refuses a manifest and names no error", async () => {
  const at = newDemo(world);
  await at.type(byToken);
  for (const map of at.registry.scopeMaps) if (!map.system) map.actions = [];
  world.azure.faults.add({ kind: "unnamedScope" });

  await at.type(byToken);

  expect(at.registry.tokens.map(({ passwords }) => Object.keys(passwords))).toEqual([["password1"]]);
});

test("reports the lock that stops the rollback, and a rerun continues", async () => {
  const at = newDemo(world);
  world.azure.faults.add({ kind: "replication", of: "tokenPasswords", milliseconds: 600_000 });
  world.azure.faults.add(refusals.locked);

  const { code, stderr } = await at.type(byToken);

  expect(code).toBe(1);
  expect(stderr).toMatch(/^\* the changes in Azure were not rolled back: cannot delete token demo-acr-myregistry-\S+: /m);
  expect(left(at)).toMatchObject({ tokens: 1, maps: 1 });
  world.azure.faults.reset();
  expect(await at.type(byToken)).toMatchObject({ code: 0 });
  expect(left(at)).toMatchObject({ tokens: 1, maps: 1 });
});

test("creates a service principal when Graph refuses concurrent requests once", async () => {
  const at = newDemo(world);
  world.azure.faults.add({ ...refusals.concurrentRequests, times: 1 });

  expect(await at.type(byPrincipal)).toMatchObject({ code: 0 });
  expect(left(at)).toMatchObject({ applications: [{ secrets: [{}] }] });
});

test("reports a login that the registry refuses without a body", async () => {
  const at = newDemo(world);
  world.azure.faults.add({ kind: "emptyUnauthorized" });
  world.azure.faults.add({ kind: "replication", of: "tokenPasswords", milliseconds: 600_000 });

  expect(await at.type(byToken)).toMatchObject({ code: 1, stderr: expect.stringContaining("401 Unauthorized") });
  expect(left(at)).toEqual(nothing);
});

test.for([
  { what: "tokens", line: byToken },
  { what: "service principals", line: byPrincipal },
])("creates $what in a cloud with older API versions only", async ({ line }) => {
  const at = newDemo(world);
  world.azure.world.apiVersions = { "Microsoft.ContainerRegistry": ["2023-07-01", "2025-03-01-preview", "2024-11-01-preview"] };

  const run = await at.type(line);
  world.azure.world.apiVersions = {};

  expect(run).toMatchObject({ code: 0 });
});
