import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { consume } from "../../support/consumer.ts";
import { everythingAt, everythingIn } from "../../support/everything.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { openSecrets } from "../../support/live-secret.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { sampled } from "../../support/sampled.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const registry = shell.azure.world.registries[0] ?? expect.unreachable("the shell's Azure has a registry");
const making = "kubectl acr-secret create --registry myregistry";
const web = `${making} --repository app/web`;
const byHost = "kubectl acr-secret create --registry myregistry.azurecr.io --repository app/web";
const deleting = "kubectl acr-secret delete acr-myregistry --revoke --yes";

/** Two namespaces that only the test's own commands change. A and B stand for them in a line. */
const [a, b] = [await newNamespace(["theirs", "others"], afterAll), await newNamespace([], afterAll)];
const type = (line: string) => shell.type(line.replaceAll(/\bA\b/g, a).replaceAll(/\bB\b/g, b));

type World = { readonly cluster: unknown; readonly azure: unknown };
let seen: World | undefined;

/** Returns the current state, and the state at the last call. No other client changes it. */
async function look(): Promise<{ now: World; before: World | undefined }> {
  const before = seen;
  seen = { cluster: await everythingIn([a, b]), azure: everythingAt(shell.azure.world) };
  return { now: seen, before };
}

/** @throws if the state differs from the last call */
async function isAsBefore(): Promise<void> {
  const { now, before } = await look();
  expect(now).toEqual(before);
}

/** Creates other users' objects: names in lists, Secrets, a CronJob, a token, and applications with and without a right to pull. */
beforeAll(async () => {
  for (const namespace of [a, b])
    await kubectl(["wait", "--for=create", "sa/default", "cm/kube-root-ca.crt", "-n", namespace, "--timeout=20s"]);
  const template = {
    spec: {
      restartPolicy: "Never",
      containers: [{ name: "c", image: "myregistry.azurecr.io/app/web:1" }],
      imagePullSecrets: [{ name: "x" }],
    },
  };
  await create([
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "nightly", namespace: a },
      spec: { schedule: "0 0 1 1 *", suspend: true, jobTemplate: { spec: { template } } },
    },
  ]);
  registry.adminUserEnabled = true;
  await mkdir(join(shell.folder, "pull"));
  await writeFile(join(shell.folder, "password.txt"), registry.adminPasswords.password);
  const { clientId: username, clientSecret: password } = await shell.azure.addServicePrincipal("with-role", [
    { role: "AcrPull", registry: "myregistry" },
  ]);
  withRole = { username, password };
  withoutRole = (await shell.azure.addServicePrincipal("without-role")).clientId;
  await look();
}, 60_000);

/** A login of another user's application. */
let withRole: { username: string; password: string };
/** The id of another user's application. */
let withoutRole: string;
const adminLogin = () => ({ username: registry.name, password: registry.adminPasswords.password });

/** Pulls with the bytes of a Secret in A, with a client that is independent of the plugin. */
async function expectPulls(secret: string): Promise<void> {
  const { type: format, data } = await getJson<Secret>("secret", secret, "-n", a);
  if (format !== "kubernetes.io/dockerconfigjson") return;
  const folder = join(shell.folder, "pull");
  await writeFile(join(folder, "config.json"), Buffer.from(data?.[".dockerconfigjson"] ?? "", "base64"));
  const pull = `DOCKER_CONFIG=${folder} crane pull myregistry.azurecr.io/app/web:1 ${folder}/image.tar`;
  expect(await shell.type(pull), secret).toMatchObject({ code: 0 });
}

type Row = { readonly what: string; readonly typed: readonly string[] };

const rows: readonly Row[] = [
  {
    what: "a token of the Secret's own",
    typed: [`${web} --serviceaccount app -n A`, "kubectl acr-secret attach -n A acr-myregistry cronjob/nightly"],
  },
  { what: "a rotated token that expires", typed: [`${web} --expires-in 90d -n A`, "kubectl acr-secret rotate -n A"] },
  { what: "a token of the Secret's own for all ServiceAccounts", typed: [`${web} --all-serviceaccounts -n A`] },
  { what: "a token with a copy in another namespace", typed: [`${web} --serviceaccount default --copy-to B -n A`] },
  { what: "a service principal of its own", typed: [`${making} --service-principal --serviceaccount app -n A`] },
  { what: "a service principal by name", typed: [`${making} --service-principal=mine -n A`] },
  { what: "a password of another user's service principal", typed: [`${making} --service-principal=with-role -n A`] },
  { what: "a token of an Azure identity", typed: [`${byHost} --entra --serviceaccount app -n A`] },
  { what: "the admin user", typed: [`${web} --admin --serviceaccount app -n A`] },
  {
    what: "a supplied login",
    typed: [`${byHost} --username ${registry.name} --password-stdin --serviceaccount app -n A < ${shell.folder}/password.txt`],
  },
  ...["flux", "argocd", "argocd-image-updater", "helm"].map((reader) => ({
    what: `the Secret of ${reader}`,
    typed: [`${web} --for ${reader} -n A`],
  })),
];

