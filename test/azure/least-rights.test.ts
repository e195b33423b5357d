import { expect, test } from "vitest";
import { openAzure } from "../../src/azure/azure.ts";
import type { Azure, AzureRegistry } from "../../src/azure/port.ts";
import { tokenIssuer } from "../../src/credential/acr-token.ts";
import type { Account, Issuer, Sending } from "../../src/credential/issuer.ts";
import { kindAskedFor } from "../../src/credential/kinds.ts";
import { principalIssuer } from "../../src/credential/service-principal.ts";
import { ownerCalled } from "../support/fakes/source-owner.ts";
import { actionsOf, askedFor, grantOf, onlyAzure, signedIn, startTestWorld } from "./world.ts";

const world = startTestWorld();
const tokens = await actionsOf("ACR pull tokens");
const principals = await actionsOf("ACR pull principals");

/** Azure creates scope maps synchronously, so no run polls the status of a new one. */
const unusedAction = "Microsoft.ContainerRegistry/registries/scopeMaps/operationStatuses/read";

type Wanted = { readonly name: string; readonly secret?: string; readonly repositories?: string[] };

/** Creates what a source needs in Azure, and a password. @returns a function that reverses it */
async function issue(issuer: Issuer, { name, secret = name, repositories = [] }: Wanted) {
  const owner = ownerCalled(name, secret);
  const undo: Sending["undo"] = [];
  const sending: Sending = { dryRun: false, undo, send: (request) => request() };
  const steps = issuer.ensure(
    owner,
    await issuer.look(owner, { credential: undefined, claim: undefined }),
    { repositories, exact: false },
    sending,
  );
  let step = await steps.next();
  while (!step.done) step = await steps.next();
  const account: Account = step.value;
  const made = await issuer.generate(account, issuer.slotFor(account, undefined, () => false, owner) ?? "", undefined, sending.send);
  undo.push(() => issuer.end(account, made));
  return async () => {
    for (const reverse of undo.toReversed()) await reverse(sending.send);
  };
}

const common = (azure: Azure, registry: AzureRegistry) => ({
  azure,
  registry,
  force: false,
  sleep: async () => undefined,
  now: () => new Date(),
});

const uniqueName = () => `least-${crypto.randomUUID().slice(0, 8)}`;

type Role = ReturnType<typeof grantOf>;

const grantIn = (allowed: readonly string[] | Role) => ("role" in allowed ? allowed : grantOf(world, allowed));

async function createToken(allowed: readonly string[] | Role): Promise<void> {
  const { env } = await signedIn(world, [grantIn(allowed)]);
  // Azure decides whether a password is returned directly or by polling. This is the longer way.
  world.azure.faults.add({ kind: "credentialsByPolling" });
  const azure = openAzure(world.options({ env }));
  const name = uniqueName();
  const registry = await azure.findRegistry("myregistry");
  const undo = await issue(tokenIssuer(common(azure, registry)), { name, repositories: ["app/web"] });
  expect(await azure.token(registry, name)).toMatchObject({ passwords: [{ slot: "password1" }] });
  await undo();
  expect(await azure.token(registry, name)).toBeUndefined();
}

/** Creates an application for one Secret, and another password of it for a second one. */
async function createPrincipal(
  allowed: readonly string[] | Role,
  graph: "Application.ReadWrite.OwnedBy" | "Application.Read.All",
): Promise<void> {
  const { env } = await signedIn(world, [grantIn(allowed)], [graph]);
  const azure = openAzure(world.options({ env }));
  const name = uniqueName();
  const of = common(azure, await azure.findRegistry("myregistry"));
  const waits = { right: 60_000, password: 60_000 };
  const issuer = principalIssuer({ ...of, mode: "legacy", named: name, isRecorded: false, waits });
  const undoFirst = await issue(issuer, { name, secret: "first" });
  const undoSecond = await issue(issuer, { name, secret: "second" });
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

test.for(
  ["name", "id"].flatMap((by) => [
    { what: "a token", flags: {}, by, create: createToken },
    {
      what: "a service principal",
      flags: { "service-principal": "*" },
      by,
      create: (role: Role) => createPrincipal(role, "Application.ReadWrite.OwnedBy"),
    },
  ]),
)(
  "creates $what with the one role that the error names when the identity has none, by the registry's $by",
  async ({ flags, by, create }) => {
    const { env } = await signedIn(world, []);
    const registry = by === "id" ? (await openAzure(world.options()).findRegistry("myregistry")).id : "myregistry";
    const asked = askedFor(flags, { registry, identity: { source: "auto" } });
    const sources = onlyAzure(openAzure(world.options({ env })));
    const refusal = await kindAskedFor(asked, sources.stdin)
      .open(asked, sources)
      .catch((error) => error);

    const { hint } = refusal;
    const role = by === "id" ? hint.words[hint.words.indexOf("--role") + 1] : /the role (.*) on the registry/.exec(hint)?.[1];
    await create({ role, registry: "myregistry" });
  },
);

test("does not create a service principal with the right to read applications", async () => {
  await expect(createPrincipal(principals, "Application.Read.All")).rejects.toThrow("Insufficient privileges to complete the operation");
});
