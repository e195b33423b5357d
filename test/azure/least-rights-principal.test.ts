import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { role } from "../../sandbox/azure/roles.ts";
import type { GraphRole } from "../../sandbox/azure/world.ts";
import { rollbackOf } from "../../src/actions/actions.ts";
import { openAzure } from "../../src/azure/azure.ts";
import type { Asked } from "../../src/credential/kind.ts";
import { servicePrincipal } from "../../src/credential/service-principal/service-principal.ts";
import { ownerCalled } from "../support/fakes/owner.ts";
import { onlyAzure, startTestWorld } from "./world.ts";

const world = startTestWorld();

/** The role that docs/security.md recommends. */
const page = await readFile(join(import.meta.dirname, "../../docs/security.md"), "utf8");
const actions = [...page.matchAll(/^```json\n(.*?)^```/gms)]
  .map(([, text = ""]) => JSON.parse(text) as { Name: string; Actions: string[] })
  .find(({ Name }) => Name === "ACR pull principals")?.Actions;

/** Runs the Azure part of `create` twice, the second time for an existing application, and rolls all of it back. */
async function createWith(allowed: readonly string[], graph: readonly GraphRole[]): Promise<void> {
  const guid = randomUUID();
  world.azure.world.customRoles.push(role(guid, `ACR pull principals ${guid}`, { actions: allowed }));
  const login = await world.azure.addServicePrincipal("jane", [{ role: guid, registry: "myregistry" }], graph);
  const env = { ...world.azure.env, AZURE_CLIENT_ID: login.clientId, AZURE_CLIENT_SECRET: login.clientSecret };
  const azure = openAzure(world.options({ env }));
  const name = `least-${guid.slice(0, 8)}`;
  const again = { verb: "create", registry: "myregistry" } as const;
  const flags = { "service-principal": name };
  const asked: Asked = { flags, registry: "myregistry", identity: { source: "env" }, verify: false, expiresAt: undefined, wait: 0, again };

  const run = async () => {
    const credential = await servicePrincipal.open(asked, onlyAzure(azure));
    const owner = ownerCalled("", `secret ${randomUUID()}`);
    const { steps: plan } = await credential.issue({ owner, repositories: [], fromPods: false, images: [], held: undefined });
    for (const change of plan) await credential.apply(change);
    return async () => {
      for (const change of plan.toReversed()) {
        const back = rollbackOf(change);
        if (back) await credential.apply(back);
      }
    };
  };
  const undoFirst = await run();
  const undoSecond = await run();
  expect(await azure.applications({ name })).toMatchObject([{ keys: [{}, {}] }]);
  await undoSecond();
  expect(await azure.applications({ name })).toMatchObject([{ keys: [{}] }]);
  await undoFirst();
  expect(await azure.applications({ name })).toEqual([]);
  expect(world.azure.world.roleAssignments.filter(({ principalType, since }) => principalType === "ServicePrincipal" && since > 0)).toEqual(
    [],
  );
}

test("the role of docs/security.md and Application.ReadWrite.OwnedBy are enough for all that create does in Azure", async () => {
  await createWith(actions ?? [], ["Application.ReadWrite.OwnedBy"]);
});

test.for(actions ?? [])("it is not enough without %s", async (action) => {
  // A caller who may not read a registry does not learn that it exists.
  const says = action.endsWith("registries/read") ? "in no subscription that this Azure identity can read" : `may not do ${action} on `;
  const rest = (actions ?? []).filter((one) => one !== action);

  await expect(createWith(rest, ["Application.ReadWrite.OwnedBy"])).rejects.toThrow(says);
  for (const one of world.azure.world.roleAssignments) if (one.since > 0) Object.assign(one, { since: 0 });
});

test("to read applications is not enough to make one", async () => {
  await expect(createWith(actions ?? [], ["Application.Read.All"])).rejects.toThrow("Insufficient privileges to complete the operation");
});
