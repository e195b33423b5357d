import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { openAzure } from "../../src/azure/azure.ts";
import { principalIssuer } from "../../src/credential/service-principal.ts";
import { NotYet } from "../../src/errors.ts";
import { keyNameOf } from "../../src/secret/azure-words.ts";
import { ownerCalled } from "../support/fakes/source-owner.ts";
import { signedIn, startTestWorld } from "./world.ts";

const world = startTestWorld();
const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const open = () => openAzure(world.options());

test("creates, reads and deletes an application, its service principal, a password and a role", async () => {
  const azure = open();
  const registry = await azure.findRegistry("myregistry");
  const displayName = `ci ${randomUUID()}`;

  const application = await azure.createApplication({ displayName, notes: "ours" });
  const { id, appId } = application;
  const principal = await azure.createServicePrincipal(appId);
  await azure.assignRole(registry, { principalId: principal.id, role: acrPull });
  const { password, ...key } = await azure.addKey(id, { displayName: "demo/acr", expiresAt: "2999-01-01T00:00:00Z" });

  const madeAt = application.madeAt.replace(/\.\d{7}Z$/, "Z");
  expect(await azure.applications({ name: displayName })).toEqual([
    { ...application, madeAt, keys: [{ ...key, displayName: "demo/acr" }] },
  ]);
  expect(await azure.applications({ appId })).toMatchObject([{ id, displayName, notes: "ours" }]);
  expect(await azure.servicePrincipal(appId)).toEqual({ ...principal, enabled: true });
  expect(await azure.roleAssignments(registry, principal.id)).toMatchObject([
    { role: acrPull, here: true, ours: true, condition: undefined },
  ]);
  expect(world.azure.world.applications.find((one) => one.id === id)).toMatchObject({ signInAudience: "AzureADMyOrg" });
  expect(world.traced.join("\n")).not.toContain(password.reveal());

  // A second assignment changes nothing.
  await azure.assignRole(registry, { principalId: principal.id, role: acrPull });
  expect(await azure.roleAssignments(registry, principal.id)).toHaveLength(1);

  await azure.removeKey(id, key.slot);
  await azure.unassignRole(registry, { principalId: principal.id, role: acrPull });
  await azure.unassignRole(registry, { principalId: principal.id, role: acrPull });
  expect(await azure.roleAssignments(registry, principal.id)).toEqual([]);
  await azure.deleteServicePrincipal(principal.id);
  expect(await azure.servicePrincipal(appId)).toBeUndefined();
  await azure.deleteApplication(id);
  expect(await azure.applications({ appId })).toEqual([]);
});

test("retries when Azure does not know an object everywhere", async () => {
  const azure = open();
  world.azure.faults.add({ kind: "replication", of: "principals", milliseconds: 600_000 });
  const { id, appId } = await azure.createApplication({ displayName: `slow ${randomUUID()}`, notes: "" });

  expect(await azure.applications({ appId })).toEqual([]);
  await expect(azure.createServicePrincipal(appId)).rejects.toThrow(NotYet);
  await expect(azure.createServicePrincipal(appId)).rejects.toThrow(NotYet);
  await expect(azure.addKey(id, { displayName: "x" })).rejects.toThrow(NotYet);
});

test("retries a role when Azure does not know its principal everywhere", async () => {
  const azure = open();
  const registry = await azure.findRegistry("myregistry");

  await expect(azure.assignRole(registry, { principalId: randomUUID(), role: acrPull })).rejects.toThrow(NotYet);
});

test("reports missing rights in Entra ID, and a way that needs none", async () => {
  const { env } = await signedIn(world, ["Owner"]);
  const azure = openAzure(world.options({ env }));

  await expect(azure.applications({ name: "ci" })).rejects.toMatchObject({
    kind: "forbidden",
    message: expect.stringMatching(
      /^cannot find application ci: Microsoft Graph returned HTTP 403\n\* Insufficient privileges to complete the operation\n\* request ID: \S+$/,
    ),
    hint: expect.stringContaining("an ACR token needs no permissions in Entra ID"),
  });
});

test("deletes two passwords of one application when Graph refuses a second write", async () => {
  const azure = open();
  const { id, appId } = await azure.createApplication({ displayName: `busy ${randomUUID()}`, notes: "" });
  const owner = ownerCalled("busy");
  const key = { description: await owner.description(), name: owner.name };
  for (const tag of ["00000000", "11111111"]) await azure.addKey(id, { displayName: keyNameOf(key, tag) });
  await azure.addKey(id, { displayName: "of others" });
  const registry = await azure.findRegistry("myregistry");
  const waits = { right: 60_000, password: 60_000 };
  const sleep = async (milliseconds: number) => void (await setTimeout(milliseconds));
  const issuer = principalIssuer({
    azure,
    registry,
    mode: "legacy",
    named: appId,
    isRecorded: false,
    force: false,
    waits,
    sleep,
    now: () => new Date(),
  });
  const account = await issuer.look(owner, { credential: undefined, claim: undefined });
  world.azure.world.graphWriteGap = 300;
  world.azure.calls.reset();

  for (const password of account.passwords) await issuer.end(account, password);
  world.azure.world.graphWriteGap = 0;

  expect(await azure.applications({ appId })).toMatchObject([{ keys: [{ displayName: "of others" }] }]);
  expect(world.azure.calls.list().flatMap(({ path, status }) => (path.endsWith("/removePassword") ? [status] : []))).toContain(409);
});

test("requests a token for Microsoft Graph from az once, besides that for Azure Resource Manager", async () => {
  const log = join(world.azure.caFile, "../az-graph.log");
  const login = await world.azure.addServicePrincipal("jane", ["Owner"], ["Application.ReadWrite.OwnedBy"]);
  const azure = openAzure(world.options({ env: { ...world.azEnv(login), FAKE_AZ_LOG: log }, identity: { source: "az" } }));
  azure.prefetchToken("graph");
  await azure.findRegistry("myregistry");

  const { id, appId } = await azure.createApplication({ displayName: `az ${randomUUID()}`, notes: "" });
  expect(await azure.applications({ appId })).toMatchObject([{ id }]);
  const asked = (await readFile(log, "utf8")).split("\n").filter((line) => line.includes("get-access-token"));
  expect(asked.map((line) => /https:\/\/[\w.]+/.exec(line)?.[0]).sort()).toEqual([
    "https://graph.microsoft.com",
    "https://management.azure.com",
  ]);
});
