import { afterEach, beforeAll, expect, test } from "vitest";
import { refusals } from "../../sandbox/azure/refusals.ts";
import type { PasswordPolicy } from "../../sandbox/azure/world.ts";
import { openAzure } from "../../src/azure/azure.ts";
import type { Secret } from "../../src/objects.ts";
import { parseImage } from "../../src/registry/image-reference.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import { credentialOf } from "../../src/secret/record.ts";
import { Sensitive } from "../../src/sensitive.ts";
import { newDemo, signedIn, startTestWorld } from "./world.ts";

const host = "myregistry.azurecr.io";
const line = "create --registry myregistry --serviceaccount default -n demo --repository app/web";
const whole = line.replace(" --repository app/web", "");
const world = startTestWorld();
const demo = () => newDemo(world);

beforeAll(async () => {
  for (const image of ["app/web:1", "app/api:1", "team/a:1", "team-b/a:1"]) await world.azure.push(`${host}/${image}`);
});
afterEach(() => mode("LegacyRegistryPermissions"));

const mode = (roleAssignmentMode: "LegacyRegistryPermissions" | "AbacRepositoryPermissions") =>
  void Object.assign(world.azure.world.registries[0] ?? {}, { roleAssignmentMode });

/** Returns the images that a login can pull, with the requests of any client. */
async function pulls(login: { username: string; password: string } | undefined): Promise<string[]> {
  const registry = openRegistry(world.options());
  const found: string[] = [];
  for (const image of ["app/web:1", "app/api:1", "team/a:1", "team-b/a:1"]) {
    const as = login && { username: login.username, password: new Sensitive(login.password) };
    if ((await registry.prove(parseImage(`${host}/${image}`), as)).verdict === "pulls") found.push(image);
  }
  return found;
}

test("creates a service principal that pulls, and no password in a second run", async () => {
  const at = demo();

  const run = await at.type(`${whole} --service-principal`);
  expect(run).toMatchObject({ code: 0, stderr: expect.not.stringContaining("error") });
  expect(await pulls(at.in_.loginIn("demo"))).toEqual(["app/web:1", "app/api:1", "team/a:1", "team-b/a:1"]);
  const before = JSON.stringify(at.directory());

  expect(await at.type(`${whole} --service-principal`)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry unchanged"),
    code: 0,
  });
  expect(JSON.stringify(at.directory())).toBe(before);
});

test("creates another password for a second Secret, and keeps that of the first", async () => {
  const at = demo();
  await at.type(`${whole} --service-principal ci`);
  const first = at.in_.loginIn("demo");

  expect(await at.type("create second --registry myregistry --service-principal ci -n demo")).toMatchObject({ code: 0 });

  const second = at.in_.loginIn("demo", "second");
  expect(second?.username).toBe(first?.username);
  expect(second?.password).not.toBe(first?.password);
  expect(await pulls(first)).toContain("app/web:1");
  expect(await pulls(second)).toContain("app/web:1");
  expect(at.directory()).toMatchObject({ applications: [{ secrets: [{}, {}] }], servicePrincipals: [{}], roleAssignments: [{}] });
});

test("grants exactly the named repositories when roles have conditions", async () => {
  mode("AbacRepositoryPermissions");
  const at = demo();

  expect(await at.type(`${line} --service-principal ci`)).toMatchObject({ code: 0 });
  expect(await pulls(at.in_.loginIn("demo"))).toEqual(["app/web:1"]);
  expect(await at.type(`${whole} --service-principal ci --repository team/*`)).toMatchObject({ code: 0 });
  expect(await pulls(at.in_.loginIn("demo"))).toEqual(["app/web:1", "team/a:1"]);
  expect(at.directory().roleAssignments).toMatchObject([{ condition: expect.stringContaining("StringStartsWithIgnoreCase 'team/'") }]);
});

test("waits until Azure knows the application, principal, password and role everywhere", async () => {
  const at = demo();
  for (const of of ["principals", "secrets", "roles"] as const)
    world.azure.faults.add({ kind: "replication", of, milliseconds: of === "roles" ? 60 : 30 });

  expect(await at.type(`${whole} --service-principal`)).toMatchObject({ code: 0 });
  expect(await pulls(at.in_.loginIn("demo"))).toContain("app/web:1");
});

