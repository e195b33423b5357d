import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openAzure } from "../../src/azure/azure.ts";
import type { SignInOptions } from "../../src/azure/port.ts";
import { finder, startTestWorld } from "./world.ts";

const world = startTestWorld();
const find = finder(world);

async function signedInByAz(extra: Record<string, string> = {}) {
  const login = await world.azure.addServicePrincipal("jane", ["Contributor"]);
  return { ...world.azEnv(login), ...extra };
}

test("uses the environment's service principal with auto, and does not start az", async () => {
  await find({ ...world.azure.env, PATH: "/nonexistent" });

  expect(world.azure.calls.count("POST", /\/oauth2\/v2\.0\/token/)).toBe(1);
});

test("uses az with auto when there is no service principal, once for all requests of a command", async () => {
  const log = join(world.azure.caFile, "../az.log");
  const azure = openAzure(world.options({ env: await signedInByAz({ FAKE_AZ_LOG: log }) }));
  const registry = await azure.findRegistry("myregistry");
  await Promise.all([azure.token(registry, "x"), azure.scopeMap(registry, "x")]);

  expect(await readFile(log, "utf8")).toBe("account get-access-token --resource https://management.azure.com --output json\n");
});

test.for<{ options: Omit<SignInOptions, "source">; says: string }>([
  { options: { tenant: "example.com" }, says: "--tenant=example.com " },
  { options: { subscription: "22222222-2222-2222-2222-222222222222" }, says: "--subscription=22222222-2222-2222-2222-222222222222 " },
  // az accepts only one of the two.
  { options: { tenant: "t", subscription: "22222222-2222-2222-2222-222222222222" }, says: "--tenant=t " },
])("passes $says on to az", async ({ options, says }, { task }) => {
  const log = join(world.azure.caFile, `../${task.id}.log`);
  await openAzure(world.options({ identity: { source: "auto", ...options }, env: await signedInByAz({ FAKE_AZ_LOG: log }) })).findRegistry(
    "myregistry",
  );

  expect(await readFile(log, "utf8")).toBe(`account get-access-token --resource https://management.azure.com ${says}--output json\n`);
});

test("uses the cloud that az has chosen, unless another is named", async () => {
  const folder = join(world.azure.caFile, "../az");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "config"), "[cloud]\nname = AzureUSGovernment\n");
  const log = join(folder, "calls.log");
  const env = await signedInByAz({ AZURE_CONFIG_DIR: folder, FAKE_AZ_LOG: log });

  await expect(find(env)).rejects.toThrow();
  expect(await readFile(log, "utf8")).toContain("--resource https://management.usgovcloudapi.net");
  const azure = openAzure(world.options({ identity: { source: "auto", cloud: "AzureCloud" }, env }));
  expect(await azure.findRegistry("myregistry")).toMatchObject({ name: "myregistry" });
  await writeFile(join(folder, "config"), "[cloud]\nname = corp\n");
  expect(() => openAzure(world.options({ env }))).toThrow('the Azure CLI uses the cloud "corp"');
});

test("reads the expiry in local time when az is older than 2.54", async () => {
  expect(await find(await signedInByAz({ FAKE_AZ: "before-2.54" }))).toMatchObject({ name: "myregistry" });
});

test("uses az when it is selected, although the environment has a service principal", async () => {
  const env = { ...world.azure.env, ...(await signedInByAz({ FAKE_AZ: "signed-out" })) };

  await expect(find(env, "az")).rejects.toMatchObject({ message: "not logged in to Azure" });
});

test("renews a token that is about to expire, once for all who wait", async () => {
  const log = join(world.azure.caFile, "../az-renew.log");
  const start = new Date();
  let later = 0;
  const now = () => new Date(start.getTime() + later);
  const azure = openAzure(world.options({ now, env: await signedInByAz({ FAKE_AZ_LOG: log }) }));
  const registry = await azure.findRegistry("myregistry");
  const asked = async () => (await readFile(log, "utf8")).trimEnd().split("\n").length;

  later = 50 * 60_000; // of the hour for which a token is valid
  await azure.token(registry, "x");
  expect(await asked()).toBe(1);
  later = 56 * 60_000;
  await Promise.all([azure.token(registry, "x"), azure.token(registry, "y")]);
  expect(await asked()).toBe(2);
});

test.for([
  { plays: "signed-out", kind: "unauthenticated", message: "not logged in to Azure", hint: "az login" },
  {
    plays: "mfa",
    kind: "unauthenticated",
    message: /^Azure requires multi-factor authentication\n\* AADSTS50076: [^\n]*$/,
    hint: "az login --scope https://management.azure.com/.default",
  },
  {
    plays: "expired",
    kind: "unauthenticated",
    message: /^the Azure sign-in has expired/,
    hint: "az login --scope https://management.azure.com/.default",
  },
  {
    plays: "crashed",
    kind: "unauthenticated",
    message: "Azure returned no token\n* The command failed with an unexpected error.",
    hint: "az login",
  },
  { plays: "old", kind: "config", message: "the Azure CLI is too old", hint: "az upgrade" },
])("explains what to do when az is $plays", async ({ plays, kind, message, hint }) => {
  const env = await signedInByAz({ FAKE_AZ: plays });

  await expect(find(env)).rejects.toMatchObject({
    kind,
    message: typeof message === "string" ? message : expect.stringMatching(message),
    hint,
  });
});

test("reports az without its output when it prints no JSON", async () => {
  await expect(find(await signedInByAz({ FAKE_AZ: "garbled" }))).rejects.toMatchObject({
    kind: "config",
    message: "the Azure CLI did not return JSON",
  });
});

test("explains what to do when az is not installed", async () => {
  await expect(find({ ...(await signedInByAz()), PATH: "/nonexistent" })).rejects.toMatchObject({
    kind: "config",
    message: "the Azure CLI (az) is not installed, or not on PATH",
    hint: "install it (https://aka.ms/azure-cli), or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
  });
});

test.for<{ when: string; more: Record<string, string>; says: string }>([
  { when: "fails", more: { FAKE_AZ: "signed-out" }, says: "not logged in to Azure" },
  { when: "is not installed", more: { PATH: "/nonexistent" }, says: "the Azure CLI (az) is not installed, or not on PATH" },
])("names the unset secret of a service principal when az $when", async ({ more, says }) => {
  const env = await signedInByAz({ AZURE_CLIENT_ID: "c", ...more });

  const note = "AZURE_CLIENT_ID is set, AZURE_CLIENT_SECRET is not";
  await expect(find(env)).rejects.toMatchObject({ message: `${says}\n* ${note}` });
  await expect(find({ ...env, AZURE_CLIENT_CERTIFICATE_PATH: "/c.pem" })).rejects.toMatchObject({ message: says });
});

test("ends an az that hangs when it is interrupted", async () => {
  const interrupt = new AbortController();
  const finding = find(await signedInByAz({ FAKE_AZ: "hangs" }), "auto", interrupt.signal);
  setTimeout(() => interrupt.abort(), 100);

  await expect(finding).rejects.toMatchObject({ kind: "cancelled" });
});
