import { afterAll, expect, test } from "vitest";
import type { Pod } from "../../../src/objects.ts";
import type { WarningId } from "../../../src/plan/warnings.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { type TargetName, targetObject } from "../../support/situations/target-objects.ts";
import { until } from "../../support/until.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const login = { "myregistry.azurecr.io": { username: "ci", password: "x" } };
const target = (kind: TargetName, namespace: string, names?: readonly (string | undefined)[]) => targetObject(kind, { namespace }, names);

/** Creates a namespace whose ServiceAccount `app` lists these names, with the Secrets `acr` and `theirs`. */
async function place(...names: string[]): Promise<string> {
  const namespace = await newNamespace(names);
  await create([pullSecret(namespace, "acr", login), pullSecret(namespace, "theirs", login)]);
  return namespace;
}

/** Runs a command that must print one warning. @returns the printed command that fixes the cause */
async function warned(id: WarningId, command: string, says: RegExp): Promise<string> {
  const { stdout } = await shell.type(`${command} --dry-run=server -o jsonl`);
  expect(stdout.match(/"ids":\[[^\]]*\]/g)).toEqual([`"ids":["${id}"]`]);
  const { stderr, code } = await shell.type(command);
  expect({ stderr, code }).toEqual({ stderr: expect.stringMatching(says), code: 0 });
  return /^ {2}(kubectl .*)$/m.exec(stderr)?.[1] ?? "";
}

/** Returns the pull secrets of a pod that a controller creates after this moment. */
async function namesOfNewPod(namespace: string): Promise<string[]> {
  const pods = async () => (await getJson<{ items: Pod[] }>("pods", "-n", namespace)).items;
  const before = (await pods()).map(({ metadata }) => metadata.uid);
  await kubectl(["delete", "pods", "--all", "-n", namespace, "--wait=false", "--grace-period=0", "--force"]);
  const fresh = async () => (await pods()).find(({ metadata }) => !before.includes(metadata.uid));
  await until(async () => (await fresh()) !== undefined);
  return ((await fresh())?.spec.imagePullSecrets ?? []).map(({ name = "" }) => name);
}

async function hasPodWith(namespace: string, names: string): Promise<boolean> {
  const { items } = await getJson<{ items: Pod[] }>("pods", "-n", namespace);
  return items.some(({ spec }) => (spec.imagePullSecrets ?? []).map(({ name }) => name).join() === names);
}

/** Waits for a pod with these pull secrets. Without a node a rollout does not finish, and older pods remain. */
const comesWith = (namespace: string, names: string) => until(() => hasPodWith(namespace, names));

/** Recreates pods until one has these pull secrets. Admission may still copy the ServiceAccount's previous list for a moment. */
const comesAnewWith = (namespace: string, names: string) =>
  until(async () => {
    if (await hasPodWith(namespace, names)) return true;
    await kubectl(["delete", "pods", "--all", "-n", namespace, "--wait=false", "--grace-period=0", "--force"]);
    return false;
  });

const hasPod = (namespace: string) => until(async () => (await kubectl(["get", "pods", "-n", namespace, "-o", "name"])) !== "");
const accountList = (namespace: string) => kubectl(["get", "sa", "app", "-n", namespace, "-o", "jsonpath={.imagePullSecrets}"]);

test("own-list: admission copies no name into pods with a list", { timeout: 60_000 }, async () => {
  const namespace = await place();
  await create([target("deployment", namespace, ["theirs"])]);
  await hasPod(namespace);
  const attach = `kubectl acr-secret attach -n ${namespace} acr --serviceaccount app`;

  const says = /^Warning: deployment.apps\/web has its own imagePullSecrets and .*:\n {2}kubectl .*\n$/;
  const fix = await warned("own-list", attach, says);
  expect(await namesOfNewPod(namespace)).toEqual(["theirs"]);

  // The result is the same in a second run.
  expect(await shell.type(attach)).toMatchObject({ stdout: "serviceaccount/app unchanged\n", stderr: expect.stringMatching(says) });
  expect(await shell.type(fix)).toMatchObject({ stdout: "deployment.apps/web patched\n", stderr: "", code: 0 });
  await comesWith(namespace, "theirs,acr");
});

test("own-list: refuses to change a Job that --where-used finds", async () => {
  const namespace = await place();
  await create([target("job", namespace, ["theirs"]), target("cronjob", namespace)]);

  await warned(
    "own-list",
    `kubectl acr-secret attach -n ${namespace} acr --where-used`,
    /^Warning: job.batch\/web has its own imagePullSecrets and .*; recreate it with acr\n$/,
  );
});

