import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { addManagedIdentity } from "../../sandbox/azure/identities.ts";
import { openAzure } from "../../src/azure/azure.ts";
import type { SignInOptions } from "../../src/azure/port.ts";
import { startTestWorld } from "./world.ts";

// The library caches tokens for the whole process, by client id. The tests in which no token is issued therefore run first.
const world = startTestWorld();

// The library also reads the address of the service from the process's environment.
beforeEach(() => void vi.stubEnv("AZURE_POD_IDENTITY_AUTHORITY_HOST", world.azure.metadata));
afterEach(() => {
  vi.unstubAllEnvs();
  world.azure.world.managedIdentities.splice(0);
});

function open(identity: SignInOptions, clientId?: string) {
  const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, ...env } = world.azure.env;
  const named = { AZURE_POD_IDENTITY_AUTHORITY_HOST: world.azure.metadata, ...(clientId !== undefined && { AZURE_CLIENT_ID: clientId }) };
  return openAzure(world.options({ identity, env: { ...env, PATH: "/nonexistent", ...named } }));
}

test("reports a machine without an identity", async () => {
  world.azure.faults.add({ kind: "drop", path: /metadata/ });

  await expect(open({ source: "managed" }).findRegistry("myregistry")).rejects.toMatchObject({
    kind: "config",
    message: expect.stringMatching(/^no managed identity endpoint on this machine: .*127\.0\.0\.1/),
    hint: "use --auth=managed only on a machine in Azure that has a managed identity",
  });
});

test("refuses another tenant for a machine's identity", async () => {
  await expect(open({ source: "managed", tenant: "t" }).findRegistry("myregistry")).rejects.toMatchObject({ kind: "usage" });
});

test("selects one of several identities by AZURE_CLIENT_ID", async () => {
  addManagedIdentity(world.azure.world, "a", []);
  const { clientId } = addManagedIdentity(world.azure.world, "b", ["Contributor"]);

  await expect(open({ source: "managed" }).findRegistry("myregistry")).rejects.toMatchObject({
    kind: "unauthenticated",
    message: expect.stringContaining("Multiple user assigned identities exist"),
    hint: "check AZURE_CLIENT_ID, and that this machine has a managed identity",
  });
  const azure = open({ source: "managed" }, clientId);
  expect(await azure.findRegistry("myregistry")).toMatchObject({ name: "myregistry" });
  expect(await azure.identity()).toMatchObject({ type: "managedIdentity", name: clientId });
});

test("signs in as the machine past every proxy", async () => {
  addManagedIdentity(world.azure.world, "web", ["Contributor"]);

  expect(await open({ source: "auto" }).findRegistry("myregistry")).toMatchObject({ name: "myregistry" });
  expect(world.azure.calls.count("GET", /\/metadata\/identity\/oauth2\/token/)).toBe(1);
  expect(world.azure.calls.refusedHosts()).toEqual([]);
});
