import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPipelineRequest } from "@azure/core-rest-pipeline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority, type KeyPair } from "../../../sandbox/pki.ts";
import { openTransport } from "../../../src/http/transport.ts";

let folder: string;
let target: Server;
let proxy: Server;

/** A server with a certificate for localhost, and the port that it listens on. */
async function listen({ certificate: cert, key }: KeyPair): Promise<Server> {
  const server = createServer({ cert, key }, (_, response) => response.end("pulled")).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tls-test-"));
  const [ours, theirs] = [await createAuthority("ours"), await createAuthority("theirs")];
  await writeFile(join(folder, "both.pem"), `${ours.certificate}\n${theirs.certificate}`);
  await writeFile(join(folder, "ours.pem"), ours.certificate);
  target = await listen(await ours.issue({ commonName: "target", names: ["localhost", "target.test"] }));
  proxy = await listen(await theirs.issue({ commonName: "proxy", names: ["localhost"] }));
  proxy.on("connect", (_, socket) => {
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

/** What a target answers, or why there is no answer; `through`: by way of a proxy that is itself spoken to over TLS. */
async function ask(trusted: string, through = false): Promise<string | null | undefined> {
  const env = { SSL_CERT_FILE: join(folder, trusted), ...(through && { HTTPS_PROXY: `https://localhost:${portOf(proxy)}` }) };
  const client = await openTransport(
    env,
    () => {},
    () => new AbortController().signal,
  )();
  // This machine itself is never asked through a proxy
  const host = through ? "target.test" : "localhost";
  const of = createPipelineRequest({ url: `https://${host}:${portOf(target)}/` });
  return client.sendRequest(of).then(
    ({ bodyAsText }) => bodyAsText,
    ({ message }) => message.replace(/:\d+/, ""),
  );
}

test.for([
  { trusted: "ours.pem", through: false, answer: "pulled" },
  { trusted: "both.pem", through: false, answer: "pulled" },
  { trusted: "both.pem", through: true, answer: "pulled" },
  { trusted: "ours.pem", through: true, answer: "the certificate of target.test is signed by an unknown authority" },
])("with $trusted (through a proxy: $through): $answer", async ({ trusted, through, answer }) => {
  expect(await ask(trusted, through)).toBe(answer);
});
