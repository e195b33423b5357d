// node bare.mjs KUBECTL SOCKET REQUESTS WIDTH: sends the requests in a file (JSON: several lists, one after the other) through one `kubectl
// proxy`, WIDTH at a time, and does nothing else. A list in a list is one proof of an image: its requests go to the registry, one after the
// other. This is the minimum cost of a run over many namespaces. Plain JavaScript, so that nothing is compiled first.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import https from "node:https";
import { connect } from "node:tls";

const [kubectl, socketPath, file, width] = process.argv.slice(2);
const proxy = spawn(kubectl, ["proxy", `--unix-socket=${socketPath}`], { stdio: ["ignore", "pipe", "inherit"] });
const lists = JSON.parse(readFileSync(file, "utf8"));
const agent = new Agent({ keepAlive: true });

/** Reaches the registry as the plugin does: through the proxy of the environment, over connections that stay open. */
const tunnels = Object.assign(new https.Agent({ keepAlive: true }), {
  createConnection(options, created) {
    request(process.env.HTTPS_PROXY, { method: "CONNECT", path: `${options.host}:${options.port}`, agent: false })
      .once("connect", (_, socket) => created(null, connect({ ...options, socket })))
      .once("error", created)
      .end();
  },
});

function send({ method, path, headers, body }) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const receive = (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        // A registry answers the first request with a challenge
        if (response.statusCode < 400 || response.headers["www-authenticate"]) resolve(Buffer.concat(chunks).toString());
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${Buffer.concat(chunks)}`));
      });
    };
    const sent = path.startsWith("/")
      ? request({ agent, socketPath, method, path, headers: { ...headers, ...length, host: "localhost" } }, receive)
      : https.request(path, { agent: tunnels, method, headers }, receive);
    sent.on("error", reject).end(body);
  });
}

/** Sends the requests of a proof. The last one gets the token from the response before it. */
async function prove([challenge, token, manifest]) {
  await send(challenge);
  const { access_token: bearer } = JSON.parse(await send(token));
  await send({ ...manifest, headers: { ...manifest.headers, authorization: `Bearer ${bearer}` } });
}

async function sendAll(calls) {
  let next = 0;
  const work = async () => {
    while (next < calls.length) {
      const call = calls[next++];
      await (Array.isArray(call) ? prove(call) : send(call));
    }
  };
  await Promise.all(Array.from({ length: Number(width) }, work));
}

await new Promise((resolve) => proxy.stdout.once("data", resolve));
try {
  for (const calls of lists) await sendAll(calls);
} finally {
  proxy.kill();
}
process.exit(0);
