import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createPlainServer } from "node:http";
import { createServer, type Server } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as turn } from "node:timers/promises";
import { createPipelineRequest } from "@azure/core-rest-pipeline";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createAuthority, type KeyPair } from "../../../sandbox/pki.ts";
import type { Trace } from "../../../src/env.ts";
import { openTransport } from "../../../src/http/transport.ts";

let folder: string;
let target: Server;
let proxy: Server;
let tunnels = 0;

const endless = new Readable({
  read() {
    this.push(Buffer.alloc(1024 * 1024, "x"));
  },
});

/** Starts a server with a certificate for localhost. Returns it with its port. */
async function listen({ certificate: cert, key }: KeyPair): Promise<Server> {
  const server = createServer({ cert, key }, ({ url }, response) => {
    if (url === "/endless") return endless.pipe(response);
    return setTimeout(() => response.end("pulled"), url === "/slow" ? 200 : 0);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tls-test-"));
  const [ours, theirs] = [await createAuthority("ours"), await createAuthority("theirs")];
  await writeFile(join(folder, "both.pem"), `${ours.certificate}\n${theirs.certificate}`);
  await writeFile(join(folder, "ours.pem"), ours.certificate);
  await writeFile(join(folder, "theirs.pem"), theirs.certificate);
  await writeFile(join(folder, "nobody.pem"), "");
  for (const [name, held] of Object.entries({ both: [ours, theirs], theirs: [theirs], none: [] })) {
    await mkdir(join(folder, name));
    for (const [index, { certificate }] of held.entries()) await writeFile(join(folder, name, `${index}.crt`), certificate);
  }
  target = await listen(await ours.issue({ commonName: "target", names: ["localhost", "target.test"] }));
  proxy = await listen(await theirs.issue({ commonName: "proxy", names: ["localhost"] }));
  proxy.on("connect", (_, socket) => {
    tunnels++;
    const through = connect(portOf(target), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      through.pipe(socket).pipe(through);
    });
    for (const end of [through, socket]) end.on("error", () => {});
  });
});
afterAll(async () => {
  for (const server of [target, proxy]) server.close().closeAllConnections();
  await rm(folder, { recursive: true });
});

const clientIn = (env: Record<string, string>) =>
  openTransport(
    env,
    () => {},
    () => new AbortController().signal,
  )();

type Asked = { readonly trusted: string; readonly through?: boolean; readonly added?: string; readonly body?: string };

/**
 * Returns the response of a target, or the reason for the missing response.
 *
 * @param asked `through`: through a proxy that is itself reached over TLS; `added`: a folder with more trusted CAs
 */
async function ask(asked: Asked, times = 1): Promise<(string | null | undefined)[]> {
  const { trusted, through = false, added, body } = asked;
  const env = {
    SSL_CERT_FILE: join(folder, trusted),
    ...(added !== undefined && { SSL_CERT_DIR: join(folder, added) }),
    ...(through && { HTTPS_PROXY: `https://localhost:${portOf(proxy)}` }),
  };
  const client = await clientIn(env);
  // Requests to this machine never use a proxy.
  const host = through ? "target.test" : "localhost";
  const url = `https://${host}:${portOf(target)}/`;
  const one = () =>
    client.sendRequest(createPipelineRequest({ url, ...(body !== undefined && { body, method: "POST" }) })).then(
      ({ bodyAsText }) => bodyAsText,
      ({ message }) => message.replace(/:\d+/g, ""),
    );
  return Promise.all(Array.from({ length: times }, one));
}

const unknownThrough = "the certificate of target.test or of the proxy localhost is signed by an unknown authority";

test.for([
  { trusted: "ours.pem", through: false, answer: "pulled" },
  { trusted: "both.pem", through: false, answer: "pulled" },
  { trusted: "both.pem", through: true, answer: "pulled" },
  { trusted: "ours.pem", through: true, answer: unknownThrough },
  { trusted: "theirs.pem", through: true, answer: unknownThrough },
])("returns $answer with $trusted (through a proxy: $through)", async ({ trusted, through, answer }) => {
  expect(await ask({ trusted, through })).toEqual([answer]);
});

test.for<Asked & { answer: string }>([
  { trusted: "nobody.pem", added: "both", answer: "pulled" },
  { trusted: "theirs.pem", added: "both", answer: "pulled" },
  { trusted: "theirs.pem", added: "both", body: "what was posted", answer: "pulled" },
  { trusted: "nobody.pem", added: "both", through: true, answer: "pulled" },
  { trusted: "theirs.pem", added: "both", through: true, answer: "pulled" },
  { trusted: "ours.pem", added: "both", through: true, answer: "pulled" },
  { trusted: "nobody.pem", added: "none", through: true, answer: unknownThrough },
  { trusted: "theirs.pem", added: "theirs", through: true, answer: unknownThrough },
])("returns $answer to five requests with $trusted and the folder $added (through a proxy: $through)", async ({ answer, ...asked }) => {
  expect(await ask(asked, 5)).toEqual(Array(5).fill(answer));
});

