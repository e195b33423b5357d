import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type AzureOptions, openAzure } from "../../src/azure/azure.ts";
import { noteFilesIn } from "../../src/azure/note-files.ts";
import { makeToken } from "../../src/credential/entra-token.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import { onlyAzure, startTestWorld } from "./world.ts";

// What az gave is used by the next run as well, and is never a reason for one to fail.

const world = startTestWorld();
const arm = "account get-access-token --resource https://management.azure.com --output json";
const uid = process.getuid?.() ?? expect.unreachable("these tests need files that have owners");

/** Somebody who is signed in by az, which keeps its tokens as plain text, and has run nothing yet. */
async function signedIn() {
  const folder = await mkdtemp(join(world.azure.caFile, "../person-"));
  const config = join(folder, "az");
  await mkdir(config);
  await writeFile(join(config, "azureProfile.json"), '{"subscriptions":[]}');
  await writeFile(join(config, "msal_token_cache.json"), "{}");
  const log = join(folder, "az.log");
  const kept = join(folder, "kept");
  const login = await world.azure.addServicePrincipal("jane", ["Contributor"], ["Application.ReadWrite.All"]);
  const env = { ...world.azEnv(login), AZURE_CONFIG_DIR: config, FAKE_AZ_LOG: log };
  const open = (more: Partial<AzureOptions> = {}) => openAzure(world.options({ env, notes: noteFilesIn(kept, uid), ...more }));
  return {
    config,
    kept,
    env,
    open,
    /** What a command asks of Azure Resource Manager. */
    run: (more: Partial<AzureOptions> = {}) => open(more).findRegistry("myregistry"),
    /** How az was called, from the first run on. */
    async calls(): Promise<string[]> {
      const text = await readFile(log, "utf8").catch(() => "");
      return text.split("\n").filter((line) => line !== "");
    },
  };
}

/** Azure lets nobody in, for a while. */
const refuse = (host: RegExp, times: number) =>
  world.azure.faults.add({
    kind: "status",
    host,
    path: /./,
    status: 401,
    times,
    headers: { "WWW-Authenticate": 'Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="' },
    body: { error: { code: "InvalidAuthenticationToken", message: "The access token is invalid." } },
  });

test("the second run starts no az, which is told at -v=6, with until when, and no token is written", async () => {
  const jane = await signedIn();
  await jane.run();
  expect(world.traced).toContainEqual(
    expect.stringMatching(/^az's token for https:\/\/management.azure.com is noted for the next run, until 20/),
  );
  world.traced.length = 0;
  expect(await jane.run()).toMatchObject({ name: "myregistry" });

  expect(await jane.calls()).toEqual([arm]);
  expect(world.traced[0]).toMatch(/^az gave a token for https:\/\/management.azure.com before, which is used until 20/);
  const [name = ""] = await readdir(jane.kept);
  const written = await readFile(join(jane.kept, name), "utf8");
  expect(`${world.traced.join("\n")}${written}`).not.toMatch(/eyJ/);
  expect(Object.keys(JSON.parse(written))).toEqual(["signIn", "resource", "token", "notedAt", "expiresAt"]);
});

test("after az logout it is az that is asked, and the note is gone", async () => {
  const jane = await signedIn();
  await jane.run();
  await rm(join(jane.config, "azureProfile.json"));

  await expect(jane.run({ env: { ...jane.env, FAKE_AZ: "signed-out" } })).rejects.toMatchObject({ message: "not logged in to Azure" });
  expect(await readdir(jane.kept)).toEqual([]);
});

test("whoever signs in as another while az is asked gets what az gave, and the next run asks again", async () => {
  const jane = await signedIn();
  const running = jane.run();
  while ((await jane.calls()).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await writeFile(join(jane.config, "azureProfile.json"), '{"subscriptions":[{}]}');
  await running;
  expect(await readdir(jane.kept).catch(() => [])).toEqual([]);
  await jane.run();

  expect(await jane.calls()).toEqual([arm, arm]);
});

test("what Azure Resource Manager refuses costs one az, whatever many requests it is, and nobody an error", async () => {
  const jane = await signedIn();
  const registry = await jane.run();
  const azure = jane.open();
  refuse(/management/, 2);
  await Promise.all([azure.putToken(registry, { name: "x", scopeMapId: "" }).catch(() => {}), azure.scopeMap(registry, "x")]);
  await jane.run();

  expect(await jane.calls()).toEqual([arm, arm]);
});

test("what Microsoft Graph refuses costs one az", async () => {
  const jane = await signedIn();
  await jane.open().applications({ name: "x" });
  refuse(/graph/, 1);

  expect(await jane.open().applications({ name: "x" })).toEqual([]);
  expect(await jane.calls()).toHaveLength(2);
});

test("who is refused with az's newest token is told so, and az was asked once", async () => {
  const jane = await signedIn();
  await jane.run();
  refuse(/management/, 10);

  await expect(jane.run()).rejects.toMatchObject({ kind: "unauthenticated", hint: "az login" });
  expect(await jane.calls()).toEqual([arm, arm]);
});

test("a refusal of what az gave in this very run is no reason to ask it again", async () => {
  const jane = await signedIn();
  refuse(/management/, 1);

  await expect(jane.run()).rejects.toMatchObject({ kind: "unauthenticated" });
  expect(await jane.calls()).toEqual([arm]);
});

test("what a registry refuses costs one az, and nobody an error", async () => {
  const jane = await signedIn();
  const host = "myregistry.azurecr.io";
  const make = () => {
    const azure = jane.open();
    const sources = { ...onlyAzure(azure), registry: () => openRegistry(world.options({ env: jane.env })) };
    return makeToken({ host, inAzure: undefined, azure, sources });
  };
  await make();
  refuse(/^myregistry/, 1);
  expect((await make()).claims.audience).toBe(host);
  expect(await jane.calls()).toHaveLength(2);

  refuse(/^myregistry/, 2);
  await expect(make()).rejects.toMatchObject({ kind: "forbidden" });
  expect(await jane.calls()).toHaveLength(3);
});

test("runs at once all end well, and what they leave is good", async () => {
  const jane = await signedIn();
  expect(await Promise.all([1, 2, 3].map(() => jane.run()))).toHaveLength(3);
  await jane.run();
  const before = (await jane.calls()).length;
  await jane.run();

  expect(await jane.calls()).toHaveLength(before);
});
