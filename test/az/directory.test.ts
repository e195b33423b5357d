import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatCommand } from "../../src/hint.ts";
import { azureCommands } from "../../src/schedule/azure-commands.ts";
import { loginServer, registryId } from "../sandbox/azure/world.ts";
import { type AzWorld, startAzWorld } from "./az-world.ts";

// Runs the manual steps of Microsoft's article, and other users' commands, with the real Azure CLI.

let world: AzWorld;
beforeAll(async () => {
  world = await startAzWorld();
  await world.azure.push(`${loginServer}/app/web:1`);
}, 1_800_000);
afterAll(() => world.azure.stop());

const az: AzWorld["az"] = (...words) => world.az(...words);
const registry = () => world.azure.world.registries[0] ?? expect.unreachable("there is no registry");

/** Whether a login can pull a repository with a token of the registry, like containerd. */
async function pulls(username: string, password: string, repository = "app/web"): Promise<boolean> {
  const query = new URLSearchParams({ service: loginServer, scope: `repository:${repository}:pull` });
  const login = { username, password };
  const { status, json } = await world.azure.ask("GET", `https://${loginServer}/oauth2/token?${query}`, { login });
  if (status !== 200) return false;
  const manifest = `https://${loginServer}/v2/${repository}/manifests/1`;
  const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
  return (await world.azure.ask("GET", manifest, { headers, token: String(json.access_token) })).status === 200;
}

test("pulls as a service principal of az, until az resets its password without --append", {
  timeout: 300_000,
}, async () => {
  const made = await az(`ad sp create-for-rbac --name az-made --role acrpull --scopes ${registryId}`);
  expect(made).toEqual({ appId: expect.any(String), displayName: "az-made", password: expect.any(String), tenant: expect.any(String) });
  expect(await pulls(made.appId, made.password)).toBe(true);

  // The first password belongs to the application. A reset creates one of the service principal.
  const reset = await az(`ad sp credential reset --id ${made.appId}`);
  const again = await az(`ad sp credential reset --id ${made.appId}`);
  const held = [made.password, reset.password, again.password];
  expect(await Promise.all(held.map((password) => pulls(made.appId, password)))).toEqual([true, false, true]);
  const added = await az(`ad app credential reset --id ${made.appId} --append --display-name more`);
  expect([await pulls(made.appId, again.password), await pulls(made.appId, added.password)]).toEqual([true, true]);
  expect((await az(`ad app credential list --id ${made.appId}`)).map(({ displayName }: { displayName: string }) => displayName)).toContain(
    "more",
  );
});

const nothing = { cron: "", image: "", args: [], rights: [], files: undefined, clientId: undefined, networkPolicy: false } as const;
const schedule = { ...nothing, registries: ["myregistry"], name: "teams", namespace: "acr-secret", secret: "azure" } as const;

test("creates the service principal of a schedule, in the form that its Secret reads", { timeout: 300_000 }, async () => {
  const [, command = ""] = azureCommands(schedule, formatCommand);
  const create = command.replace('"ACR pull tokens"', "acrpull").replace(/"\$\(od [^)]*\)"/, "random");

  const { stdout } = await promisify(execFile)("sh", ["-c", `kubectl() { cat; }; ${create}`], { env: world.env });

  const lines = Object.fromEntries(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split(/=(.*)/s)),
  );
  expect(Object.keys(lines)).toEqual(["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"]);
  expect(lines.AZURE_TENANT_ID).toBe(world.azure.owner.tenantId);
  expect(await pulls(lines.AZURE_CLIENT_ID, lines.AZURE_CLIENT_SECRET)).toBe(true);
});

test("pulls what the condition of a role of az names", { timeout: 300_000 }, async () => {
  registry().roleAssignmentMode = "AbacRepositoryPermissions";
  await world.azure.push(`${loginServer}/app/api:1`);
  const { appId, password } = await az("ad sp create-for-rbac --name az-scoped");
  const { id } = await az(`ad sp show --id ${appId}`);
  const reads = ["content", "metadata"].map(
    (what) => `!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/${what}/read'})`,
  );
  const condition = `((${reads.join(" AND ")}) OR (@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringEqualsIgnoreCase 'app/web'))`;
  const to = `--assignee-object-id ${id} --assignee-principal-type ServicePrincipal --scope ${registryId}`;
  const role = ["--role", "Container Registry Repository Reader", "--condition", condition, "--condition-version", "2.0"];

  expect(await az(`role assignment create ${to}`, ...role)).toMatchObject({ principalId: id, condition, conditionVersion: "2.0" });
  expect([await pulls(appId, password), await pulls(appId, password, "app/api")]).toEqual([true, false]);
  registry().roleAssignmentMode = "LegacyRegistryPermissions";
});

test("lets az read the admin user's passwords and an own token", { timeout: 300_000 }, async () => {
  await az("acr update --name myregistry --admin-enabled true");
  const { username, passwords } = await az("acr credential show --name myregistry");
  expect(await Promise.all(passwords.map(({ value }: { value: string }) => pulls(username, value)))).toEqual([true, true]);
  const renewed = await az("acr credential renew --name myregistry --password-name password2");
  expect(await pulls(username, renewed.passwords.find(({ name }: { name: string }) => name === "password2").value)).toBe(true);

  const own = await az("acr login --name myregistry --expose-token");
  expect(await pulls(own.username ?? "00000000-0000-0000-0000-000000000000", own.refreshToken ?? own.accessToken)).toBe(true);
});

test("passes az acr check-health", { timeout: 300_000 }, async () => {
  expect(await az("acr check-health --name myregistry --ignore-errors --yes --repository app/web")).toBeUndefined();
});