test("hides-account-list: pods of a template with a list get no name of the ServiceAccount", { timeout: 60_000 }, async () => {
  const namespace = await place("theirs");
  await create([target("deployment", namespace)]);
  await hasPod(namespace);
  expect(await namesOfNewPod(namespace)).toEqual(["theirs"]);

  const fix = await warned(
    "hides-account-list",
    `kubectl acr-secret attach -n ${namespace} acr deployment/web`,
    /^Warning: deployment.apps\/web had no imagePullSecrets, so its pods no longer get those of serviceaccount\/app: theirs:\n {2}kubectl .*\n$/,
  );
  await comesWith(namespace, "acr");

  expect(await shell.type(fix)).toMatchObject({
    stdout: expect.stringMatching(/^serviceaccount\/app patched\n(pod\/\S+ restarted\n)*deployment.apps\/web patched\n$/),
    stderr: "",
    code: 0,
  });
  await comesAnewWith(namespace, "theirs,acr");
});

test("mountable-only: admission refuses a pod whose ServiceAccount does not list its pull secret", async () => {
  const namespace = await place();
  await kubectl(["annotate", "sa", "app", "-n", namespace, "kubernetes.io/enforce-mountable-secrets=true"]);
  await create([target("cronjob", namespace)]);

  const fix = await warned(
    "mountable-only",
    `kubectl acr-secret attach -n ${namespace} acr cronjob/web`,
    /^Warning: serviceaccount\/app allows only the pull secrets that it lists .* pods of cronjob.batch\/web will be rejected:\n {2}kubectl .*\n$/,
  );
  const pod = () => create([target("pod", namespace, ["acr"])]);
  await expect(pod()).rejects.toThrow(/service account app does not reference that imagePullSecret/);

  expect(await shell.type(fix)).toMatchObject({ stdout: "serviceaccount/app patched\n", code: 0 });
  await pod();
});

