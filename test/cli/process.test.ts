import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { newFolder } from "../support/new-folder.ts";

const entry = join(import.meta.dirname, "../../cmd/kubectl-acr_secret.ts");

/** A kubectl proxy that answers every request with a version. */
const serving = (version: string) => `#!${process.execPath}
const socket = process.argv.find((word) => word.startsWith("--unix-socket=")).slice(14);
const server = require("node:http").createServer((_, answer) => answer.setHeader("content-type", "application/json").end('{"gitVersion":"${version}"}'));
server.listen(socket, () => console.log("Starting to serve on " + socket));
`;

/** Starts the plugin as a separate process, with this script as its kubectl. */
async function start(
  args: readonly string[],
  kubectl: string,
  {
    stdin = "ignore",
    stdout = "pipe",
    env: more = {},
  }: { readonly stdin?: "ignore" | "pipe"; readonly stdout?: "pipe" | "closed" | number; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<{ child: ChildProcess; folder: string }> {
  const folder = await newFolder();
  const file = join(folder, "kubectl");
  await writeFile(file, kubectl);
  await chmod(file, 0o755);
  const env = { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, KUBECTL_PATH: file, ...more };
  const words = [process.execPath, "--disable-warning=ExperimentalWarning", entry, ...args];
  const child = spawn("sh", ["-c", stdout === "closed" ? 'exec "$0" "$@" >&-' : 'exec "$0" "$@"', ...words], {
    env,
    stdio: [stdin, stdout === "closed" ? "ignore" : stdout, "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, folder };
}

const hanging = '#!/bin/sh\necho "$1" >> "$HOME/asked"\nsleep 60\n';

/** Waits until the plugin has run this kubectl command, which shows how far the plugin is. (The plugin may start a proxy earlier.) */
const asked = (folder: string, what: "proxy" | "config") =>
  vi.waitFor(async () => expect(await readFile(`${folder}/asked`, "utf8")).toContain(what), { timeout: 20_000 });

const clean = (folder: string) =>
  vi.waitFor(async () => expect((await readdir(folder)).toSorted()).toEqual(["asked", "kubectl"]), { timeout: 5000 });

async function ended(child: ChildProcess) {
  const [out, err] = [child.stdout, child.stderr].map(async (stream) => {
    let text = "";
    for await (const chunk of stream?.readable ? stream : []) text += chunk;
    return text;
  });
  const [code, signal] =
    child.exitCode === null && child.signalCode === null ? await once(child, "exit") : [child.exitCode, child.signalCode];
  return { code, signal, stdout: await out, stderr: await err };
}

test.for([
  { signal: "SIGINT", code: 130, args: ["list"], at: "config" },
  { signal: "SIGTERM", code: 143, args: ["list"], at: "config" },
  { signal: "SIGINT", code: 130, args: ["list", "-n", "demo", "--context=prod"], at: "proxy" },
  { signal: "SIGTERM", code: 143, args: ["version"], at: "config" },
  { signal: "SIGHUP", code: 129, args: ["list"], at: "config" },
] as const)("$signal ends $args at once and leaves nothing while kubectl does not start", async ({ signal, code, args, at }) => {
  const { child, folder } = await start(args, hanging);
  const end = ended(child);
  await asked(folder, at);

  child.kill(signal);

  expect(await end).toEqual({ code, signal: null, stdout: "", stderr: "" });
  await clean(folder);
});

test("stops the wait for a password when it is interrupted", async () => {
  const args = ["create", "-n", "demo", "--registry=myregistry.azurecr.io", "--username=ci", "--password-stdin", "--as=jane"];
  const { child, folder } = await start(args, hanging, { stdin: "pipe" });
  const end = ended(child);
  await asked(folder, "proxy");

  child.kill("SIGINT");

  expect(await end).toMatchObject({ code: 130, stdout: "", stderr: "" });
});

/** Its output is larger than a pipe's buffer, so that it cannot end before the output is read. */
const long = serving("v".repeat(2_000_000));

test("prints what it has started when it is interrupted once", async () => {
  const { child } = await start(["version"], long);
  await once(child.stdout ?? child, "readable");

  child.kill("SIGTERM");

  expect((await ended(child)).stdout).toMatch(/v{2000000}\n$/);
});

test("lets a run print its result when the terminal is closed", async () => {
  const { child } = await start(["version"], long);
  await once(child.stdout ?? child, "readable");

  child.kill("SIGHUP");

  expect(await ended(child)).toMatchObject({ code: 0, stdout: expect.stringMatching(/v{2000000}\n$/) });
});

test("ends at once when it is interrupted twice", async () => {
  const { child } = await start(["version"], long);
  await once(child.stdout ?? child, "readable");
  child.kill("SIGTERM");

  // Node reports two signals at the same time as one, so the test sends them until the process has ended.
  await vi.waitFor(
    () => {
      child.kill("SIGTERM");
      expect(child.exitCode).toBe(143);
    },
    { timeout: 10_000, interval: 50 },
  );
});

test("applies --request-timeout to a kubectl that does not start", async () => {
  const { child, folder } = await start(["list", "--request-timeout=700ms"], hanging);

  expect(await ended(child)).toEqual({
    code: 2,
    signal: null,
    stdout: "",
    stderr: "Unable to connect to the server: no response within 0.7s\nhint: increase --request-timeout\n",
  });
  await clean(folder);
});

test("exits with 141 when the reader closes the pipe", async () => {
  const { child } = await start(["options"], hanging);
  child.stdout?.destroy();

  expect(await ended(child)).toMatchObject({ code: 141, stderr: "" });
});

test.for([
  { line: "options", code: 1 },
  { line: "list --help", code: 2 },
  { line: "check --help", code: 2 },
  { line: "attach --help --diff", code: 2 },
])("exits with $code and the reason when the disk is full: $line", async ({ line, code }) => {
  const full = await open("/dev/full", "w");
  onTestFinished(() => full.close());
  const { child } = await start(line.split(" "), hanging, { stdout: full.fd });

  expect(await ended(child)).toMatchObject({ code, stderr: "error: cannot write to standard output: the disk is full\n" });
});

test("creates nothing that it would print when stdout is closed", async () => {
  const args = ["create", "-n", "demo", "--registry=myregistry", "--repository=app/web", "--export"];
  const { child } = await start(args, hanging, { stdout: "closed" });

  const stderr = expect.stringMatching(/^error: --export would lose the password, because standard output is closed/);
  expect(await ended(child)).toMatchObject({ code: 1, stderr });
});

test("completes a command when stderr is closed", async () => {
  const { child } = await start(["version", "-v=8"], serving("v1.37.0"));
  child.stderr?.destroy();

  expect(await ended(child)).toMatchObject({ code: 0, stdout: expect.stringContaining("v1.37.0") });
});

test.for(["http://jane:hunter2@127.0.0.1:1", "jane:hunter2@127.0.0.1:1"])("writes no password of %s to its logs", async (proxy) => {
  const identity = { AZURE_TENANT_ID: crypto.randomUUID(), AZURE_CLIENT_ID: crypto.randomUUID(), AZURE_CLIENT_SECRET: "s3cr3t-of-azure" };
  const env = { ...identity, HTTPS_PROXY: proxy, https_proxy: proxy, DEBUG: "*", AZURE_LOG_LEVEL: "verbose" };
  const { child } = await start(["doctor", "-v=9"], "#!/bin/sh\nexit 1\n", { env });

  const { stdout, stderr } = await ended(child);
  expect(stderr).toContain("azure:identity:info");
  expect(stdout).toContain("azure-identity: cannot sign in to Azure: the proxy 127.0.0.1:1 refused the connection\n");
  expect(`${stdout}${stderr}`).not.toMatch(/hunter2|aHVudGVyMg|amFuZTpodW50ZXIy|s3cr3t/);
});
