import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeEach, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { role } from "../../sandbox/azure/roles.ts";
import { openAzure } from "../../src/azure/azure.ts";
import { type } from "../support/in-process.ts";
import { actionsOf, finder, grantOf, newDemo, portsOf, signedIn, startTestWorld } from "./world.ts";

const world = startTestWorld();
const issuer = "https://cluster.blob.core.windows.net/one";
const guid = "0a1b2c3d-0000-4000-8000-000000000001";
const line = "schedule rotate --registry myregistry --with-identity";

let demo: ReturnType<typeof newDemo>;
beforeEach(async () => {
  demo = newDemo(world);
  demo.in_.cluster.kubelets.issuer = issuer;
  world.azure.world.userAssignedIdentities = [];
  world.azure.world.customRoles = [role(guid, "ACR pull tokens", { actions: await actionsOf("ACR pull tokens") })];
});

const inAzure = () => structuredClone({ ...demo.directory(), identities: world.azure.world.userAssignedIdentities });

/** Returns the environment that the workload identity webhook adds to the pods of the printed schedule. */
async function inPod(printed: string): Promise<Record<string, string>> {
  const objects = parseAllDocuments(printed).map((document) => document.toJS());
  const { metadata } = objects.find(({ kind }) => kind === "ServiceAccount");
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  world.azure.world.issuers.set(issuer, { keys: [{ ...(await exportJWK(publicKey)), kid: "1", alg: "RS256" }] });
  const claims = { iss: issuer, sub: `system:serviceaccount:${metadata.namespace}:${metadata.name}`, aud: ["api://AzureADTokenExchange"] };
  const token = await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "1" }).setExpirationTime("10m").sign(privateKey);
  const file = join(world.azure.caFile, "../schedule.token");
  await writeFile(file, token);
  const { AZURE_CLIENT_SECRET, ...env } = world.azure.env;
  const clientId = metadata.annotations["azure.workload.identity/client-id"];
  return { ...env, PATH: "/nonexistent", AZURE_CLIENT_ID: clientId, AZURE_FEDERATED_TOKEN_FILE: file };
}

/** Deletes what the printed `az` commands name, in their order. */
async function remove(printed: string): Promise<void> {
  const azure = openAzure(world.options());
  const [, principalId = "", name, scope = ""] =
    /^# az role assignment delete --assignee (\S+) --role '(.+)' --scope (\S+)$/m.exec(printed) ?? expect.unreachable(printed);
  const registry = await azure.findRegistry(scope);
  expect(name).toBe("ACR pull tokens");
  await azure.unassignRole(registry, { principalId, role: guid });
  await azure.deleteManagedIdentity(/^# az identity delete --ids (\S+)$/m.exec(printed)?.[1] ?? expect.unreachable(printed));
}

test("creates an identity that the pods can use, once, and prints the commands that delete it", async () => {
  const before = inAzure();

  const { code, stdout, stderr } = await demo.type(line);

  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/^(\S+ created\n){3}$/) });
  expect(inAzure().identities).toMatchObject([{ federated: [{ issuer, subject: "system:serviceaccount:acr-secret:acr-secret-rotate" }] }]);
  expect(await finder(world)(await inPod(stdout), "workload")).toMatchObject({ name: "myregistry" });
  const puts = world.azure.calls.count("PUT", /./);
  expect(await demo.type(line)).toMatchObject({ stdout, stderr: stderr.replaceAll("created", "unchanged") });
  expect(world.azure.calls.count("PUT", /./)).toBe(puts);
  await remove(stdout);
  expect(inAzure()).toEqual(before);
});

test("completes a run that ended after any of its requests", async () => {
  for (const path of [/userAssignedIdentities\/[^/]+\?/, /federatedIdentityCredentials\//, /roleAssignments/]) {
    world.azure.faults.add({ kind: "lose", path, method: "PUT", times: 4 });
    expect(await demo.type(line)).toMatchObject({ code: 2 });
    world.azure.faults.reset();
  }

  const { code, stdout } = await demo.type(line);

  expect(code).toBe(0);
  expect(inAzure()).toMatchObject({ identities: [{ federated: [{}] }], roleAssignments: [{}] });
  expect(await finder(world)(await inPod(stdout), "workload")).toMatchObject({ name: "myregistry" });
});

test("succeeds with the rights that docs/rbac.md names", async () => {
  const own = "Microsoft.ManagedIdentity/userAssignedIdentities";
  const actions = ["read", "write"].flatMap((does) => [`${own}/${does}`, `${own}/federatedIdentityCredentials/${does}`]);
  const scope = `/subscriptions/${world.azure.world.subscriptionId}/resourceGroups/demo`;
  const roles = ["Role Based Access Control Administrator"].map((role) => ({ role, registry: "myregistry" }));
  const { env } = await signedIn(world, [{ role: grantOf(world, actions).role, scope }, ...roles]);

  const ended = await type(line, { ...demo.in_.ports, ...portsOf(world), azure: () => openAzure(world.options({ env })) });

  expect(ended).toMatchObject({ code: 0 });
});