const violation = { code: "Directory_ConcurrencyViolation", message: "Another write is under way." };
test.for([
  { what: "addPassword", method: "POST", path: /addPassword$/, more: "", codes: [0], left: 1 },
  { what: "POST servicePrincipals", method: "POST", path: /servicePrincipals$/, more: "", codes: [0], left: 1 },
  { what: "removePassword", method: "POST", path: /removePassword$/, more: "rotate -n demo --grace 0", codes: [0, 0], left: 1 },
  { what: "DELETE applications", method: "DELETE", path: /applications\/[^/]+$/, more: "rollback", codes: [1], left: 0 },
])("retries $what when Graph refuses concurrent writes", async ({ method, path, more, codes, left }) => {
  const run = `${whole} --service-principal`;
  for (const [status, error] of [
    [409, violation],
    [400, refusals.concurrentRequests.body.error],
  ] as const) {
    const at = demo();
    world.azure.faults.reset();
    if (more === "rollback") world.azure.faults.add({ kind: "replication", of: "roles", milliseconds: 600_000 });
    world.azure.faults.add({ kind: "status", method, path, status, headers: { "retry-after": "2" }, body: { error }, times: 1 });

    const ends = [await at.type(more === "rollback" ? `${run} --wait 20s` : run)];
    if (more.startsWith("rotate")) ends.push(await at.type(more));

    expect(ends.map(({ code }) => code)).toEqual(codes);
    expect(at.directory()).toMatchObject({
      applications: Array(left).fill({ secrets: [{}] }),
      servicePrincipals: Array(left).fill({}),
      roleAssignments: Array(left).fill({}),
    });
  }
});

test("rolls back after --wait when Azure does not come to know an object", async () => {
  const at = demo();
  world.azure.faults.add({ kind: "replication", of: "roles", milliseconds: 600_000 });

  expect(await at.type(`${whole} --service-principal --wait 20s`)).toMatchObject({ code: 1, stderr: expect.stringContaining(host) });
  expect(at.directory()).toEqual({ applications: [], servicePrincipals: [], roleAssignments: [] });
});

const days = 24 * 3600 * 1000;

/** Gives the identity of the command lines the right to read policies, or takes it. */
const letRead = (isReadable: boolean) => {
  const owner = world.azure.world.servicePrincipals.find(({ appId }) => appId === world.azure.env.AZURE_CLIENT_ID);
  Object.assign(owner ?? {}, { graphRoles: ["Application.ReadWrite.All", ...(isReadable ? ["Policy.Read.All"] : [])] });
};
afterEach(() => {
  delete world.azure.world.tenantPolicy;
  letRead(false);
});

/** Assigns a policy: to the tenant, or to the application `ci`, which another Secret uses. @returns the directory before the run */
async function assignPolicy(at: ReturnType<typeof demo>, of: "tenant" | "application", policy: PasswordPolicy) {
  if (of === "tenant") Object.assign(world.azure.world, { tenantPolicy: policy });
  else {
    expect(await at.type(`${whole.replace("create", "create first")} --service-principal ci`)).toMatchObject({ code: 0 });
    const application = world.azure.world.applications.find(({ displayName }) => displayName === "ci");
    Object.assign(application ?? {}, { policy });
    // Microsoft's precedence: the policy of the application, also if the tenant's is stricter
    Object.assign(world.azure.world, { tenantPolicy: { id: "tenant", forbidsPasswords: true } });
  }
  return idsIn(at);
}

/** Returns the names of objects, and the passwords of applications. */
const idsIn = (at: ReturnType<typeof demo>) => {
  const { applications, servicePrincipals, roleAssignments } = at.directory();
  const keys = applications.map(({ displayName, secrets }) => [displayName, ...secrets.map(({ keyId }) => keyId)]);
  return { keys, servicePrincipals: servicePrincipals.map(({ id }) => id), roleAssignments: roleAssignments.map(({ name }) => name) };
};

const limits = ["tenant", "application"] as const;

test.for(limits.flatMap((of) => [30, 180, 365].map((most) => ({ of, most }))))(
  "creates a password within $most days when the $of allows them and the policy can be read",
  async ({ of, most }) => {
    const at = demo();
    await assignPolicy(at, of, { id: "p-1", mostDays: most });
    letRead(true);

    const before = idsIn(at);
    expect(await at.type(`${whole} --service-principal ci --expires-in 2y`)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`at most ${most}d\nhint: use --expires-in ${most}d, or omit --service-principal`)),
    });
    expect(idsIn(at)).toEqual(before);
    for (const flag of ["", ` --expires-in ${most}d`]) {
      const name = `acr-${flag.length}`;
      expect(await at.type(`${whole.replace("create", `create ${name}`)} --service-principal ci${flag}`)).toMatchObject({ code: 0 });
      const { expiresAt = "", madeAt = "" } = credentialOf(at.in_.cluster.get("secret", "demo", name) as Secret) ?? {};
      const lasts = (Date.parse(expiresAt) - Date.parse(madeAt)) / days;
      const wanted = flag ? most : Math.min(most, 180);
      expect(lasts).toBeLessThanOrEqual(wanted);
      expect(lasts).toBeGreaterThan(wanted - 1);
    }
  },
);

