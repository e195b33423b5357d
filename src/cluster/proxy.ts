import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { Agent, request } from "node:http";
import { Socket } from "node:net";
import type { Sink } from "../context.ts";
import { kubeconfigError } from "./connection.ts";
import { type Kubectl, quickStart } from "./kubectl.ts";
import { type ProxyCommand, portCommand, servingAt, shell, socketCommand, withoutRequestLog } from "./proxy-command.ts";
import type { Endpoint, Transport } from "./transport.ts";

export type ProxyOptions = Kubectl & {
  /** `inherit` on a terminal, where credential plugins ask their questions. */
  readonly stdin: "inherit" | "ignore";
  readonly stderr: Pick<Sink, "write">;
  readonly platform: NodeJS.Platform;
};

type Proxy = { readonly endpoint: Endpoint; readonly child: ChildProcess; readonly agent: Agent };

/** Reaches the API server through one `kubectl proxy`, so that kubectl does all authentication. Takes about 50 ms to start. */
export function proxyTransport(options: ProxyOptions): Transport {
  let running: Promise<Proxy> | undefined;

  function start(): Promise<Proxy> {
    const starting = startProxy(options, () => {
      if (running === starting) running = undefined;
    });
    return starting;
  }

  return {
    open: async () => {
      running ??= start();
      return (await running).endpoint;
    },
    close: async () => {
      const proxy = await running?.catch(() => undefined);
      running = undefined;
      if (proxy) stop(proxy);
    },
  };
}

async function startProxy(options: ProxyOptions, ended: () => void): Promise<Proxy> {
  const command = options.platform === "win32" ? portCommand(options) : socketCommand(options, privateFolder(options.env.TMPDIR));
  const child = launch(command, options);
  rehearse();
  const agent = new Agent({ keepAlive: true });
  try {
    const at = await serving(child, options.stderr);
    child.stdout?.once("end", () => {
      ended();
      release(child);
    });
    unref(child);
    return { endpoint: endpointAt(at, command.prefix, agent), child, agent };
  } catch (error) {
    ended();
    release(child);
    throw error;
  }
}

/** Node loads and compiles its HTTP client at the first request: one to nobody does it while kubectl starts, and saves 7 ms. */
function rehearse(): void {
  request({ socketPath: "/dev/null/nobody", headers: { host: "localhost" }, agent: new Agent({ keepAlive: true }) })
    .on("error", () => {})
    .end();
}

function launch({ file, args }: ProxyCommand, { stdin, env }: ProxyOptions): ChildProcess {
  return spawn(file, args, { stdio: [stdin, "pipe", "pipe", "pipe"], env: quickStart(env), windowsHide: true });
}

/** Waits for the line that says where kubectl serves. Until then its stderr is kept: it is the reason if kubectl ends. */
function serving(child: ChildProcess, stderr: Pick<Sink, "write">): Promise<string> {
  let out = "";
  let said = "";
  let ready = false;
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      const at = servingAt(out);
      if (ready || at === undefined) return;
      ready = true;
      if (said) stderr.write(said);
      resolve(at);
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      if (!ready) said += text;
      else if (withoutRequestLog(text)) stderr.write(withoutRequestLog(text));
    });
    child.stderr?.once("end", () => reject(kubeconfigError(said)));
  });
}

function endpointAt(at: string, prefix: string, agent: Agent): Endpoint {
  const port = /^127\.0\.0\.1:(\d+)$/.exec(at)?.[1];
  const connect = port ? { host: "127.0.0.1", port: Number(port), agent } : { socketPath: at, agent };
  return { connect, secure: false, prefix, headers: async () => ({ host: "localhost" }) };
}

/** Nobody waits for kubectl to end: the watchdog sees to it, as when we are killed. */
function stop({ child, agent }: Proxy): void {
  agent.destroy();
  release(child);
}

/** Lets go of the watchdog's pipe; without a watchdog, ends kubectl itself. */
function release(child: ChildProcess): void {
  const pipe = child.stdio[3];
  if (pipe instanceof Socket) pipe.destroy();
  if (child.spawnfile !== shell) child.kill();
}

/** A proxy that waits for work does not keep us alive. */
function unref(child: ChildProcess): void {
  child.unref();
  for (const stream of child.stdio) if (stream instanceof Socket) stream.unref();
}

/** A new folder with mode 0700. A socket's path may have 104 bytes at most on macOS, so a long TMPDIR is passed over. */
function privateFolder(wanted: string | undefined): string {
  const parent = wanted && wanted.length < 60 ? wanted.replace(/\/$/, "") : "/tmp";
  return mkdtempSync(`${parent}/kubectl-acr-secret-`);
}
