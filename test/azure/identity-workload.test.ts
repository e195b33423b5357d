import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, test } from "vitest";
import { finder, startTestWorld } from "./world.ts";

const world = startTestWorld();
const find = finder(world);
const expected = { issuer: "https://issuer.example", subject: "system:serviceaccount:ci:runner", audience: "api://AzureADTokenExchange" };

/**
 * Returns the environment that the webhook injects into a pod whose ServiceAccount has a federated credential. `claims` change its token.
 */
async function inPod(claims: Record<string, unknown> = {}) {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const { clientId, tenantId } = await world.azure.addServicePrincipal("federated", ["Contributor"]);
  const application = world.azure.world.applications.find(({ appId }) => appId === clientId);
  if (application) application.federated = [{ id: "1", name: "runner", ...expected }];
  world.azure.world.issuers.set(expected.issuer, { keys: [{ ...(await exportJWK(publicKey)), kid: "1", alg: "RS256" }] });
  const usual = { iss: expected.issuer, sub: expected.subject, aud: [expected.audience], exp: Math.floor(Date.now() / 1000) + 600 };
  const assertion = await new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: "RS256", kid: "1" }).sign(privateKey);
  const file = join(world.azure.caFile, `../${clientId}.token`);
  await writeFile(file, `${assertion}\n`);
  const { AZURE_CLIENT_SECRET, ...env } = world.azure.env;
  const ours = { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_FEDERATED_TOKEN_FILE: file };
  return { file, assertion, env: { ...env, PATH: "/nonexistent", ...ours } };
}

test.for(["auto", "workload"] as const)("signs in a pod with its ServiceAccount's token (--auth=%s)", async (source) => {
  const { env, assertion } = await inPod();

  expect(await find({ ...env, AZURE_AUTHORITY_HOST: "https://login.microsoftonline.com/" }, source)).toMatchObject({ name: "myregistry" });
  const printed = world.traced.join("\n");
  expect(printed).toContain("client_assertion=***");
  expect(printed).not.toContain(assertion);
});

const rejected = {
  error: "invalid_client",
  error_description: "AADSTS700213: No matching federated identity record found for presented assertion subject 'x'.",
  error_codes: [700213],
};
const reject = (times?: number) =>
  world.azure.faults.add({ kind: "status", path: /oauth2\/v2\.0\/token/, status: 401, body: rejected, ...(times && { times }) });

test("waits for a new federated credential", async () => {
  const { env } = await inPod();
  reject(10);

  expect(await find(env, "workload")).toMatchObject({ name: "myregistry" });
  expect(world.slept).toEqual([1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000, 5000, 5000]);
});

test("waits two minutes for a federated credential", async () => {
  const { env } = await inPod();
  reject();

  await expect(find(env, "workload")).rejects.toMatchObject({ name: "CliError", kind: "unauthenticated" });
  expect(world.slept.reduce((sum, each) => sum + each, 0)).toBe(120_000);
});

test.for([
  {
    why: "issuer",
    claims: { iss: "https://issuer.example/" },
    words: "issuer https://issuer.example/, subject system:serviceaccount:ci:runner",
  },
  { why: "subject", claims: { sub: "system:serviceaccount:ci:other" }, words: "subject system:serviceaccount:ci:other, audience" },
  { why: "audience", claims: { aud: ["a", "b"] }, words: "audience a or b" },
])("reports a mismatched $why and the value that the application must expect", async ({ claims, words }) => {
  const { env } = await inPod(claims);

  await expect(find(env, "workload")).rejects.toMatchObject({
    kind: "unauthenticated",
    message: expect.stringMatching(/^Azure rejected the client certificate or federated assertion\n\* AADSTS70021[123]: /),
    hint: expect.stringContaining(words),
  });
});

test("explains what to do when the token has expired", async () => {
  const { env } = await inPod({ exp: Math.floor(Date.now() / 1000) - 360 });

  await expect(find(env)).rejects.toMatchObject({
    message: expect.stringContaining("AADSTS700024"),
    hint: "check the application's certificates and federated credentials",
  });
});

test("reports a token file that is missing or empty, and missing variables", async () => {
  const { env, file } = await inPod();
  await expect(find({ ...env, AZURE_FEDERATED_TOKEN_FILE: `${file}.gone` }, "workload")).rejects.toMatchObject({
    kind: "config",
    message: `the file ${file}.gone does not exist`,
  });
  await writeFile(file, "\n");
  await expect(find(env, "workload")).rejects.toMatchObject({ kind: "config", message: `the file ${file} is empty` });
  await expect(find({ PATH: "/nonexistent", AZURE_CLIENT_ID: "c" }, "workload")).rejects.toMatchObject({
    kind: "config",
    message: "the environment defines no workload identity: AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE are not set",
  });
});
