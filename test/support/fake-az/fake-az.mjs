import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import tls from "node:tls";

// A fake Azure CLI with the two commands that the plugin runs: `account get-access-token --resource R` and `account show`, in the format of
// az 2.74.
// FAKE_AZ selects its behavior. FAKE_AZ_TENANT, FAKE_AZ_CLIENT_ID and FAKE_AZ_CLIENT_SECRET set the signed-in identity,
// FAKE_AZ_SUBSCRIPTION the default subscription, and FAKE_AZ_LOG the file that records each call. If AZURE_CONFIG_DIR contains MSAL's token
// file, the fake adds the token that it returns to that file.

const env = process.env;
const argv = process.argv.slice(2);
const command = argv.slice(0, 2).join(" ");
const option = (name) => argv[argv.indexOf(name) + 1];
const subscription = env.FAKE_AZ_SUBSCRIPTION ?? "22222222-2222-2222-2222-222222222222";
const interactive = "Interactive authentication is needed. Please run:\naz login --scope https://management.azure.com/.default\n";

const failures = {
  "signed-out": [1, "ERROR: Please run 'az login' to setup account.\n"],
  mfa: [
    1,
    `ERROR: AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '797f4846-ba00-4fd7-ba43-dac1f8f63013'. Trace ID: 0a Correlation ID: 0b Timestamp: 2026-11-24 13:25:18Z\n${interactive}`,
  ],
  expired: [
    1,
    `ERROR: AADSTS700082: The refresh token has expired due to inactivity. Trace ID: 0a Correlation ID: 0b Timestamp: 2026-11-24 13:25:18Z\n${interactive}`,
  ],
  crashed: [1, 'Traceback (most recent call last):\n  File "az", line 1\nERROR: The command failed with an unexpected error.\n'],
  old: [2, "ERROR: unrecognized arguments: --resource\n"],
};

if (env.FAKE_AZ_LOG) appendFileSync(env.FAKE_AZ_LOG, `${argv.join(" ")}\n`);
// az prints such lines on success, too, whenever it rebuilds its command index.
process.stderr.write("ERROR: Error loading command module 'monitor': No module named 'x'\n");
const failure = failures[env.FAKE_AZ];
if (failure) {
  process.stderr.write(failure[1]);
  process.exitCode = failure[0];
} else if (env.FAKE_AZ === "hangs") setTimeout(() => {}, 600_000);
else if (env.FAKE_AZ === "garbled") process.stdout.write("WARNING: {not json\n");
else if (command === "account show")
  print({ environmentName: "AzureCloud", id: subscription, isDefault: true, name: "Demo", state: "Enabled" });
else if (command === "account get-access-token") await printToken(option("--resource"));
else {
  process.stderr.write(`ERROR: '${command}' is misspelled or not recognized by the system.\n`);
  process.exitCode = 2;
}

function print(value) {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

async function printToken(resource) {
  const form = new URLSearchParams({
    client_id: env.FAKE_AZ_CLIENT_ID ?? "",
    client_secret: env.FAKE_AZ_CLIENT_SECRET ?? "",
    grant_type: "client_credentials",
    scope: `${resource}/.default`,
  });
  const answer = await post("login.microsoftonline.com", `/${env.FAKE_AZ_TENANT}/oauth2/v2.0/token`, form.toString());
  if (answer.error) {
    process.stderr.write(`ERROR: ${answer.error_description}\n`);
    process.exitCode = 1;
    return;
  }
  hold(answer.access_token, resource);
  const epoch = Math.floor(Date.now() / 1000) + answer.expires_in;
  const local = new Date(epoch * 1000 - new Date().getTimezoneOffset() * 60_000).toISOString().replace("T", " ").replace("Z", "000");
  print({
    accessToken: answer.access_token,
    expiresOn: local,
    ...(env.FAKE_AZ === "before-2.54" ? {} : { expires_on: epoch }),
    subscription,
    tenant: env.FAKE_AZ_TENANT,
    tokenType: "Bearer",
  });
}

function hold(secret, target) {
  const file = `${env.AZURE_CONFIG_DIR}/msal_token_cache.json`;
  if (!existsSync(file)) return;
  const { AccessToken, ...rest } = JSON.parse(readFileSync(file, "utf8"));
  // Replaces the file atomically. MSAL uses a lock for this, because another az may be reading.
  const beside = `${file}.${process.pid}`;
  writeFileSync(beside, JSON.stringify({ AccessToken: { ...AccessToken, [target]: { secret, target } }, ...rest }, null, 4));
  renameSync(beside, file);
}

/** Posts a form over TLS, through the HTTP CONNECT proxy in HTTPS_PROXY. */
async function post(host, path, body) {
  const { hostname, port } = new URL(env.HTTPS_PROXY);
  const tunnel = await new Promise((resolve, reject) => {
    const connect = http.request({ hostname, port, method: "CONNECT", path: `${host}:443` });
    connect
      .on("connect", (_, socket) => resolve(socket))
      .on("error", reject)
      .end();
  });
  const createConnection = () => tls.connect({ socket: tunnel, servername: host, ca: readFileSync(env.REQUESTS_CA_BUNDLE) });
  return new Promise((resolve, reject) => {
    const headers = { host, "content-type": "application/x-www-form-urlencoded" };
    const request = https.request({ host, path, method: "POST", headers, createConnection }, async (response) => {
      let text = "";
      for await (const part of response) text += part;
      resolve(JSON.parse(text));
    });
    request.on("error", reject).end(body);
  });
}
