import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { createAuthority } from "../../sandbox/pki.ts";
import { openAzure } from "../../src/azure/azure.ts";
import type { Environment } from "../../src/env.ts";
import { parseImage } from "../../src/registry/image-reference.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import { Sensitive } from "../../src/sensitive.ts";

// A server with a self-made certificate answers in place of the real one.

const got: string[] = [];
const listener: RequestListener = (request, response) => {
  got.push(`${request.method} ${request.url} ${request.headers.authorization ?? ""}`);
  response.writeHead(401, { "WWW-Authenticate": `Bearer realm="https://${request.headers.host}/oauth2/token",service="x"` }).end();
};
const servers: Server[] = [];
const sockets = new Set<Socket>();
let impostor = 0;
let plainProxy = 0;
let tlsProxy = 0;

async function listening(server: Server): Promise<number> {
  servers.push(server.on("connection", (socket) => sockets.add(socket)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Connects every tunnel to the impostor. */
function tunnelling<T extends Server>(server: T): T {
  server.on("connect", (request, client: Socket) => {
    got.push(`CONNECT ${request.headers["proxy-authorization"] ?? ""}`);
    client.write("HTTP/1.1 200 OK\r\n\r\n");
    client.pipe(connect(impostor, "127.0.0.1").on("error", () => client.destroy())).pipe(client);
  });
  return server;
}

beforeAll(async () => {
  const { certificate: cert, key } = await (await createAuthority("impostor")).issue({
    commonName: "x",
    names: ["localhost", "*.azurecr.io"],
  });
  impostor = await listening(createHttps({ cert, key }, listener));
  plainProxy = await listening(tunnelling(createHttp()));
  tlsProxy = await listening(tunnelling(createHttps({ cert, key })));
});
afterEach(() => {
  vi.unstubAllEnvs();
  got.length = 0;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

const options = (env: Environment) => ({
  env,
  trace: () => {},
  signal: () => new AbortController().signal,
  sleep: async () => {},
  now: () => new Date(),
});
const login = { username: "u", password: new Sensitive("hunter2") };

test.for([
  { way: "straight", env: () => ({}), image: () => `localhost:${impostor}/app:1` },
  { way: "through a proxy", env: () => ({ HTTPS_PROXY: `http://127.0.0.1:${plainProxy}` }), image: () => "myregistry.azurecr.io/app:1" },
])("gets no login $way, whatever NODE_TLS_REJECT_UNAUTHORIZED says", async ({ env, image }) => {
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  const { verdict } = await openRegistry(options({ ...env(), NODE_TLS_REJECT_UNAUTHORIZED: "0" })).prove(parseImage(image()), login);

  expect(verdict).toBe("untrusted");
  expect(got.filter((line) => !line.startsWith("CONNECT"))).toEqual([]);
});

test("gets no client secret and no token of Azure", async () => {
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  const env = {
    HTTPS_PROXY: `http://127.0.0.1:${plainProxy}`,
    AZURE_TENANT_ID: "11111111-1111-1111-1111-111111111111",
    AZURE_CLIENT_ID: "44444444-4444-4444-4444-444444444444",
    AZURE_CLIENT_SECRET: "hunter2",
  };

  await expect(openAzure({ ...options(env), identity: { source: "env" } }).findRegistry("myregistry")).rejects.toMatchObject({
    kind: "unreachable",
  });
  expect(got.length).toBeGreaterThan(0);
  expect(got.filter((line) => !line.startsWith("CONNECT"))).toEqual([]);
});

test("gets no password of a proxy", async () => {
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  const env = { HTTPS_PROXY: `https://jane:hunter2@localhost:${tlsProxy}` };

  expect((await openRegistry(options(env)).prove(parseImage("myregistry.azurecr.io/app:1"), login)).verdict).toBe("untrusted");
  expect(got).toEqual([]);
});
