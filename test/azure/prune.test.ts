import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { openAzure } from "../../src/azure/azure.ts";
import { acrToken } from "../../src/credential/acr-token/acr-token.ts";
import { createdTokens } from "../../src/credential/acr-token/find.ts";
import { createdPrincipals } from "../../src/credential/service-principal/find.ts";
import { servicePrincipal } from "../../src/credential/service-principal/service-principal.ts";
import { actionsOf, askedFor, grantOf, onlyAzure, signedIn, startTestWorld } from "./world.ts";

const world = startTestWorld();
const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const made = "secret acr in namespace demo";
const description = `kubectl acr-secret: ${made} of cluster 1a2b3c4d`;
const isNow = (text = "") => Math.abs(Date.parse(text) - Date.now()) < 60_000;

test("lists all tokens and scope maps of a registry with their times, and its clock", async () => {
  const azure = openAzure(world.options());
  const registry = await azure.findRegistry("myregistry");
  const { id } = await azure.putScopeMap(registry, { name: "stock-map", description, actions: ["repositories/a/content/read"] });
  await azure.putToken(registry, { name: "stock-token", scopeMapId: id });

  const { tokens, scopeMaps, at } = await azure.listTokens(registry);

  const token = tokens.find(({ name }) => name === "stock-token");
  const map = scopeMaps.find(({ name }) => name === "stock-map");
  expect([token, map]).toMatchObject([{ scopeMapId: id }, { description }]);
  expect([at, token?.madeAt, token?.changedAt, map?.madeAt, map?.changedAt].map(isNow)).toEqual([true, true, true, true, true]);
  expect(tokens).toHaveLength(await azure.tokenCount(registry));
});

test("finds and deletes an orphaned token with the role of docs/rbac.md", async () => {
  const { env } = await signedIn(world, [grantOf(world, await actionsOf("ACR pull tokens"))]);
  const azure = openAzure(world.options({ env }));
  const registry = await azure.findRegistry("myregistry");
  const name = `left-${randomUUID().slice(0, 8)}`;
  const { id } = await azure.putScopeMap(registry, { name, description, actions: ["repositories/a/content/read"] });
  await azure.putToken(registry, { name, scopeMapId: id });
  await azure.generatePassword(registry, { token: name, slot: "password1" });

  const found = createdTokens(await azure.listTokens(registry), registry).find(({ identity }) => identity === name);
  expect(found).toMatchObject({ what: "token", for: { words: made, clusters: ["1a2b3c4d"] }, passwords: [{ slot: "password1" }] });
  const credential = await acrToken.open(askedFor({}), onlyAzure(azure));
  for (const change of (await credential.lifecycle?.revoke(name, found?.passwords ?? [])) ?? []) await credential.apply(change);

  expect([await azure.token(registry, name), await azure.scopeMap(registry, name)]).toEqual([undefined, undefined]);
  await expect(azure.servicePrincipalRoles(registry)).rejects.toMatchObject({ kind: "forbidden" });
});

test("finds an orphaned application by its role, and the role of a deleted application", async () => {
  const azure = openAzure(world.options());
  const registry = await azure.findRegistry("myregistry");
  const { id, appId, displayName } = await azure.createApplication({ displayName: `left ${randomUUID()}`, notes: description });
  const { id: principalId } = await azure.createServicePrincipal(appId);
  await azure.assignRole(registry, { principalId, role: acrPull });
  const { slot } = await azure.addKey(id, { displayName: `acr-secret: ${made} of cluster 1a2b3c4d` });
  const find = async (...names: readonly string[]) =>
    (await createdPrincipals(azure, registry)).filter(({ to }) => names.includes(to.name));

  const [found] = await find(displayName);
  expect(found).toMatchObject({ what: "password", identity: appId, passwords: [{ slot }], for: { clusters: ["1a2b3c4d"] } });
  expect(isNow(found?.changedAt)).toBe(true);
  const credential = await servicePrincipal.open(askedFor({ "service-principal": appId }), onlyAzure(azure));
  const plan = (await credential.lifecycle?.revoke(appId, found?.passwords ?? [])) ?? [];
  const [first, ...others] = plan;
  if (first) await credential.apply(first);
  expect(await find(displayName, principalId)).toMatchObject([{ what: "role", to: { name: principalId }, lost: true }]);

  for (const change of others) await credential.apply(change);
  expect(await find(displayName, principalId)).toEqual([]);
});