test.for(
  limits.flatMap((of) => [
    {
      of,
      what: "a lifetime above 30 days",
      policy: { mostDays: 30 },
      isReadable: false,
      says: /policy 'p-1'.*--expires-in .*30d.*ACR token/s,
    },
    {
      of,
      what: "passwords",
      policy: { forbidsPasswords: true } as const,
      isReadable: false,
      says: /policy 'p-1'.*administrator .*ACR token/s,
    },
    {
      of,
      what: "passwords",
      policy: { forbidsPasswords: true } as const,
      isReadable: true,
      says: /policy of the tenant forbids .*administrator .*ACR token/s,
    },
  ]),
)(
  "leaves nothing, and names policy and another way, when the $of forbids $what (readable: $isReadable)",
  async ({ of, policy, isReadable, says }) => {
    const at = demo();
    const before = await assignPolicy(at, of, { id: "p-1", ...policy });
    letRead(isReadable);

    const { stderr, code } = await at.type(`${whole} --service-principal ci`);

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(says) });
    expect(stderr).toMatch(/defaultAppManagementPolicy/);
    // If the policy can be read, nothing needs to be rolled back
    const graphWrites = world.azure.calls.list().filter(({ host, method }) => host.startsWith("graph") && method === "DELETE");
    expect(graphWrites.length > 0).toBe(of === "tenant" && !isReadable);
    expect(idsIn(at)).toEqual(before);
    expect(at.in_.loginIn("demo")).toBeUndefined();
  },
);

test.for([
  { who: "this identity", exempts: () => world.azure.env.AZURE_CLIENT_ID, code: 0, stderr: "", most: 365 },
  { who: "another identity", exempts: () => "other", code: 1, stderr: /policy 'p-1'.*--expires-in .*30d.*ACR token/s, most: 0 },
])("leaves the decision to Azure when the policy exempts $who, and can be read", async ({ exempts, code, stderr, most }) => {
  const at = demo();
  const before = await assignPolicy(at, "tenant", { id: "p-1", mostDays: 30, exempts: exempts() });
  letRead(true);

  expect(await at.type(`${whole} --service-principal --expires-in 1y`)).toMatchObject({ code, stderr: expect.stringMatching(stderr) });
  const { expiresAt = "", madeAt = "" } = credentialOf(at.in_.cluster.get("secret", "demo", "acr-myregistry") as Secret) ?? {};
  if (most > 0) expect(Math.round((Date.parse(expiresAt) - Date.parse(madeAt)) / days)).toBe(most);
  else expect(idsIn(at)).toEqual(before);
});

test("adds a password when the policy of the application allows it and that of the tenant does not", async () => {
  const at = demo();
  await assignPolicy(at, "application", { id: "p-1" });
  letRead(true);

  expect(await at.type(`${whole} --service-principal ci`)).toMatchObject({ code: 0 });
});

test("creates a password of a lifetime that the policy allows when the policy cannot be read", async () => {
  const at = demo();
  await assignPolicy(at, "tenant", { id: "p-1", mostDays: 30 });

  expect(await at.type(`${whole} --service-principal --expires-in 30d`)).toMatchObject({ code: 0 });
});

/**
 * Creates what another user of the tenant puts there before the run: an application with the name that the plugin derives from the Secret.
 */
async function registerFirst(displayName: string) {
  const { env } = await signedIn(world, [], ["Application.ReadWrite.OwnedBy"]);
  const azure = openAzure(world.options({ env }));
  const { id, appId } = await azure.createApplication({
    displayName,
    notes: "kubectl acr-secret: secret acr-myregistry in namespace demo",
  });
  const { password } = await azure.addKey(id, { displayName: "acr-secret: secret acr-myregistry in namespace demo" });
  await azure.createServicePrincipal(appId);
  return { appId, login: { username: appId, password: password.reveal() } };
}

test("refuses an application that another user registered with the Secret's derived name", async () => {
  const at = demo();
  const probe = await at.type(`${whole} --service-principal --dry-run=client`);
  const name = /application\.graph\.microsoft\.com\/(\S+) created/.exec(probe.stdout)?.[1] ?? "";
  const { appId, login } = await registerFirst(name);

  const { stderr, code } = await at.type(`${whole} --service-principal`);

  expect(code).toBe(1);
  expect(stderr).toContain(`application "${name}" (${appId}) already exists, and you are not its only owner`);
  expect(await pulls(login)).toEqual([]);
});

test("uses the application of an earlier run of the same identity that did not write the Secret", async () => {
  const at = demo();
  await at.type(`${whole} --service-principal`);
  at.in_.cluster.remove("secret", "demo", "acr-myregistry");

  expect(await at.type(`${whole} --service-principal`)).toMatchObject({ code: 0 });
  expect(at.directory()).toMatchObject({ applications: [{ secrets: [{}, {}] }], servicePrincipals: [{}], roleAssignments: [{}] });
});