/** Those whose deletion differs: a token and a key of the Secret's own, copies, a login that Azure doesn't know, and another reader. */
const inTestGate = ["a rotated token that expires", "a token with a copy", "a service principal of its own", "a supplied", "of argocd"];
const isInTestGate = ({ what }: Row) => inTestGate.some((one) => what.includes(one) && !what.endsWith("updater"));

test.for(sampled(rows, isInTestGate))(
  "pulls, changes nothing in a second run, and leaves nothing after a delete: $what",
  { timeout: 60_000 },
  async ({ typed }) => {
    for (const line of typed) expect(await type(line), line).toMatchObject({ code: 0 });
    await expectPulls("acr-myregistry");
    const created = everythingAt(shell.azure.world);
    expect(await type(typed[0] ?? "")).toMatchObject({ stdout: expect.stringMatching(/^secret\/\S+ unchanged/m), code: 0 });
    expect(everythingAt(shell.azure.world)).toEqual(created);

    expect(await type(`${deleting} -n A`)).toMatchObject({ stdout: expect.stringMatching(/^secret\/\S+ deleted/m), code: 0 });

    await isAsBefore();
  },
);

async function copy(): Promise<void> {
  const { metadata, ...secret } = await getJson<Secret>("secret", "acr-myregistry", "-n", a);
  const { name, labels, annotations } = metadata;
  await create([{ ...secret, metadata: { name, namespace: b, labels, annotations } }]);
}

test("keeps a consumer pulling with a Secret that another user copied", { timeout: 60_000 }, async () => {
  expect(await type(`${web} -n A`)).toMatchObject({ code: 0 });
  await copy();
  const secretIn = await openSecrets();
  const consumer = await consume(shell.azure, await secretIn(b, "acr-myregistry"), 20);

  expect(await type(`${deleting} -n A`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`is not revoked, because secret/acr-myregistry in namespace ${b} holds it\n`),
  });

  const { pulls, refused } = await consumer.stop();
  expect(refused).toEqual([]);
  expect(pulls).toBeGreaterThan(5);
  await kubectl(["delete", "secret", "acr-myregistry", "-n", b]);
  expect(await type(`${deleting} -n A`)).toMatchObject({ code: 0 });
  await isAsBefore();
});

/** Other credentials of a second consumer, and the commands that create them. `last` removes them. */
test.for<{ what: string; made: readonly string[]; has?: () => { username: string; password: string }; last?: string }>([
  {
    what: "another password of its application",
    made: [`${making} --service-principal=both -n B`, `${making} --service-principal=both -n A`],
    last: `${deleting} -n B`,
  },
  { what: "another password of another user's application", made: [`${making} --service-principal=with-role -n A`], has: () => withRole },
  { what: "the admin user's password", made: [`${web} --admin -n A`], has: adminLogin },
])("keeps a consumer pulling with $what when one Secret is deleted", { timeout: 60_000 }, async ({ made, has, last }) => {
  for (const line of made) expect(await type(line), line).toMatchObject({ code: 0 });
  const secretIn = await openSecrets();
  const consumer = await consume(shell.azure, has ? has() : await secretIn(b, "acr-myregistry"), 20);

  expect(await type(`${deleting} -n A`)).toMatchObject({ stdout: expect.stringMatching(/^secret\/\S+ deleted/m), code: 0 });

  const { pulls, refused } = await consumer.stop();
  expect(refused).toEqual([]);
  expect(pulls).toBeGreaterThan(5);
  if (last) expect(await type(last)).toMatchObject({ code: 0 });
  await isAsBefore();
});

test("keeps a role that it assigned to another user's application, and prints the command that removes it", {
  timeout: 60_000,
}, async () => {
  expect(await type(`${making} --service-principal=${withoutRole} -n A`)).toMatchObject({ code: 0 });
  const assignments = [...shell.azure.world.roleAssignments];

  const { stderr, code } = await type(`${deleting} -n A`);

  expect({ stderr, code }).toEqual({
    stderr: expect.stringMatching(/^Warning: .*:\n {2}az role assignment delete --assignee \S+ --scope \S+\nhint: .*end-access\.md\n$/),
    code: 0,
  });
  expect(shell.azure.world.roleAssignments).toEqual(assignments);
  shell.azure.world.roleAssignments.pop();
  await isAsBefore();
});
