import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { role } from "../../sandbox/azure/roles.ts";
import { rollbackOf } from "../../src/actions/actions.ts";
import { openAzure } from "../../src/azure/azure.ts";
import { acrToken } from "../../src/credential/acr-token/acr-token.ts";
import type { Asked } from "../../src/credential/kind.ts";
import { ownerCalled } from "../support/fakes/owner.ts";
import { onlyAzure, startTestWorld } from "./world.ts";

const world = startTestWorld();

/** The role that docs/security.md recommends. */
const page = await readFile(join(import.meta.dirname, "../../docs/security.md"), "utf8");
const { Actions: actions }: { Actions: string[] } = JSON.parse(/^```json\n(.*?)^```/ms.exec(page)?.[1] ?? "");

/** Azure creates scope maps synchronously, so no run polls the status of a new one. */
const unasked = "Microsoft.ContainerRegistry/registries/scopeMaps/operationStatuses/read";

/** Runs the Azure part of `create` and its rollback as an identity whose role on the registry has these actions. */
async function createWith(allowed: readonly string[]): Promise<void> {
  const guid = randomUUID();
  world.azure.world.customRoles.push(role(guid, `ACR pull tokens ${guid}`, { actions: allowed }));
  const login = await world.azure.addServicePrincipal("jane", [{ role: guid, registry: "myregistry" }]);
  const env = { ...world.azure.env, AZURE_CLIENT_ID: login.clientId, AZURE_CLIENT_SECRET: login.clientSecret };
  // Azure decides whether a password is returned directly or by polling. This is the longer way.
  world.azure.faults.add({ kind: "credentialsByPolling" });
  const azure = openAzure(world.options({ env }));
  const name = `least-${guid.slice(0, 8)}`;
  const again = { verb: "create", registry: "myregistry" } as const;
  const asked: Asked = {
    flags: {},
    registry: "myregistry",
    identity: { source: "env" },
    verify: false,
    expiresAt: undefined,
    wait: 0,
    again,
  };
  const credential = await acrToken.open(asked, onlyAzure(azure));
  const owner = ownerCalled(name, "secret acr in namespace least");
  const { steps: plan } = await credential.issue({ owner, repositories: ["app/web"], fromPods: false, images: [], held: undefined });
  for (const change of plan) await credential.apply(change);
  expect(await azure.token(await azure.findRegistry("myregistry"), name)).toMatchObject({ passwords: [{ slot: "password1" }] });
  for (const change of plan.toReversed()) {
    const back = rollbackOf(change);
    if (back) await credential.apply(back);
  }
  expect(await azure.token(await azure.findRegistry("myregistry"), name)).toBeUndefined();
}

test("the role of docs/security.md is enough for all that create does in Azure", async () => {
  await createWith(actions);
});

test.for(actions.filter((action) => action !== unasked))("it is not enough without %s", async (action) => {
  // A caller who may not read a registry does not learn that it exists.
  const says = action.endsWith("registries/read") ? "in no subscription that this Azure identity can read" : `may not do ${action} on `;

  await expect(createWith(actions.filter((one) => one !== action))).rejects.toThrow(says);
});