test("uses one tunnel for sequential requests and one for each concurrent request", async () => {
  const env = { SSL_CERT_FILE: join(folder, "both.pem"), HTTPS_PROXY: `https://localhost:${portOf(proxy)}` };
  const client = await clientIn(env);
  const before = tunnels;
  const send = (method: "GET" | "POST") =>
    client.sendRequest(createPipelineRequest({ url: `https://target.test:${portOf(target)}/`, method }));
  for (const method of ["GET", "POST", "GET"] as const) expect((await send(method)).bodyAsText).toBe("pulled");
  expect(tunnels - before).toBe(1);

  await Promise.all([send("GET"), send("GET"), send("POST")]);
  expect(tunnels - before).toBe(3);
});

test("tries once when the certificate is for another name", async () => {
  let met = 0;
  target.on("connection", () => met++);
  const client = await clientIn({ SSL_CERT_FILE: join(folder, "ours.pem") });

  await expect(client.sendRequest(createPipelineRequest({ url: `https://127.0.0.1:${portOf(target)}/` }))).rejects.toThrow(
    "is for another name",
  );
  expect(met).toBe(1);
});

/**
 * Returns a client behind its own proxy, which opens a tunnel to the target for some CONNECT requests and rejects others.
 *
 * @param refuses returns the response to a CONNECT by its number, or undefined for a tunnel. An empty response ends the connection
 * @param login the user name and password in the proxy's address. `seen` gets the target and the login of each CONNECT
 */
async function behind(refuses: (index: number) => string | undefined, login = "", seen: string[] = []) {
  let asked = 0;
  const choosy = createPlainServer().on("connect", ({ url, headers }, socket) => {
    seen.push(`${url} ${headers.host} ${headers["proxy-authorization"]}`);
    socket.on("error", () => {});
    const [head, ...later] = refuses(asked++)?.split("|") ?? [];
    if (head === "") return void socket.end();
    if (head !== undefined) {
      socket.write(head);
      for (const part of later) setTimeout(() => socket.write(part), 20);
      return;
    }
    const through = connect(portOf(target), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      through.pipe(socket).pipe(through);
    });
    through.on("error", () => {});
  });
  await once(choosy.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void choosy.close().closeAllConnections());
  const client = await clientIn({
    SSL_CERT_FILE: join(folder, "both.pem"),
    HTTPS_PROXY: `http://${login}localhost:${(choosy.address() as AddressInfo).port}`,
  });
  return (path = "") =>
    client.sendRequest(createPipelineRequest({ url: `https://target.test:${portOf(target)}/${path}`, method: "POST", body: "x" })).then(
      ({ bodyAsText }) => bodyAsText,
      ({ message }) => message.replace(/:\d+/g, ""),
    );
}

const refused = "the proxy localhost rejected the connection to target.test (502)";

test("sends the proxy the target and the unescaped login of its address", async () => {
  const seen: string[] = [];
  const send = await behind(() => undefined, "j%40ne:hun%25ter2@", seen);

  expect(await send()).toBe("pulled");
  const host = `target.test:${portOf(target)}`;
  expect(seen).toEqual([`${host} ${host} Basic ${Buffer.from("j@ne:hun%ter2").toString("base64")}`]);
});

test("fails only the request whose tunnel the proxy rejects", async () => {
  const send = await behind((index) => (index === 1 ? "HTTP/1.1 502 No\r\nContent-Length: 4\r\n\r\nnope" : undefined));

  expect(await send()).toBe("pulled");
  expect(await Promise.all([send(), send()])).toEqual(["pulled", refused]);
  expect(await send()).toBe("pulled");
});

test("fails only the request whose tunnel the proxy rejects while another request runs", async () => {
  const send = await behind((index) => (index === 1 ? "HTTP/1.1 502 No\r\nContent-Length: 4\r\n\r\nnope" : undefined));

  const slow = send("slow");
  await turn(50);
  expect(await send()).toBe(refused);
  expect(await slow).toBe("pulled");
});

test("reports the rejection of a proxy that sends its page after its headers", async () => {
  const send = await behind(() => "HTTP/1.1 502 No\r\nContent-Length: 4\r\n\r\n|nope");

  expect(await send()).toBe(refused);
});

test("reports a proxy that ends the connection without a response", async () => {
  const send = await behind(() => "");

  expect(await send()).toBe("the connection to the proxy localhost was interrupted");
});

test("ends a response that does not end", async () => {
  const client = await clientIn({ SSL_CERT_FILE: join(folder, "ours.pem") });
  const url = `https://localhost:${portOf(target)}/endless`;

  await expect(client.sendRequest(createPipelineRequest({ url }))).rejects.toMatchObject({
    failure: "refused",
    message: expect.stringMatching(/^localhost:\d+ returned more than 16 MiB$/),
  });
});

test("traces no parameters of an address with a blob", async () => {
  const lines: string[] = [];
  const trace: Trace = (_level, line) => lines.push(line());
  const client = await openTransport({ SSL_CERT_FILE: join(folder, "ours.pem") }, trace, () => new AbortController().signal)();
  const streamResponseStatusCodes = new Set([200]);
  await client.sendRequest(
    createPipelineRequest({ url: `https://localhost:${portOf(target)}/d?verify=hunter2`, streamResponseStatusCodes }),
  );

  expect(lines.join("\n")).toMatch(/^GET https:\/\/localhost:\d+\/d\?\*\*\* 200 in \d+ milliseconds$/);
});
