import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { GraphRole } from "../../sandbox/azure/world.ts";
import { azureCli } from "../../sandbox/python.ts";
import { newNamespace, openShell } from "../support/plugin.ts";

const shell = await openShell();
const folder = await azureCli();
afterAll(() => shell.stop());

const plain = "kubectl acr-secret create --registry myregistry --auth az";
const create = `${plain} --repository app/web`;

/** Creates a user with the real Azure CLI and an empty configuration, without a sign-in. */
async function withAz() {
  const config = await mkdtemp(join(shell.folder, "az-"));
  const namespace = await newNamespace();
  const env = {
    PATH: `${folder}:${shell.env["PATH"]}`,
    AZURE_CONFIG_DIR: config,
    AZURE_CORE_COLLECT_TELEMETRY: "false",
    AZURE_CLIENT_ID: "",
    AZURE_CLIENT_SECRET: "",
  };
  const log = join(config, "calls.log");
  const az = await recording(config, log);
  return {
    type: (command: string) => shell.type(command, { env }),
    /** Creates a Secret. Returns the result and the plugin's calls of az. */
    async creating(more = "--repository app/web") {
      await rm(log, { force: true });
      const { code, stderr } = await shell.type(`${plain} ${more} -n ${namespace}`, { env: { ...env, PATH: `${az}:${env.PATH}` } });
      const calls = await readFile(log, "utf8").catch(() => "");
      return { code, stderr, asked: calls.split("\n").flatMap((line) => /--resource (\S+)/.exec(line)?.[1] ?? []) };
    },
    create: (more = "") => shell.type(`${create} ${more} -n ${namespace}`, { env }),
    /** Deletes az's cached tokens, so that az must request a new one. */
    async forget() {
      const file = join(config, "msal_token_cache.json");
      const { AccessToken: _, ...rest } = JSON.parse(await readFile(file, "utf8"));
      await writeFile(file, JSON.stringify(rest));
    },
  };
}

/** Creates a folder with an az that logs its arguments and then runs the real az. */
async function recording(config: string, log: string): Promise<string> {
  const bin = join(config, "recording");
  await mkdir(bin);
  await writeFile(join(bin, "az"), `#!/bin/sh\necho "$*" >> ${log}\nexec ${folder}/az "$@"\n`, { mode: 0o755 });
  return bin;
}

async function signedIn(roles = ["Contributor"], graphRoles: readonly GraphRole[] = []) {
  const person = await withAz();
  const { clientId, clientSecret, tenantId } = await shell.azure.addServicePrincipal("jane", roles, graphRoles);
  const login = `az login --service-principal --username ${clientId} --password='${clientSecret}' --tenant ${tenantId} --output none`;
  expect(await person.type(login)).toMatchObject({ code: 0 });
  return { ...person, clientId, login };
}

test("creates a pull secret with the login of az, and changes nothing in a second run", async () => {
  const jane = await signedIn();

  expect(await jane.create("--serviceaccount app")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^scopemap.* created \(\+app\/web\)\ntoken.* created\nsecret\/acr-myregistry created\nserviceaccount\/app patched\n$/,
    ),
    stderr: "hint: the password never expires; to limit it, run rotate with --expires-in\n",
  });
  expect((await jane.create("--serviceaccount app")).stdout.match(/ unchanged$/gm)).toHaveLength(2);
});

test("asks az for each audience once, at the same time, and for none in a second run", async () => {
  const jane = await signedIn(["Owner"], ["Application.ReadWrite.All"]);
  const more = `--service-principal=kept-${crypto.randomUUID()}`;
  const both = ["https://graph.microsoft.com", "https://management.azure.com"];

  expect((await jane.creating(more)).asked.sort()).toEqual(both);
  expect((await jane.creating(`other ${more}`)).asked.sort()).toEqual(both);
  expect((await jane.creating(more)).asked).toEqual([]);
});

test("distinguishes a registry outside the subscription of az from one that does not exist", async () => {
  const jane = await signedIn();
  const asked = async (name: string) => (await jane.type(`${create.replace("myregistry", name)} -n default`)).stderr;

  expect(await asked("otherregistry")).toMatch(
    /^error: registry "otherregistry" exists, but this Azure identity cannot read it\nhint: ask for the role Container Registry Contributor and .* on the registry, or sign in to its tenant:\n {2}az login /,
  );
  expect(await asked("nosuchregistry")).toMatch(/^error: registry "nosuchregistry" not found: the name is not registered in Azure\n/);
});

test("prints the command that signs in when az is signed out", async () => {
  const notLoggedIn = { code: 1, stdout: "", stderr: "error: not logged in to Azure\nhint: az login\n" };
  expect(await (await withAz()).create()).toEqual(notLoggedIn);

  const jane = await signedIn();
  await jane.type("az logout");
  expect(await jane.create()).toEqual(notLoggedIn);
});

test("prints Azure's sentence, and not the secret, when a secret is no longer valid", async () => {
  const jane = await signedIn();
  const application = shell.azure.world.applications.find(({ appId }) => appId === jane.clientId);
  const secret = application?.secrets.pop();
  await jane.forget();

  const { code, stdout, stderr } = await jane.create("-v=9");

  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^error: Azure rejected the client secret: .*\n\* AADSTS7000215: Invalid client secret provided/m);
  expect(secret?.value).toMatch(/.{40}/);
  expect(stderr).not.toContain(secret?.value);
});

test("prints how to sign in when Azure requires a second factor", async () => {
  const { tenantId, users } = shell.azure.world;
  const name = "jane@example.com";
  const user = {
    id: "77777777-7777-7777-7777-777777777777",
    tenantId,
    userPrincipalName: name,
    password: "p",
    refreshTokens: [],
    graphRoles: [],
  };
  users.push(user);
  const jane = await withAz();
  await jane.type(`az login --username ${name} --password p --allow-no-subscriptions --output none`);
  const message = "Due to a configuration change made by your administrator, you must use multi-factor authentication.";
  Object.assign(user, { refusal: { error: "interaction_required", number: 50076, message } });
  await jane.forget();

  const { code, stderr } = await jane.create();

  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: Azure requires multi-factor authentication\n\* AADSTS50076: .*\nhint: az login/);
});
