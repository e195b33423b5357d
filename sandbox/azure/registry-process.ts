import { mkdir, writeFile } from "node:fs/promises";
import { Agent, type IncomingMessage, type RequestOptions, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type Guarded, spawnGuarded } from "../guard.ts";
import { issuer } from "./acr/tokens.ts";
import type { Signer } from "./jwt.ts";
import type { Registry } from "./world.ts";

/** The images: one process of the real `registry` (distribution v3) per Azure registry, started at its first use. */
export type DataStore = {
  /** Sends a request to a registry's process. The caller must read the response. */
  open(registry: Registry, options: RequestOptions, body?: Buffer | NodeJS.ReadableStream): Promise<IncomingMessage>;
  /** Like `open`, but reads the whole response, and uses a token of the emulator that grants every right. */
  ask(registry: Registry, options: RequestOptions, repository: string, body?: Buffer): Promise<{ message: IncomingMessage; body: Buffer }>;
  stop(): Promise<void>;
};

type Running = { readonly socketPath: string; readonly process: Guarded };

export function createDataStore({ folder, binary, signer }: { folder: string; binary: string; signer: Signer }): DataStore {
  const running = new Map<string, Promise<Running>>();
  const agent = new Agent({ keepAlive: true });

  const started = (registry: Registry): Promise<Running> => {
    const already = running.get(registry.loginServer) ?? start(folder, binary, registry.loginServer, signer);
    running.set(registry.loginServer, already);
    return already;
  };

  const open: DataStore["open"] = async (registry, options, body) => {
    const { socketPath } = await started(registry);
    return new Promise((resolve, reject) => {
      const headers = { ...options.headers, host: registry.loginServer, "x-forwarded-proto": "https" };
      const out = request({ ...options, headers, socketPath, agent }, resolve).on("error", reject);
      if (body === undefined || Buffer.isBuffer(body)) out.end(body);
      else body.on("error", (error) => out.destroy(error)).pipe(out);
    });
  };

  return {
    open,
    ask: async (registry, options, repository, body) => {
      const headers = { ...options.headers, authorization: `Bearer ${await ownToken(signer, registry, repository)}` };
      const message = await open(registry, { ...options, headers: body ? { ...headers, "content-length": body.length } : headers }, body);
      return { message, body: await buffer(message) };
    },
    stop: async () => {
      agent.destroy();
      const all = await Promise.allSettled(running.values());
      await Promise.all(all.map((one) => (one.status === "fulfilled" ? one.value.process.stop() : undefined)));
    },
  };
}

/** Returns a token with which the emulator has every right to a repository. */
export function ownToken(signer: Signer, { loginServer }: Registry, repository: string): Promise<string> {
  const access = [{ type: "repository", name: repository, actions: ["pull", "push", "delete"] }];
  return signer.sign({ iss: issuer, aud: loginServer, sub: "sandbox", access }, 60);
}

async function start(folder: string, binary: string, loginServer: string, signer: Signer): Promise<Running> {
  const home = join(folder, loginServer);
  const socketPath = join(home, "socket");
  // sun_path has 108 bytes (unix(7)).
  if (Buffer.byteLength(socketPath) > 107) throw new Error(`the path of the registry's socket is too long: ${socketPath}`);
  await mkdir(home, { recursive: true, mode: 0o700 });
  await writeFile(join(home, "jwks.json"), JSON.stringify(signer.jwks));
  await writeFile(join(home, "config.json"), JSON.stringify(configuration(home, loginServer, socketPath)));
  const log = join(home, "log");
  const env = { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none" };
  const child = await spawnGuarded(binary, ["serve", join(home, "config.json")], { log, env, cwd: home });
  let exited = false;
  void child.exited.then(() => {
    exited = true;
  });
  const deadline = Date.now() + 10_000;
  while (!(await answers(socketPath))) {
    if (exited) throw new Error(`the registry ended before it was ready; see ${log}`);
    if (Date.now() > deadline) {
      await child.stop();
      throw new Error(`the registry is not ready after 10 s; see ${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { socketPath, process: child };
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    }).on("error", () => resolve(false));
  });
}

/** The configuration of distribution's registry. JSON is also YAML. */
function configuration(home: string, loginServer: string, socketPath: string) {
  return {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: join(home, "data") },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { net: "unix", addr: socketPath, secret: "sandbox" },
    auth: {
      token: {
        realm: `https://${loginServer}/oauth2/token`,
        service: loginServer,
        issuer,
        jwks: join(home, "jwks.json"),
        signingalgorithms: ["RS256"],
      },
    },
  };
}
