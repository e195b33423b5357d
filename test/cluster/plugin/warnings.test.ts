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
async function warned(id: WarningId, command: string, message: RegExp): Promise<string> {
  const { stdout } = await shell.type(`${command} --dry-run=server -o jsonl`);
  expect(stdout.match(/"ids":\[[^\]]*\]/g)).toEqual([`"ids":["${id}"]`]);
  const { stderr, code } = await shell.type(command);
  expect({ stderr, code }).toEqual({ stderr: expect.stringMatching(message), code: 0 });
  return /^ {2}(kubectl .*)$/m.exec(stderr)?.[1] ?? "";
}

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
const recreatePodsUntil = (namespace: string, names: string) =>
  until(async () => {
    if (await hasPodWith(namespace, names)) return true;
    await kubectl(["delete", "pods", "--all", "-n", namespace, "--wait=false", "--grace-period=0", "--force"]);
    return false;
  });

const hasPod = (namespace: string) => until(async () => (await kubectl(["get", "pods", "-n", namespace, "-o", "name"])) !== "");
const accountList = (namespace: string) => kubectl(["get", "sa", "app", "-n", namespace, "-o", "jsonpath={.imagePullSecrets}"]);

test("warns with own-list when admission copies no name into pods with a list", { timeout: 60_000 }, async () => {
  const namespace = await place();
  await create([target("deployment", namespace, ["theirs"])]);
  await hasPod(namespace);
  const attach = `kubectl acr-secret attach -n ${namespace} acr --serviceaccount app`;

  const message = /^Warning: deployment.apps\/web has its own imagePullSecrets and .*:\n {2}kubectl .*\n$/;
  const fix = await warned("own-list", attach, message);
  expect(await namesOfNewPod(namespace)).toEqual(["theirs"]);

  // The result is the same in a second run.
  expect(await shell.type(attach)).toMatchObject({ stdout: "serviceaccount/app unchanged\n", stderr: expect.stringMatching(message) });
  expect(await shell.type(fix)).toMatchObject({ stdout: "deployment.apps/web patched\n", stderr: "", code: 0 });
  await comesWith(namespace, "theirs,acr");
});

test("warns with hides-account-list when pods of a template with a list get no name of the ServiceAccount", {
  timeout: 60_000,
}, async () => {
  const namespace = await place("theirs");
  await create([target("deployment", namespace)]);
  await hasPod(namespace);
  expect(await namesOfNewPod(namespace)).toEqual(["theirs"]);

  const fix = await warned(
    "hides-account-list",
    `kubectl acr-secret attach -n ${namespace} acr deployment/web`,
    /^Warning: deployment.apps\/web had no imagePullSecrets, so its pods no longer get theirs from serviceaccount\/app:\n {2}kubectl .*\n$/,
  );
  await comesWith(namespace, "acr");

  expect(await shell.type(fix)).toMatchObject({
    stdout: expect.stringMatching(/^serviceaccount\/app patched\n(pod\/\S+ restarted\n)*deployment.apps\/web patched\n$/),
    stderr: "",
    code: 0,
  });
  await recreatePodsUntil(namespace, "theirs,acr");
});

test("warns with mountable-only when admission refuses a pod whose ServiceAccount does not list its pull secret", async () => {
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

test("warns with malformed-secret about a Secret that the API server accepts and the kubelet cannot read", async () => {
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

test("warns with empty-name about an entry that the API server accepts, and prints the command that removes it", async () => {
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
