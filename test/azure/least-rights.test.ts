import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { role } from "../../sandbox/azure/roles.ts";
import { openAzure } from "../../src/azure/azure.ts";
import { startTestWorld } from "./world.ts";

const world = startTestWorld();

/** The role that docs/security.md tells people to make. */
const page = await readFile(join(import.meta.dirname, "../../docs/security.md"), "utf8");
const { Actions: actions }: { Actions: string[] } = JSON.parse(/^```json\n(.*?)^```/ms.exec(page)?.[1] ?? "");

/** Azure makes scope maps at once, so nobody looks at how far a new one is. */
const unasked = "Microsoft.ContainerRegistry/registries/scopeMaps/operationStatuses/read";

/** Everything that `create` may do in Azure, by somebody who holds a role of these actions on the registry. */
async function createWith(allowed: readonly string[]): Promise<void> {
  const guid = randomUUID();
  world.azure.world.customRoles.push(role(guid, `ACR pull tokens ${guid}`, { actions: allowed }));
  const login = await world.azure.addServicePrincipal("jane", [{ role: guid, registry: "myregistry" }]);
  const env = { ...world.azure.env, AZURE_CLIENT_ID: login.clientId, AZURE_CLIENT_SECRET: login.clientSecret };
  // The longer way to a password: whether Azure goes it is Azure's choice
  world.azure.faults.add({ kind: "credentialsByPolling" });
  const azure = openAzure(world.options({ env }));
  const registry = await azure.findRegistry("myregistry");
  const name = `least-${guid.slice(0, 8)}`;
  await azure.token(registry, name);
  await azure.scopeMap(registry, name);
  const map = await azure.putScopeMap(registry, { name, description: "", actions: ["repositories/app/web/content/read"] });
  await azure.putToken(registry, { name, scopeMapId: map.id });
  await azure.generatePassword(registry, { token: name, slot: "password1" });
  await azure.deleteToken(registry, name);
  await azure.deleteScopeMap(registry, name);
}

test("the role of docs/security.md is enough for all that create does in Azure", async () => {
  await createWith(actions);
});

test.for(actions.filter((action) => action !== unasked))("it is not enough without %s", async (action) => {
  // Who may not read a registry is not even told that it is there
  const says = action.endsWith("registries/read") ? "in no subscription that this Azure identity can read" : `may not do ${action} on `;

  await expect(createWith(actions.filter((one) => one !== action))).rejects.toThrow(says);
});
