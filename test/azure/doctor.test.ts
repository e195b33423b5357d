import { expect, test } from "vitest";
import { openAzure } from "../../src/azure/azure.ts";
import { checkAzure, checkKubeletIdentities } from "../../src/doctor/azure.ts";
import { signedIn, startTestWorld } from "./world.ts";

const world = startTestWorld();

const tokenRole = "Container Registry Contributor and Data Access Configuration Administrator";

test.for([
  { role: "AcrPull", finds: ["azure-registry failed", "azure-rights unknown"], asksFor: tokenRole },
  { role: "Reader", finds: ["azure-rights warning"], asksFor: tokenRole },
  { role: "Contributor", finds: [], asksFor: undefined },
])("names the identity and the role to ask for when it has the role $role", async ({ role, finds, asksFor }) => {
  const { env, objectId, clientId } = await signedIn(world, [{ role, registry: "myregistry" }]);

  const { findings } = await checkAzure(Promise.resolve(openAzure(world.options({ env }))), "myregistry");

  expect(findings.flatMap(({ id, status }) => (status === "ok" ? [] : `${id} ${status}`))).toEqual(finds);
  expect(findings.find(({ id }) => id === "azure-identity")?.message).toContain(
    `you are ${clientId} (service principal, object ${objectId})`,
  );
  const rights = findings.find(({ id }) => id === "azure-rights");
  if (asksFor) expect(rights?.next).toMatchObject({ words: expect.arrayContaining(["--assignee", objectId, "--role", asksFor]) });
  else expect(rights?.message).toContain(`your roles: ${role}`);
});

test("finds the role of a kubelet identity, by Microsoft Graph", async () => {
  const reader = await signedIn(world, ["Reader"], ["Application.Read.All"]);
  const stranger = await signedIn(world, ["Reader"]);
  const pulls = await signedIn(world, [{ role: "AcrPull", registry: "myregistry" }]);
  const inherits = await signedIn(world, ["Contributor"]);
  const check = async ({ env }: { env: Record<string, string> }, clientId: string) => {
    return (await checkKubeletIdentities(openAzure(world.options({ env })), "myregistry", [clientId]))?.status;
  };

  expect(await check(reader, pulls.clientId)).toBe("ok");
  expect(await check(reader, inherits.clientId)).toBe("ok");
  expect(await check(reader, stranger.clientId)).toBe("ok");
  expect(await check(reader, crypto.randomUUID())).toBe("unknown");
  expect(await check(stranger, pulls.clientId)).toBe("unknown");
  const none = await signedIn(world, []);
  expect(await check(reader, none.clientId)).toBe("warning");
});
