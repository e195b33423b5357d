import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { processesOf } from "../../support/processes.ts";
import { until } from "../../support/until.ts";
import { loginServer, openTestAzure, registryId, startTestAzure } from "./world.ts";

const azure = await openTestAzure();
await azure.push(`${loginServer}/app/web:1`);
await azure.push(`${loginServer}/app/docker:1`, { format: "docker", entrypoint: ["/run"] });
beforeEach(() => {
  azure.faults.reset();
  azure.calls.reset();
});

const run = promisify(execFile);

/** Runs crane with a docker config that contains one login. */
async function crane(login: { username: string; password: string } | undefined, ...args: string[]): Promise<string> {
  const home = join(azure.folder, "crane");
  await mkdir(home, { recursive: true });
  const auth = login && Buffer.from(`${login.username}:${login.password}`).toString("base64");
  const config = JSON.stringify({ auths: auth === undefined ? {} : { [loginServer]: { auth } } });
  await writeFile(join(home, "config.json"), config);
  const env = { PATH: process.env.PATH, ...azure.env, DOCKER_CONFIG: home };
  return run(azure.binaries.program("crane"), args, { env }).then(
    ({ stdout }) => stdout,
    (error: { stderr: string }) => error.stderr,
  );
}

test.for(["app/web", "app/docker"])("lets crane pull %s only with a valid login", async (repository) => {
  const { clientId: username, clientSecret: password } = await azure.addServicePrincipal("puller", [
    { role: "AcrPull", registry: "myregistry" },
  ]);
  const image = `${loginServer}/${repository}:1`;
  const archive = join(azure.folder, "image.tar");

  expect(await crane({ username, password }, "pull", image, archive)).toBe("");
  expect((await readFile(archive)).length).toBeGreaterThan(1000);
  expect(await crane({ username, password: "wrong" }, "manifest", image)).toContain("UNAUTHORIZED: authentication required");
  expect(await crane(undefined, "manifest", image)).toContain("UNAUTHORIZED: authentication required");
  expect(azure.calls.dataPlane().map(({ user, verdict }) => [user, verdict])).toEqual([
    [username, "granted"],
    [username, "found"],
    [username, "refused"],
    ["", "refused"],
  ]);
  expect(azure.calls.list()[0]).toMatchObject({
    method: "GET",
    host: loginServer,
    path: "/v2/",
    status: 401,
    userAgent: expect.stringContaining("crane"),
  });
});

test("lists the tag and the time of an image that crane has pushed", async () => {
  const { clientId: username, clientSecret: password } = await azure.addServicePrincipal("pusher", [
    { role: "AcrPush", registry: "myregistry" },
  ]);
  const { clientId, clientSecret } = await azure.addServicePrincipal("only puller", [{ role: "AcrPull", registry: "myregistry" }]);

  expect(
    await crane({ username: clientId, password: clientSecret }, "copy", `${loginServer}/app/web:1`, `${loginServer}/copied/web:2`),
  ).toContain("UNAUTHORIZED");
  await crane({ username, password }, "copy", `${loginServer}/app/web:1`, `${loginServer}/copied/web:2`);
  expect(await crane({ username, password }, "ls", `${loginServer}/copied/web`)).toBe("2\n");
  expect(azure.world.registries[0]?.pushed.has("copied/web:2")).toBe(true);
});

test.for(["https://example.com/", "https://nosuchregistry.azurecr.io/v2/", "https://myregistry.azurecr.cn/v2/", "https://azurecr.io/"])(
  "refuses to connect to %s",
  async (url) => {
    await expect(azure.ask("GET", url)).rejects.toThrow("502");
    expect(azure.calls.refusedHosts()).toEqual([`${new URL(url).host}:443`]);
  },
);

test("refuses a Host that is not the server name of the TLS handshake", async () => {
  expect((await azure.ask("GET", `https://${loginServer}/v2/`, { headers: { host: "management.azure.com" } })).status).toBe(421);
});

test("answers with a fault's status and headers as often as the fault says", async () => {
  const url = "https://management.azure.com/metadata/endpoints?api-version=2022-09-01";
  azure.faults.add({
    kind: "status",
    status: 429,
    headers: { "retry-after": "7" },
    host: /^management/,
    path: /^\/metadata/,
    method: "GET",
    times: 2,
  });

  const answers = [await azure.ask("GET", url), await azure.ask("GET", url), await azure.ask("GET", url)];

  expect(answers.map(({ status, headers }) => [status, headers["retry-after"]])).toEqual([
    [429, "7"],
    [429, "7"],
    [200, undefined],
  ]);
  expect(azure.calls.count("GET", /^\/metadata\/endpoints/)).toBe(3);
  expect(azure.calls.list().map(({ status }) => status)).toEqual([429, 429, 200]);
});

