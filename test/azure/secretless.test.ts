import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addRegistry } from "../../sandbox/azure/create-world.ts";
import { assignRole } from "../../sandbox/azure/identities.ts";
import { openAzure } from "../../src/azure/azure.ts";
import { account } from "../support/fakes/cluster.ts";
import { type } from "../support/in-process.ts";
import { grantOf, newDemo, portsOf, signedIn, startTestWorld } from "./world.ts";

const world = startTestWorld();
const issuer = "https://cluster.blob.core.windows.net/one";
const image = "myregistry.azurecr.io/app/web:1";
const creating = "secretless create web api --registry myregistry -n demo";
const deleting = "secretless delete web api --registry myregistry -n demo --yes";
const keys = await generateKeyPair("RS256");

let demo: ReturnType<typeof newDemo>;
beforeEach(async () => {
  const { azure } = world;
  demo = newDemo(world);
  azure.world.userAssignedIdentities = [];
  for (const name of ["web", "api"]) demo.in_.cluster.put(account("demo", name));
  const { kubelets } = demo.in_.cluster;
  kubelets.issuer = issuer;
  kubelets.sign = (claims) => sign(claims, keys.privateKey);
  azure.world.issuers.set(issuer, { keys: [{ ...(await exportJWK(keys.publicKey)), kid: "1", alg: "RS256" }] });
  await azure.push(image);
});

const sign = (claims: Record<string, unknown>, key: CryptoKey) =>
  new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "1" }).sign(key);

/** The parts that are not ok, with their messages. The fake cluster has no nodes. */
async function problems(name = "web", of = image): Promise<Record<string, string>> {
  const { stdout } = await demo.type(`secretless check ${name} --image ${of} -n demo -o json`);
  const items: Record<string, string>[] = JSON.parse(stdout).items;
  return Object.fromEntries(
    items.flatMap(({ id = "", status, message = "" }) => (status === "ok" || id === "node-provider" ? [] : [[id, message]])),
  );
}

const inAzure = () => structuredClone({ ...demo.directory(), identities: world.azure.world.userAssignedIdentities });

test("creates what Entra ID and the registry need for a pull, and deletes all of it", async () => {
  const before = inAzure();

  expect(await demo.type(creating)).toMatchObject({ code: 0 });

  expect([await problems("web"), await problems("api")]).toEqual([{}, {}]);
  const puts = world.azure.calls.count("PUT", /./);
  expect((await demo.type(creating)).stdout).toMatch(/^(\S+ unchanged\n)+$/);
  expect(world.azure.calls.count("PUT", /./)).toBe(puts);
  expect(await demo.type(deleting)).toMatchObject({ code: 0 });
  expect(inAzure()).toEqual(before);
});

const far = { name: "farregistry", subscriptionId: "33333333-3333-3333-3333-333333333333", resourceGroup: "far" };
const group = () => `/subscriptions/${world.azure.world.subscriptionId}/resourceGroups/demo`;
const identityId = () => `${group()}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/acr-secretless-myregistry`;
const principalId = () => world.azure.world.userAssignedIdentities[0]?.objectId ?? expect.unreachable("no identity");
const deletingWeb = "secretless delete web --registry myregistry -n demo --yes";

/** Lets the sandbox's owner use the subscription of another registry. */
function addFarRegistry(): void {
  const { servicePrincipals, roleAssignments } = world.azure.world;
  addRegistry(world.azure.world, far);
  const { id = "" } = servicePrincipals.find(({ appId }) => appId === world.azure.env.AZURE_CLIENT_ID) ?? {};
  if (roleAssignments.every(({ scope }) => scope !== `/subscriptions/${far.subscriptionId}`))
    assignRole(world.azure.world, id, { role: "Owner", scope: `/subscriptions/${far.subscriptionId}` });
}

afterEach(() => {
  const { azure } = world;
  azure.world.registries = azure.world.registries.filter(({ name }) => !["farregistry", "secondreg"].includes(name));
});

