import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { azureCli } from "../../sandbox/azure-cli.ts";
import { loginServer, startTestAzure, type TestAzure } from "../sandbox/azure/world.ts";

// What people do with az beside us: the real Azure CLI must find its way through the emulated Azure.

const run = promisify(execFile);
const folder = await azureCli();
let azure: TestAzure;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  azure = await startTestAzure();
  // az waits as long as it is told to
  azure.world.longRunning.retryAfter = 1;
  const config = await mkdtemp(join(azure.folder, "az-"));
  env = {
    ...azure.env,
    PATH: `${folder}:${process.env["PATH"]}`,
    HOME: config,
    AZURE_CONFIG_DIR: config,
    AZURE_CORE_COLLECT_TELEMETRY: "false",
    AZURE_CORE_ONLY_SHOW_ERRORS: "true",
  };
  const { tenantId, clientId, clientSecret } = azure.owner;
  await az(`login --service-principal --username ${clientId} --password=${clientSecret} --tenant ${tenantId}`);
}, 1_800_000);
afterAll(() => azure.stop());

/** Runs az, and gives what it prints. */
async function az(line: string) {
  const { stdout } = await run("az", [...line.split(" "), "--output", "json"], { env });
  return stdout.trim() === "" ? undefined : JSON.parse(stdout);
}

const registryWorld = () => {
  const [registry] = azure.world.registries;
  if (!registry) throw new Error("there is no registry");
  return registry;
};
const names = (list: { name: string }[]) => list.map(({ name }) => name);

test("az makes, changes, lists and deletes scope maps and tokens", { timeout: 300_000 }, async () => {
  const on = "--registry myregistry";
  const map = await az(`acr scope-map create --name mymap ${on} --repository app/web content/read --description mine`);
  expect(map).toMatchObject({ name: "mymap", provisioningState: "Succeeded", actions: ["repositories/app/web/content/read"] });
  const changed = await az(`acr scope-map update --name mymap ${on} --add-repository app/api content/read`);
  expect(changed.actions.sort()).toEqual(["repositories/app/api/content/read", "repositories/app/web/content/read"]);
  expect(names(await az(`acr scope-map list ${on}`))).toContain("mymap");

  const token = await az(`acr token create --name mytoken ${on} --scope-map mymap --expiration-in-days 30`);
  expect(token).toMatchObject({ name: "mytoken", status: "enabled", provisioningState: "Succeeded" });
  expect(token.credentials.passwords.map(({ value }: { value: string }) => value)).toEqual([
    registryWorld().tokens[0]?.passwords.password1?.value,
    registryWorld().tokens[0]?.passwords.password2?.value,
  ]);
  expect(names(await az(`acr token list ${on}`))).toEqual(["mytoken"]);

  const { passwords } = await az(`acr token credential generate --name mytoken ${on} --password2`);
  const [{ value }] = passwords;
  const login = { username: "mytoken", password: value };
  const asked = `https://${loginServer}/oauth2/token?service=${loginServer}&scope=repository:app/web:pull`;
  expect((await azure.ask("GET", asked, { login })).status).toBe(200);
  await az(`acr token credential delete --name mytoken ${on} --password2`);
  expect(Object.keys(registryWorld().tokens[0]?.passwords ?? {})).toEqual(["password1"]);
  expect((await azure.ask("GET", asked, { login })).status).toBe(401);
  expect(await az(`acr token update --name mytoken ${on} --status disabled`)).toMatchObject({ status: "disabled" });

  await az(`acr token delete --name mytoken ${on} --yes`);
  await az(`acr scope-map delete --name mymap ${on} --yes`);
  expect(registryWorld().tokens).toEqual([]);
  expect(names(registryWorld().scopeMaps)).not.toContain("mymap");
});