test("applies a fault only to what it names, until it is removed", async () => {
  const remove = azure.faults.add({ kind: "drop", path: /^\/v2\// });

  await expect(azure.ask("GET", `https://${loginServer}/v2/`)).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect((await azure.ask("GET", `https://${loginServer}/oauth2/token`)).status).toBe(400);
  remove();
  expect((await azure.ask("GET", `https://${loginServer}/v2/`)).status).toBe(401);
  expect(azure.calls.list().map(({ status }) => status)).toEqual([0, 400, 401]);
});

test.for([
  { half: false, why: /socket hang up|ECONNRESET/ },
  { half: true, why: /aborted|ECONNRESET/ },
])("performs a request when its response is lost (half of it arrives: $half)", async ({ half, why }) => {
  const map = `${half ? "half" : "lost"}map`;
  azure.faults.add({ kind: "lose", half, path: new RegExp(`scopeMaps/${map}`), method: "PUT", times: 1 });

  await expect(azure.arm(azure.owner, "PUT", `${registryId}/scopeMaps/${map}`, { properties: { actions: [] } })).rejects.toThrow(why);

  expect(azure.world.registries[0]?.scopeMaps.some(({ name }) => name === map)).toBe(true);
  expect(azure.calls.list().at(-1)).toMatchObject({ method: "PUT", status: 0 });
});

test.for([
  { host: "management.azure.com", sends: "x-ms-correlation-request-id", gets: ["x-ms-request-id", "x-ms-correlation-request-id"] },
  { host: "graph.microsoft.com", sends: "client-request-id", gets: ["request-id", "client-request-id"] },
])("records every response of $host", async ({ host, sends, gets }) => {
  azure.faults.add({ kind: "status", status: 503, path: /faulty/ });

  for (const path of ["/metadata/endpoints?api-version=2022-09-01", "/nothing", "/faulty"]) {
    const { headers } = await azure.ask("GET", `https://${host}${path}`);
    for (const name of gets) expect(headers[name]).toMatch(/^[0-9a-f-]{36}$/);
    expect((await azure.ask("GET", `https://${host}${path}`, { headers: { [sends]: "mine" } })).headers[sends]).toBe("mine");
  }
});

test("accepts the old password of a token until the new one is replicated", async () => {
  const [registry] = azure.world.registries;
  const scopeMapId =
    "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/demo/providers/Microsoft.ContainerRegistry/registries/myregistry/scopeMaps/_repositories_pull";
  const renewed = { value: "new", previous: "old", creationTime: new Date().toISOString(), since: Date.now() };
  registry?.tokens.push({
    name: "renewed",
    creationDate: "2026-01-01T00:00:00Z",
    status: "enabled",
    scopeMapId,
    passwords: { password1: renewed },
  });
  const replicated = azure.faults.add({ kind: "replication", of: "tokenPasswords", milliseconds: 600_000 });
  const logIn = async (password: string) =>
    (await azure.ask("GET", `https://${loginServer}/oauth2/token?service=${loginServer}`, { login: { username: "renewed", password } }))
      .status;

  expect([await logIn("new"), await logIn("old")]).toEqual([401, 200]);
  replicated();
  expect([await logIn("new"), await logIn("old")]).toEqual([200, 401]);
});

test("ends the registry and every connection when it is stopped", async () => {
  const own = await startTestAzure();
  await own.push(`${loginServer}/app/web:1`);
  expect(await processesOf(own.folder)).not.toEqual([]);

  await own.stop();

  expect(await processesOf(own.folder)).toEqual([]);
  await expect(own.ask("GET", `https://${loginServer}/v2/`)).rejects.toThrow("ECONNREFUSED");
});

test("ends the registry when its parent is killed", async () => {
  const program = `
    const { startTestAzure } = await import("./world.ts");
    const azure = await startTestAzure();
    await azure.push("${loginServer}/app/web:1");
    console.log("up", azure.folder);`;
  const parent = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  let printed = "";
  parent.stdout.on("data", (chunk) => {
    printed += chunk;
  });
  await until(() => printed.includes("up "));
  const folder = printed.split("up ")[1]?.trim() ?? "";
  expect((await processesOf(folder)).some((line) => line.includes("registry"))).toBe(true);

  parent.kill("SIGKILL");
  await once(parent, "exit");

  await until(async () => (await processesOf(folder)).length === 0);
});
