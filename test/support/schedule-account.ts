import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { policySelector, scheduleName } from "../../src/schedule/objects.ts";
import { kubectl } from "./kubectl.ts";
import type { Ended, Shell } from "./plugin.ts";
import { image } from "./scheduled.ts";

/** A schedule in the home of its file, with the name of its objects, and a kubeconfig with the token of its ServiceAccount. */
export type ScheduleAccount = { readonly name: string; readonly namespace: string; readonly user: string; readonly kubeconfig: string };

/**
 * Applies what `schedule -f` prints for a file, and waits until its policy is in force.
 * @param namespace the home of the file
 * @param place a namespace in which the file has a Secret
 */
export async function applySchedule(shell: Shell, file: string, namespace: string, place: string): Promise<ScheduleAccount> {
  const name = scheduleName(namespace, "teams");
  onTestFinished(() => removeOuter(name));
  expect(await typeSchedule(shell, file, namespace, "teams")).toMatchObject({ code: 0 });
  const kubeconfig = await kubeconfigOf(shell, namespace, name);
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "none", namespace: place } };
  await expect.poll(() => refusalOf(secret, kubeconfig), { timeout: 30_000 }).toContain("ValidatingAdmissionPolicy");
  return { name, namespace, user: `system:serviceaccount:${namespace}:${name}`, kubeconfig };
}

/** Applies what `schedule -f` prints for a file, as its comments say. @param namespace the home of the file @param name the name before the hash */
export async function typeSchedule(shell: Shell, file: string, namespace: string, name: string): Promise<Ended> {
  const path = join(shell.folder, `${namespace}-${name}.yaml`);
  const printed = `kubectl acr-secret schedule -f - --name ${name} --image ${image} > ${path}`;
  return await shell.type(`${printed} && kubectl apply -f ${path} -l ${policySelector} && kubectl apply -f ${path}`, { stdin: file });
}

/** Returns a kubeconfig with a token of the ServiceAccount of a schedule. */
export async function kubeconfigOf(shell: Shell, namespace: string, name: string): Promise<string> {
  const kubeconfig = join(shell.folder, `${namespace}-${name}.kubeconfig`);
  await writeFile(kubeconfig, await configFor(await kubectl(["create", "token", name, "-n", namespace])), { mode: 0o600 });
  return kubeconfig;
}

/** Deletes what a schedule has outside of its namespace. */
export async function removeOuter(name: string): Promise<void> {
  await kubectl(["delete", outerKinds, "-A", "--field-selector", `metadata.name=${name}`]);
}

const outerKinds = "rolebinding,role,clusterrolebinding,clusterrole,validatingadmissionpolicybinding,validatingadmissionpolicy";

/** Returns the tests' kubeconfig with another user, who has only this token. */
async function configFor(token: string): Promise<string> {
  const config = JSON.parse(await kubectl(["config", "view", "--raw", "--flatten", "--minify", "-o", "json"]));
  return JSON.stringify({ ...config, users: config.users.map(({ name }: { name: string }) => ({ name, user: { token: token.trim() } })) });
}

/** Creates an object with a server dry run. @returns the error; "" if it is accepted */
export async function refusalOf(object: object, kubeconfig: string): Promise<string> {
  const creating = kubectl(["create", "--dry-run=server", "-f", "-"], JSON.stringify(object), kubeconfig);
  return creating.then(
    () => "",
    (error: Error) => error.message,
  );
}
