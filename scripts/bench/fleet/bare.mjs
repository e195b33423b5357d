// node bare.mjs KUBECTL SOCKET REQUESTS WIDTH: sends the requests in a file (JSON: several lists, one after the other) through one `kubectl
// proxy`, WIDTH at a time, with the next pages of a list, and does nothing else. This is the minimum cost of a run over many namespaces.
// Plain JavaScript, so that nothing is compiled first.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

const [kubectl, socketPath, file, width] = process.argv.slice(2);
const proxy = spawn(kubectl, ["proxy", `--unix-socket=${socketPath}`], { stdio: ["ignore", "pipe", "inherit"] });
const lists = JSON.parse(readFileSync(file, "utf8"));
const agent = new Agent({ keepAlive: true });

function send({ method, path, headers, body }) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const receive = (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        if (response.statusCode < 400) resolve(Buffer.concat(chunks));
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${Buffer.concat(chunks)}`));
      });
    };
    const sent = request({ agent, socketPath, method, path, headers: { ...headers, ...length, host: "localhost" } }, receive);
    sent.on("error", reject).end(body);
  });
}

async function sendPages(call) {
  // The metadata of a list are at its start
  const start = (await send(call)).subarray(0, 500).toString();
  const [, token] = /"continue":"([^"]+)"/.exec(start) ?? [];
  if (token) await sendPages({ ...call, path: `${call.path.replace(/&continue=.*/, "")}&continue=${encodeURIComponent(token)}` });
}

async function sendAll(calls) {
  let next = 0;
  const work = async () => {
    while (next < calls.length) await sendPages(calls[next++]);
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