test.for([
  {
    what: "a registry of another subscription",
    add: addFarRegistry,
    lines: () => [`secretless create web --registry farregistry --identity ${identityId()} -n demo`],
    other: "farregistry",
  },
  {
    what: "a registry by a role on its resource group",
    add: () => {
      addRegistry(world.azure.world, { name: "secondreg" });
      assignRole(world.azure.world, principalId(), { role: "AcrPull", scope: group() });
    },
    lines: () => ["secretless create web --registry secondreg --identity acr-secretless-myregistry -n demo"],
    other: "secondreg",
  },
  {
    what: "a registry by a role on a management group",
    add: () => {
      addRegistry(world.azure.world, { name: "secondreg" });
      assignRole(world.azure.world, principalId(), {
        role: "AcrPull",
        scope: "/providers/Microsoft.Management/managementGroups/tenant",
      });
    },
    lines: () => ["secretless create web --registry secondreg --identity acr-secretless-myregistry -n demo"],
    other: "secondreg",
  },
])("keeps a ServiceAccount that also pulls from $what", async ({ add, lines, other }) => {
  await demo.type("secretless create web --registry myregistry -n demo");
  add();
  for (const line of lines()) expect(await demo.type(line)).toMatchObject({ code: 0 });
  await world.azure.push(`${other}.azurecr.io/app/web:1`);

  // A subscription selects only where the named registry is searched
  expect(await demo.type(`${deletingWeb} --subscription ${world.azure.world.subscriptionId}`)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(`serviceaccount "web" is kept, because it also pulls from ${other}.azurecr.io\n`),
  });

  expect(await problems("web", `${other}.azurecr.io/app/web:1`)).toEqual({});
});

test("keeps a ServiceAccount, and fails, when the subscription of a recorded registry is not readable", async () => {
  addFarRegistry();
  await demo.type("secretless create web --registry myregistry -n demo");
  await demo.type(`secretless create web --registry farregistry --identity ${identityId()} -n demo`);
  const roles = [{ role: "Owner", scope: `/subscriptions/${world.azure.world.subscriptionId}` }];
  const { env } = await signedIn(world, roles);

  const ports = { ...demo.in_.ports, ...portsOf(world), azure: () => openAzure(world.options({ env })) };
  expect(await type(deletingWeb, ports)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`it may also pull from farregistry.azurecr.io, where Azure does not show its roles
* registry "farregistry.azurecr.io" exists, but this Azure identity cannot read it
hint: if it does not`),
  });

  await world.azure.push("farregistry.azurecr.io/app/web:1");
  expect(await problems("web", "farregistry.azurecr.io/app/web:1")).toEqual({});
});

test.for(["x.azurecr.io", "freeregistry.azurecr.io", "farregistry.azurecr.io", "MYREGISTRY.azurecr.io"])(
  "deletes everything when a tenant records %s, on which the identity has no role",
  async (host) => {
    addFarRegistry();
    const before = inAzure();
    await demo.type("secretless create web --registry myregistry --identity shared -n demo");
    const role = demo.in_.cluster.get("role.rbac.authorization.k8s.io", "demo", "acr-secretless-web") ?? expect.unreachable("no role");
    demo.in_.cluster.put({
      ...role,
      metadata: { ...role.metadata, annotations: { "acr-secret/registries": `myregistry.azurecr.io,${host}` } },
    });

    expect(await demo.type(`${deletingWeb} --identity shared`)).toMatchObject({ code: 0 });

    expect(demo.in_.cluster.get("serviceaccount", "demo", "web")?.metadata.annotations).toEqual({});
    expect(inAzure()).toEqual(before);
  },
);

test.for([
  { where: "a resource group", scope: group, on: "demo" },
  { where: "another subscription", scope: () => `/subscriptions/${far.subscriptionId}`, on: far.subscriptionId },
])("keeps an identity with another role on $where", async ({ scope, on }) => {
  addFarRegistry();
  await demo.type("secretless create web --registry myregistry -n demo");
  assignRole(world.azure.world, principalId(), { role: "Reader", scope: scope() });

  expect(await demo.type(deletingWeb)).toMatchObject({ code: 0, stderr: expect.stringContaining(`it has other roles, on ${on}\n`) });

  expect(world.azure.world.userAssignedIdentities).toHaveLength(1);
});