test("no-key: the suggested check reports the same", async () => {
  const namespace = await place();
  await create([
    pullSecret(namespace, "typo", { "myregistri.azurecr.io": { username: "ci", password: "x" } }),
    target("deployment", namespace),
  ]);

  const fix = await warned(
    "no-key",
    `kubectl acr-secret attach -n ${namespace} typo deployment/web`,
    /^Warning: deployment.apps\/web pulls myregistry.azurecr.io\/app\/web:1, but secret typo has a login for myregistri.azurecr.io only \(one letter from .*:\n {2}kubectl .*\n$/,
  );

  const { stdout, stderr, code } = await shell.type(fix);
  expect(code).toBe(1);
  expect(stdout + stderr).toContain("secret typo has a login for myregistri.azurecr.io only");
});

test("malformed-secret: the API server accepts a Secret that the kubelet cannot read", async () => {
  const namespace = await place("bad");
  await create([pullSecret(namespace, "bad", { "a.io": { auth: "!" } })]);

  const fix = await warned(
    "malformed-secret",
    `kubectl acr-secret attach -n ${namespace} acr --serviceaccount app`,
    /^Warning: serviceaccount\/app also lists secret\/bad, which makes the kubelet ignore all pull secrets of a pod: illegal base64 .*:\n {2}kubectl .*\n$/,
  );
  const { stdout, stderr } = await shell.type(`kubectl acr-secret check -n ${namespace} bad --image myregistry.azurecr.io/app/web:1`);
  expect(stdout + stderr).toContain("malformed secret");

  expect(await shell.type(fix)).toMatchObject({ stdout: "serviceaccount/app patched\n", code: 0 });
  expect(await accountList(namespace)).toBe('[{"name":"acr"}]');
});

test.for<{ id: WarningId; name: string; why: RegExp }>([
  { id: "secret-type", name: "color", why: /lists secret\/color, which is of type Opaque, not kubernetes.io\/dockerconfigjson:\n/ },
  { id: "dangling-name", name: "gone", why: /lists secret\/gone, which does not exist:\n/ },
])("$id: the printed command removes the name", async ({ id, name, why }) => {
  const namespace = await place("theirs", name);
  await kubectl(["create", "secret", "generic", "color", "--from-literal=color=blue", "-n", namespace]);
  const attach = `kubectl acr-secret attach -n ${namespace} acr --serviceaccount app`;

  const fix = await warned(id, attach, why);
  expect(await shell.type(attach)).toMatchObject({ stdout: "serviceaccount/app unchanged\n", stderr: "" });
  await shell.type(fix);

  expect(await accountList(namespace)).toBe('[{"name":"theirs"},{"name":"acr"}]');
});

test("empty-name: the API server accepts an entry without a name, and the printed command removes it", async () => {
  const namespace = await place();
  await kubectl(["patch", "sa", "app", "-n", namespace, "-p", '{"imagePullSecrets":[{"name":"theirs"},{}]}']);

  const fix = await warned(
    "empty-name",
    `kubectl acr-secret attach -n ${namespace} acr --serviceaccount app`,
    /^Warning: serviceaccount\/app also has an entry without a name, .*:\n {2}kubectl .*\n$/,
  );
  expect(await accountList(namespace)).toBe('[{"name":"theirs"},{},{"name":"acr"}]');
  await shell.type(fix);

  expect(await accountList(namespace)).toBe('[{"name":"theirs"},{"name":"acr"}]');
});

test("secret-missing: does not attach a Secret that does not exist", async () => {
  const namespace = await place();
  const at = `--serviceaccount app -n ${namespace}`;

  expect(await shell.type(`kubectl acr-secret attach mistyped ${at}`)).toMatchObject({
    stderr: expect.stringMatching(/^Error from server \(NotFound\): secrets "mistyped" not found\n/),
    code: 1,
  });
  await warned("secret-missing", `kubectl acr-secret detach mistyped ${at}`, /^Warning: secret\/mistyped is not there, and nothing .*\n$/);
});

test("detach --dangling removes the names of missing Secrets and keeps the order of the others", { timeout: 60_000 }, async () => {
  const namespace = await place("gone", "theirs", "older", "acr");
  const kinds = ["deployment", "cronjob", "replicaset", "replicationcontroller", "job"] as const;
  await create(kinds.map((kind) => target(kind, namespace, ["gone", undefined, "acr", "theirs"])));
  await create([targetObject("cronjob", { namespace, name: "all" }, ["gone", undefined])]);
  const listOf = (kind: string, path: string) => kubectl(["get", ...kind.split("/"), "-n", namespace, "-o", `jsonpath={${path}}`]);
  const template = ".spec.template.spec.imagePullSecrets";
  const detach = (words = "") => shell.type(`kubectl acr-secret detach -n ${namespace} --dangling ${words}`);

  const quiet = await detach();

  expect(quiet).toMatchObject({
    code: 0,
    stdout:
      "serviceaccount/app patched\nreplicaset.apps/web patched\nreplicationcontroller/web patched\ncronjob.batch/all patched\ncronjob.batch/web patched\n",
  });
  // The API server itself warns about an empty name in the previous list.
  expect(quiet.stderr.split("\n").filter((line) => !line.includes("invalid empty name"))).toEqual([
    'Warning: deployment.apps/web lists missing Secrets (gone and ""); skipped because a change restarts pods:',
    `  kubectl acr-secret detach -n ${namespace} deployment/web --dangling`,
    'Warning: job.batch/web lists missing Secrets (gone and ""); skipped because the list cannot be changed',
    "",
  ]);
  const kept = '[{"name":"acr"},{"name":"theirs"}]';
  expect(await accountList(namespace)).toBe('[{"name":"theirs"},{"name":"acr"}]');
  expect(await listOf("replicaset/web", template)).toBe(kept);
  expect(await listOf("replicationcontroller/web", template)).toBe(kept);
  expect(await listOf("cronjob/web", ".spec.jobTemplate.spec.template.spec.imagePullSecrets")).toBe(kept);
  expect(await listOf("cronjob/all", ".spec.jobTemplate.spec.template.spec")).not.toContain("imagePullSecrets");
  expect(await listOf("deployment/web", template)).toBe('[{"name":"gone"},{},{"name":"acr"},{"name":"theirs"}]');

  expect(await detach("deployments --all")).toMatchObject({ stdout: "deployment.apps/web patched\n", code: 0 });
  expect(await listOf("deployment/web", template)).toBe(kept);
  expect(await detach("job/web")).toMatchObject({ stderr: expect.stringMatching(/^error: job.batch\/web keeps the list /), code: 1 });
  expect((await detach()).stdout).not.toContain("patched");
});

test("removes the field when a list loses its last name", async () => {
  const namespace = await place("acr");
  await create([target("deployment", namespace, ["acr"])]);
  const json = async (kind: string, name: string) => JSON.stringify(await getJson(kind, name, "-n", namespace));

  await shell.type(`kubectl acr-secret detach -n ${namespace} acr sa/app deploy/web`);

  expect(await json("sa", "app")).not.toContain("imagePullSecrets");
  expect(await json("deployment", "web")).not.toContain("imagePullSecrets");
});
