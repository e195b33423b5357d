import { afterAll, expect, test } from "vitest";
import { newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const [registry] = shell.azure.world.registries;
const create = "kubectl acr-secret create --registry myregistry --repository app/web --serviceaccount app";
const told = "Warning: secret/acr-myregistry may also push to all of myregistry.azurecr.io, and delete: so may whoever reads it\n";

test("the admin user is not turned on, its login is taken where it is, and nobody who uses it is locked out", async () => {
  const namespace = await newNamespace();
  const typed = (command: string) => shell.type(`${command} -n ${namespace}`);
  expect(await typed(`${create} --admin`)).toEqual({
    stdout: "",
    stderr:
      'error: the admin user of registry "myregistry" is off\n' +
      "hint: leave out --admin for a credential that may only pull\nhint: to turn it on:\n  az acr update --name myregistry --admin-enabled true\n",
    code: 1,
  });
  expect(registry?.adminUserEnabled).toBe(false);

  if (registry) registry.adminUserEnabled = true;
  const before = { ...registry?.adminPasswords };
  expect(await typed(`${create} --admin`)).toEqual({
    stdout: "secret/acr-myregistry created\nserviceaccount/app patched\n",
    stderr: told,
    code: 0,
  });
  expect(await typed(`${create} --admin`)).toMatchObject({ stdout: "secret/acr-myregistry unchanged\nserviceaccount/app unchanged\n" });
  expect(registry?.adminPasswords).toEqual(before);
  expect(await typed("kubectl acr-secret check acr-myregistry --image myregistry.azurecr.io/app/web:1")).toMatchObject({ code: 0 });
  expect(await typed("kubectl acr-secret list --no-headers")).toMatchObject({ stdout: expect.stringMatching(/ admin +never /) });
});

test("a password that was made anew is what check sees, and the command that it prints takes the new one", async () => {
  const namespace = await newNamespace();
  if (registry) registry.adminUserEnabled = true;
  const typed = (command: string) => shell.type(`${command} -n ${namespace}`);
  await typed(`${create} --admin`);
  if (registry) registry.adminPasswords.password = "made-anew-by-somebody";
  const check = "kubectl acr-secret check acr-myregistry --image myregistry.azurecr.io/app/web:1";

  const seen = await typed(check);
  expect(seen).toMatchObject({ code: 1 });
  const again = `kubectl acr-secret create -n ${namespace} acr-myregistry --registry myregistry.azurecr.io --repository app/web --admin`;
  expect(seen.stdout + seen.stderr).toContain(again);
  expect(await shell.type(again)).toMatchObject({ stdout: expect.stringContaining("secret/acr-myregistry configured\n"), code: 0 });
  expect(await typed(check)).toMatchObject({ code: 0 });
});