test("prunes the federated credential of a ServiceAccount that was deleted", async () => {
  await demo.type(creating);
  demo.in_.cluster.remove("serviceaccount", "demo", "web");
  const federated = () => world.azure.world.userAssignedIdentities.flatMap((one) => one.federated);
  const before = federated().length;

  expect(await demo.type("prune --registry myregistry --yes")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^federated\S+\/demo-web-\S+ deleted$/m),
  });

  expect(before - federated().length).toBe(1);
});

test.for([
  { when: "the registry accepts no tokens of Azure Resource Manager", change: { armAudience: "disabled" }, acrAudience: true, wrong: [] },
  { when: "the tenant issues no tokens for registries", change: {}, acrAudience: false, wrong: ["token-exchange"] },
] as const)("checks with the kubelet's audience when $when", async ({ change, acrAudience, wrong }) => {
  await demo.type(creating);
  Object.assign(demo.registry, change);
  world.azure.world.acrAudience = acrAudience;

  expect(Object.keys(await problems())).toEqual(wrong);

  Object.assign(demo.registry, { armAudience: "enabled" });
  world.azure.world.acrAudience = true;
});

test("prints no token, neither in its output nor with -v=9", async () => {
  await demo.type(creating);
  const tokens: string[] = [];
  demo.in_.cluster.kubelets.sign = async (claims) => {
    tokens.push(await sign(claims, keys.privateKey));
    return tokens.at(-1) ?? "";
  };

  const { stdout, stderr } = await demo.type(`secretless check web --image ${image} -n demo -v=9`);

  const printed = [stdout, stderr, ...world.traced].join("\n");
  expect(tokens).toHaveLength(1);
  expect(printed).toContain("/oauth2/v2.0/token");
  for (const token of tokens) expect(printed).not.toContain(token);
  expect(printed).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/);
});

test("waits while Azure applies another federated credential of the identity", async () => {
  const body = { error: { code: "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", message: "Too many." } };
  world.azure.faults.add({ kind: "status", path: /federatedIdentityCredentials\//, method: "PUT", status: 409, body, times: 2 });

  expect(await demo.type(creating)).toMatchObject({ code: 0 });

  expect(await problems()).toEqual({});
});

test("completes a run whose responses were lost", async () => {
  for (const path of [/userAssignedIdentities\/[^/]+\?/, /roleAssignments/, /federatedIdentityCredentials\//]) {
    world.azure.faults.add({ kind: "lose", path, method: "PUT", times: 4 });
    await demo.type(creating);
    world.azure.faults.reset();
  }

  expect(await demo.type(creating)).toMatchObject({ code: 0 });

  expect(await problems()).toEqual({});
  expect(world.azure.world.userAssignedIdentities).toMatchObject([{ federated: [{}, {}] }]);
});

test("creates nothing when the identity has 20 federated credentials", async () => {
  await demo.type(creating);
  const [identity] = world.azure.world.userAssignedIdentities;
  for (let at = 0; at < 18; at++)
    identity?.federated.push({ id: `${at}`, name: `other-${at}`, issuer, subject: `system:serviceaccount:x:${at}`, audience: "a" });
  demo.in_.cluster.put(account("demo", "more"));

  const { stderr, code } = await demo.type("secretless create more --registry myregistry -n demo");

  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("--identity acr-secretless-myregistry-2") });
  expect(world.azure.calls.count("PUT", /\/demo-more-/)).toBe(0);
  expect(demo.in_.cluster.get("serviceaccount", "demo", "more")?.metadata.annotations).toBeUndefined();
});

test("succeeds with the rights that docs/secretless.md names", async () => {
  const own = "Microsoft.ManagedIdentity/userAssignedIdentities";
  const actions = ["read", "write", "delete"].flatMap((does) => [`${own}/${does}`, `${own}/federatedIdentityCredentials/${does}`]);
  const scope = `/subscriptions/${world.azure.world.subscriptionId}/resourceGroups/demo`;
  const roles = ["Role Based Access Control Administrator", "Reader"].map((role) => ({ role, registry: "myregistry" }));
  const { env } = await signedIn(world, [{ role: grantOf(world, actions).role, scope }, ...roles]);
  const ports = { ...demo.in_.ports, ...portsOf(world), azure: () => openAzure(world.options({ env })) };

  expect(await type(creating, ports)).toMatchObject({ code: 0 });
  expect(await type(deleting, ports)).toMatchObject({ code: 0 });
});
