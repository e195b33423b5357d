import { createPrivateKey } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { createAuthority } from "../../sandbox/pki.ts";
import { openAzure } from "../../src/azure/azure.ts";
import type { Environment } from "../../src/env.ts";
import { shell } from "../../src/hint.ts";
import { finder, startTestWorld } from "./world.ts";

const world = startTestWorld();
const find = finder(world);

test.for<{ change: Readonly<Record<string, string>>; message: RegExp; hint: unknown }>([
  {
    change: { AZURE_CLIENT_SECRET: "wrong" },
    message: /^Azure rejected the client secret: .*\n\* AADSTS7000215/,
    hint: "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
  },
  {
    change: { AZURE_CLIENT_ID: "55555555-5555-5555-5555-555555555555" },
    message: /^application not found in this Azure tenant\n\* AADSTS700016/,
    hint: "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
  },
  {
    change: { AZURE_TENANT_ID: "66666666-6666-6666-6666-666666666666" },
    message: /^the Azure tenant does not exist in this cloud/,
    hint: { ...shell("az cloud show"), when: "check the tenant ID, and the cloud of the Azure CLI" },
  },
])("reports a service principal that Entra refuses: $message", async ({ change, message, hint }) => {
  await expect(find({ ...world.azure.env, ...change } as Record<string, string>)).rejects.toMatchObject({
    kind: "unauthenticated",
    message: expect.stringMatching(message),
    hint,
  });
});

test("uses another tenant instead of the environment's", async () => {
  const { AZURE_TENANT_ID, ...env } = world.azure.env;
  const tenant = AZURE_TENANT_ID ?? "";

  expect(await openAzure(world.options({ identity: { source: "auto", tenant }, env })).findRegistry("myregistry")).toMatchObject({
    name: "myregistry",
  });
  const elsewhere = { source: "env", tenant: "66666666-6666-6666-6666-666666666666" } as const;
  await expect(openAzure(world.options({ identity: elsewhere })).findRegistry("myregistry")).rejects.toMatchObject({
    message: expect.stringContaining("AADSTS90002"),
  });
});

/** Returns the environment of a service principal with a certificate, and the file with the certificate and its key. */
async function withCertificate({ registered = true } = {}) {
  const { clientId, tenantId } = await world.azure.addServicePrincipal("certified", ["Contributor"]);
  const { certificate, key } = await (await createAuthority("certified")).issue({ commonName: "certified" }, "rsa");
  if (registered) world.azure.world.applications.find(({ appId }) => appId === clientId)?.certificates.push(certificate);
  const file = join(world.azure.caFile, `../${clientId}.pem`);
  await writeFile(file, key + certificate);
  const { AZURE_CLIENT_SECRET, ...env } = world.azure.env;
  return { file, certificate, env: { ...env, AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_CERTIFICATE_PATH: file } };
}

test.for(["0", "true"])("signs in a service principal with its certificate (chain sent: %s)", async (chain) => {
  const { env } = await withCertificate();

  expect(await find({ ...env, AZURE_CLIENT_SEND_CERTIFICATE_CHAIN: chain, PATH: "/nonexistent" })).toMatchObject({ name: "myregistry" });
});

test("reports a certificate that the application does not have", async () => {
  const { env } = await withCertificate({ registered: false });

  await expect(find(env)).rejects.toMatchObject({
    kind: "unauthenticated",
    message: expect.stringMatching(/^Azure rejected the client certificate or federated assertion\n\* AADSTS700027: /),
    hint: "check the application's certificates and federated credentials",
  });
});

test("reports a file without the certificate or its key, and a missing file", async () => {
  const { env, file, certificate } = await withCertificate();
  const failing = (path: string) => find({ ...env, AZURE_CLIENT_CERTIFICATE_PATH: path });
  const hint = "set AZURE_CLIENT_CERTIFICATE_PATH to a PEM file with the certificate and its private key";

  await expect(failing(`${file}.gone`)).rejects.toMatchObject({ kind: "config", message: `the file ${file}.gone does not exist`, hint });
  for (const text of ["", certificate]) {
    await writeFile(`${file}.part`, text);
    await expect(failing(`${file}.part`)).rejects.toMatchObject({
      kind: "config",
      message: `no certificate with a private key found in ${file}.part`,
      hint,
    });
  }
});

test("reads a key with AZURE_CLIENT_CERTIFICATE_PASSWORD, and reports a wrong one without printing it", async () => {
  const { env, file, certificate } = await withCertificate();
  const key = createPrivateKey(await readFile(file, "utf8"));
  await writeFile(file, `${key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "hunter2" })}${certificate}`);

  expect(await find({ ...env, AZURE_CLIENT_CERTIFICATE_PASSWORD: "hunter2" })).toMatchObject({ name: "myregistry" });
  const refused = await find({ ...env, AZURE_CLIENT_CERTIFICATE_PASSWORD: "hunter3" }).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    kind: "config",
    message: "the private key of the client certificate cannot be read",
    hint: "check AZURE_CLIENT_CERTIFICATE_PATH and AZURE_CLIENT_CERTIFICATE_PASSWORD",
  });
  expect(String(refused)).not.toContain("hunter");
});

