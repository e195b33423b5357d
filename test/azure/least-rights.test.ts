import { expect, test } from "vitest";
import { rollbackOf } from "../../src/actions/actions.ts";
import { openAzure } from "../../src/azure/azure.ts";
import type { Azure } from "../../src/azure/port.ts";
import { acrToken } from "../../src/credential/acr-token/acr-token.ts";
import type { Asked, Kind } from "../../src/credential/kind.ts";
import { servicePrincipal } from "../../src/credential/service-principal/service-principal.ts";
import { ownerCalled } from "../support/fakes/owner.ts";
import { actionsOf, askedFor, grantOf, onlyAzure, signedIn, startTestWorld } from "./world.ts";

const world = startTestWorld();
const tokens = await actionsOf("ACR pull tokens");
const principals = await actionsOf("ACR pull principals");

/** Azure creates scope maps synchronously, so no run polls the status of a new one. */
const unusedAction = "Microsoft.ContainerRegistry/registries/scopeMaps/operationStatuses/read";

type Wanted = { readonly name: string; readonly secret?: string; readonly flags?: Asked["flags"]; readonly repositories?: string[] };

/** Applies the changes of `create` in Azure. @returns a function that rolls them back */
async function issue(kind: Kind, azure: Azure, { name, secret = name, flags = {}, repositories = [] }: Wanted) {
  const credential = await kind.open(askedFor(flags), onlyAzure(azure));
  const owner = ownerCalled(name, `secret ${secret}`);
  const { steps } = await credential.issue({ owner, repositories, fromPods: false, images: [], current: undefined });
  for (const change of steps) await credential.apply(change);
  return async () => {
    for (const change of steps.toReversed()) {
      const back = rollbackOf(change);
      if (back) await credential.apply(back);
    }
  };
}

const uniqueName = () => `least-${crypto.randomUUID().slice(0, 8)}`;

async function createToken(allowed: readonly string[]): Promise<void> {
  const { env } = await signedIn(world, [grantOf(world, allowed)]);
  // Azure decides whether a password is returned directly or by polling. This is the longer way.
  world.azure.faults.add({ kind: "credentialsByPolling" });
  const azure = openAzure(world.options({ env }));
  const name = uniqueName();
  const undo = await issue(acrToken, azure, { name, repositories: ["app/web"] });
  expect(await azure.token(await azure.findRegistry("myregistry"), name)).toMatchObject({ passwords: [{ slot: "password1" }] });
  await undo();
  expect(await azure.token(await azure.findRegistry("myregistry"), name)).toBeUndefined();
}

/** Creates an application for one Secret, and another password of it for a second one. */
async function createPrincipal(allowed: readonly string[], graph: "Application.ReadWrite.OwnedBy" | "Application.Read.All"): Promise<void> {
  const { env } = await signedIn(world, [grantOf(world, allowed)], [graph]);
  const azure = openAzure(world.options({ env }));
  const name = uniqueName();
  const flags = { "service-principal": name };
  const undoFirst = await issue(servicePrincipal, azure, { name, secret: "first", flags });
  const undoSecond = await issue(servicePrincipal, azure, { name, secret: "second", flags });
  expect(await azure.applications({ name })).toMatchObject([{ keys: [{}, {}] }]);
  await undoSecond();
  expect(await azure.applications({ name })).toMatchObject([{ keys: [{}] }]);
  await undoFirst();
  expect(await azure.applications({ name })).toEqual([]);
  const given = world.azure.world.roleAssignments.filter(({ principalType, since }) => principalType === "ServicePrincipal" && since > 0);
  expect(given).toEqual([]);
}

const rows = [
  { what: "a token", actions: tokens, create: createToken },
  {
    what: "a service principal",
    actions: principals,
    create: (allowed: readonly string[]) => createPrincipal(allowed, "Application.ReadWrite.OwnedBy"),
  },
];

test.for(rows)("creates $what with the role of docs/rbac.md", async ({ actions, create }) => {
  await create(actions);
});

test.for(rows.flatMap((row) => row.actions.filter((action) => action !== unusedAction).map((action) => ({ ...row, action }))))(
  "does not create $what without the right $action",
  async ({ actions, action, create }) => {
    // A caller who may not read a registry does not learn that it exists.
    const says = action.endsWith("registries/read")
      ? "not found, or this Azure identity cannot read it"
      : `lacks the permission ${action} on `;

    await expect(create(actions.filter((one) => one !== action))).rejects.toThrow(says);
    for (const one of world.azure.world.roleAssignments) if (one.since > 0) Object.assign(one, { since: 0 });
  },
);

test("does not create a service principal with the right to read applications", async () => {
  await expect(createPrincipal(principals, "Application.Read.All")).rejects.toThrow("Insufficient privileges to complete the operation");
});
