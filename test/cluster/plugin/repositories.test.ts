import { afterAll, expect, test } from "vitest";
import { newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
await shell.azure.push("myregistry.azurecr.io/finance/payroll:7");
afterAll(() => shell.stop());

/** Returns the repositories that the scope maps of a namespace grant. */
function granted(namespace: string): string[] {
  const maps = shell.azure.world.registries.flatMap(({ scopeMaps }) => scopeMaps).filter(({ name }) => name?.startsWith(`${namespace}-`));
  return maps.flatMap(({ actions }) => actions.flatMap((action) => /^repositories\/(.*)\/content\/read$/.exec(action)?.[1] ?? []));
}

const run = (name: string, image: string) => `kubectl run ${name} --image myregistry.azurecr.io/${image}`;

test("grants nothing because a tenant creates a pod or deletes the Secret", async () => {
  const namespace = await newNamespace();
  const typed = async (command: string, as = "") => {
    const ended = await shell.type(`${command} -n ${namespace}${as}`);
    expect(ended, command).toMatchObject({ code: 0 });
    return ended;
  };
  await typed("kubectl create rolebinding mallory --clusterrole edit --user mallory");
  const mallory = (command: string) => typed(command, " --as mallory");
  const create = "kubectl acr-secret create --registry myregistry";
  await mallory(run("web", "app/web:1"));
  expect((await typed(create)).stdout).toMatch(/^scopemap\S+ created \(\+app\/web\)\n/);

  await mallory(run("payroll", "finance/payroll:7"));
  const grants = `kubectl acr-secret create -n ${namespace} acr-myregistry --registry myregistry --repository finance/payroll`;
  const told = `Warning: pods use finance/payroll, which secret/acr-myregistry cannot pull:\n  ${grants}\n`;
  expect(await typed(create)).toMatchObject({ stderr: told, stdout: expect.stringMatching(/^scopemap\S+ unchanged\n/) });
  await mallory("kubectl delete secret acr-myregistry");
  const hint = `hint: kubectl acr-secret attach -n ${namespace} acr-myregistry --serviceaccount default\n`;
  expect(await typed(create)).toMatchObject({ stderr: told + hint, stdout: expect.stringMatching(/^scopemap\S+ unchanged\n/) });
  expect(granted(namespace)).toEqual(["app/web"]);

  const { stdout } = await shell.type(grants);
  expect(stdout).toMatch(/^scopemap\S+ configured \(\+finance\/payroll\)\n/);
  expect(granted(namespace)).toEqual(["app/web", "finance/payroll"]);
});