test.for<{ env: Environment; lacks: string }>([
  { env: {}, lacks: "" },
  { env: { AZURE_CLIENT_ID: "a" }, lacks: ": AZURE_TENANT_ID and AZURE_CLIENT_SECRET are not set" },
  { env: { AZURE_CLIENT_ID: "a", AZURE_CLIENT_CERTIFICATE_PATH: "f" }, lacks: ": AZURE_TENANT_ID is not set" },
  { env: { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "", AZURE_CLIENT_SECRET: "s" }, lacks: ": AZURE_CLIENT_ID is not set" },
])("reports what to set in an environment without a service principal$lacks", async ({ env, lacks }) => {
  await expect(find({ PATH: "/nonexistent", ...env }, "env")).rejects.toMatchObject({
    kind: "config",
    message: `the environment defines no Azure identity${lacks}`,
    hint: "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH)",
  });
});

test.for([
  {
    what: "by a proxy that is not there",
    change: () => ({ HTTPS_PROXY: "http://jane:hunter2@127.0.0.1:1" }),
    message: "cannot sign in to Azure: the proxy 127.0.0.1:1 refused the connection",
    hint: "check the network and HTTPS_PROXY",
  },
  {
    what: "past a certificate that is not trusted",
    change: () => ({ SSL_CERT_FILE: "", NODE_EXTRA_CA_CERTS: "" }),
    message: "cannot sign in to Azure: the certificate of login.microsoftonline.com is signed by an unknown authority",
    hint: "if your proxy inspects TLS, set SSL_CERT_FILE to a file with its CA certificate",
  },
])("reports an Entra that cannot be reached $what", async ({ change, message, hint }) => {
  await expect(find({ ...world.azure.env, ...change() })).rejects.toMatchObject({ kind: "unreachable", message, hint });
});

// The library keeps the first HTTP client of the process, so only one test of this file may use it
test("reports a request that the machine's endpoint refuses", async () => {
  vi.stubEnv("AZURE_POD_IDENTITY_AUTHORITY_HOST", world.azure.metadata);
  world.azure.faults.add({ kind: "status", path: /metadata\/identity/, status: 403 });

  const env = { AZURE_POD_IDENTITY_AUTHORITY_HOST: world.azure.metadata };
  await expect(openAzure(world.options({ identity: { source: "managed" }, env })).findRegistry("myregistry")).rejects.toMatchObject({
    kind: "forbidden",
    message: "the managed identity endpoint of this machine returned HTTP 403",
  });
  vi.unstubAllEnvs();
});

test("waits as long as Entra ID asks when it throttles, and reports that it still does", async () => {
  const headers = { "content-type": "text/plain", "retry-after": "60" };
  world.azure.faults.add({ kind: "status", path: /oauth2\/v2\.0\/token/, status: 429, headers, body: Buffer.from("Too many requests") });

  await expect(openAzure(world.options()).findRegistry("myregistry")).rejects.toMatchObject({
    kind: "unreachable",
    message: "Azure's sign-in service returned HTTP 429 and no token",
    hint: "retry in a minute",
  });
  expect(world.slept).toEqual([60_000, 60_000, 60_000]);
});

test("reports a timeout after half a minute when a proxy does not respond", async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const asked = once(silent, "connection");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const finding = find({ ...world.azure.env, HTTPS_PROXY: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` });
    const refused = expect(finding).rejects.toMatchObject({
      kind: "timeout",
      message: "cannot sign in to Azure: login.microsoftonline.com did not respond within 30 seconds",
    });
    await asked;
    await vi.advanceTimersByTimeAsync(30_000);
    await refused;
  } finally {
    vi.useRealTimers();
    silent.close();
  }
});

test("names the variable of an invalid proxy, without its password", async () => {
  const refused = await find({ ...world.azure.env, HTTPS_PROXY: "socks5://user:hunter2@127.0.0.1:1" }, "env").catch((error) => error);

  expect(refused).toMatchObject({ kind: "config", message: "HTTPS_PROXY uses the protocol socks5; only HTTP proxies are supported" });
  expect(JSON.stringify([refused.message, refused.hint])).not.toContain("hunter2");
});

test("ends when it is interrupted while Entra responds", { timeout: 10_000 }, async () => {
  world.azure.faults.add({ kind: "slow", path: /oauth2/, milliseconds: 20_000 });
  const interrupt = new AbortController();
  setTimeout(() => interrupt.abort(), 100);

  await expect(find({ ...world.azure.env }, "env", interrupt.signal)).rejects.toMatchObject({ kind: "cancelled" });
});

test("signs in with another signal after an interruption", { timeout: 10_000 }, async () => {
  const slow = world.azure.faults.add({ kind: "slow", path: /oauth2/, milliseconds: 20_000 });
  const interrupt = new AbortController();
  let { signal } = interrupt;
  const azure = openAzure(world.options({ signal: () => signal }));
  setTimeout(() => interrupt.abort(), 100);
  await expect(azure.findRegistry("myregistry")).rejects.toMatchObject({ kind: "cancelled" });

  slow();
  await expect(azure.findRegistry("myregistry")).rejects.toMatchObject({ kind: "cancelled" });
  signal = new AbortController().signal;
  expect(await azure.findRegistry("myregistry")).toMatchObject({ name: "myregistry" });
});

test("prints the sign-in without its secret with -v=9", async () => {
  await find({ ...world.azure.env });
  const printed = world.traced.join("\n");

  expect(printed).toMatch(/^POST https:\/\/login\.microsoftonline\.com\/.*\/oauth2\/v2\.0\/token\S* 200 in \d+ milliseconds$/m);
  expect(printed).toContain("client_secret=***");
  expect(printed).not.toContain(world.azure.env.AZURE_CLIENT_SECRET);
  expect(printed).not.toMatch(/eyJ/);
});
