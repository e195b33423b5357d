import { afterAll, beforeAll, expect, test } from "vitest";
import { everythingAt, everythingIn } from "../../support/everything.ts";
import { kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { sampled } from "../../support/sampled.ts";

// Creates, checks and deletes pulls without a pull secret: the real API server issues the tokens, and the emulated Entra ID exchanges them.
const shell = await openShell();
afterAll(() => shell.stop());

const { world } = shell.azure;
const issuer = "https://kubernetes.default.svc";
const image = "myregistry.azurecr.io/app/web:1";
const creating = "create app --registry myregistry";
const namespace = await newNamespace([], afterAll);
const run = (line: string) => shell.type(`kubectl acr-secret secretless ${line} -n ${namespace}`);
const look = async () => ({ cluster: await everythingIn([namespace]), azure: everythingAt({ ...world, issuers: new Map() }) });

/** Publishes the keys of the cluster. Its issuer has no public address, which the part `account-token` reports. */
async function publish(): Promise<void> {
  world.issuers.set(issuer, JSON.parse(await kubectl(["get", "--raw", "/openid/v1/jwks"])));
}

/** The status of each part. */
async function parts(): Promise<Record<string, string>> {
  const { stdout } = await run(`check app --image ${image} -o json`);
  return Object.fromEntries(JSON.parse(stdout).items.map(({ id, status }: Record<string, string>) => [id, status]));
}

let before: Awaited<ReturnType<typeof look>>;
beforeAll(async () => {
  await publish();
  await kubectl(["wait", "--for=create", "sa/default", "cm/kube-root-ca.crt", "-n", namespace, "--timeout=20s"]);
  before = await look();
}, 60_000);

test("changes nothing in a server dry run", async () => {
  expect(await run(`${creating} --dry-run=server`)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("pull every repository"),
  });

  expect(await look()).toEqual(before);
});

test("creates everything once, and the check pulls as the ServiceAccount", async () => {
  expect(await run(creating)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^(\S+ created\n){5}serviceaccount\/app configured\n$/),
  });
  expect(await parts()).toEqual({
    annotations: "ok",
    "token-audience": "ok",
    "account-token": "failed",
    "token-exchange": "ok",
    "registry-access": "ok",
    "image-access": "ok",
    "node-provider": "unknown",
  });
  const created = await look();
  expect(await run(creating)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^(\S+ unchanged\n){6}$/) });
  expect(await look()).toEqual(created);
});

type Row = { readonly state: string; readonly part: string; breaks(): unknown };

const identity = () => world.userAssignedIdentities[0] ?? expect.unreachable("the first test creates an identity");
const change = (...args: string[]) => kubectl([...args, "-n", namespace]);
const [registry] = world.registries;

const rows: readonly Row[] = [
  {
    state: "nodes may not ask for the audience",
    part: "token-audience",
    breaks: () => change("delete", "rolebinding", "acr-secretless-app"),
  },
  { state: "no annotation", part: "annotations", breaks: () => change("annotate", "sa/app", "kubernetes.azure.com/acr-tenant-id-") },
  {
    state: "no role",
    part: "registry-access",
    breaks: () => {
      world.roleAssignments = world.roleAssignments.filter(({ principalId }) => principalId !== identity().objectId);
    },
  },
  {
    state: "ABAC and only AcrPull",
    part: "registry-access",
    breaks: () => {
      if (registry) registry.roleAssignmentMode = "AbacRepositoryPermissions";
    },
  },
  {
    state: "another subject",
    part: "token-exchange",
    breaks: () => {
      for (const one of identity().federated) one.subject = "system:serviceaccount:other:app";
    },
  },
  {
    state: "the credential deleted",
    part: "token-exchange",
    breaks: () => {
      identity().federated = [];
    },
  },
  {
    state: "another client",
    part: "token-exchange",
    breaks: () => change("annotate", "sa/app", "--overwrite", "kubernetes.azure.com/acr-client-id=00000000-0000-0000-0000-000000000000"),
  },
  {
    state: "another tenant",
    part: "token-exchange",
    breaks: () => change("annotate", "sa/app", "--overwrite", "kubernetes.azure.com/acr-tenant-id=00000000-0000-0000-0000-000000000000"),
  },
  { state: "an issuer that Entra cannot reach", part: "token-exchange", breaks: () => void world.issuers.delete(issuer) },
  { state: "rotated keys", part: "token-exchange", breaks: () => void world.issuers.set(issuer, { keys: [] }) },
];

// One state of the cluster, of Azure and of Entra ID
test.for(sampled(rows, ({ state }) => ["no annotation", "no role", "rotated keys"].includes(state)))(
  "names the part $part when the state is: $state",
  async ({ part, breaks }) => {
    await run(creating);
    await breaks();

    const found = await parts();

    expect(Object.entries(found).filter(([id, status]) => id !== "account-token" && status === "failed")).toEqual([[part, "failed"]]);
    // Takes back everything: what create refuses to change is another user's
    await change("annotate", "sa/app", "kubernetes.azure.com/acr-client-id-", "kubernetes.azure.com/acr-tenant-id-");
    await publish();
    if (registry) registry.roleAssignmentMode = "LegacyRegistryPermissions";
    for (const one of world.userAssignedIdentities) one.federated = [];
    expect(await run(creating)).toMatchObject({ code: 0 });
    expect(await parts()).toMatchObject({ annotations: "ok", "token-audience": "ok", "token-exchange": "ok", "image-access": "ok" });
  },
);

test("deletes nothing in a server dry run", async () => {
  const created = await look();

  expect(await run("delete app --registry myregistry --dry-run=server")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^(\S+ (configured|deleted) \(server dry run\)\n){6}$/),
  });

  expect(await look()).toEqual(created);
});

test("deletes everything that it created, field by field", async () => {
  expect(await run("delete app --registry myregistry --yes")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^serviceaccount\/app /),
  });

  expect(await look()).toEqual(before);
  expect(await run("delete app --registry myregistry --yes")).toMatchObject({ code: 0, stdout: "" });
});
