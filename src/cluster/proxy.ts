import type { ChildProcess } from "node:child_process";
import { Agent, request } from "node:http";
import type { RequestOptions } from "node:https";
import { Socket } from "node:net";
import type { Sink } from "../context.ts";
import { kubeconfigError } from "./connection-error.ts";
import { type Launch, type Launched, launchProxy, release } from "./launch.ts";
import { servingAt, withoutRequestLog } from "./proxy-command.ts";
import type { Endpoint, Transport } from "./transport.ts";

export type ProxyOptions = Launch & {
  /** One with the same flags that was launched before, to use first. */
  readonly launched?: Launched | undefined;
  readonly stderr: Pick<Sink, "write">;
};

type Proxy = { readonly endpoint: Endpoint; readonly launched: Launched; readonly agent: Agent };

/** Reaches the API server through one `kubectl proxy`, so that kubectl does all authentication. Takes about 50 ms to start. */
export function proxyTransport(options: ProxyOptions): Transport {
  let running: Promise<Proxy> | undefined;
  let { launched } = options;

  function start(): Promise<Proxy> {
    const next = launched ?? launchProxy(options);
    launched = undefined;
    const starting = waitFor(next, options.stderr, () => {
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

async function waitFor(launched: Launched, stderr: Pick<Sink, "write">, ended: () => void): Promise<Proxy> {
  const { child, prefix } = launched;
  rehearse();
  const agent = new Agent({ keepAlive: true });
  try {
    const at = await serving(launched, stderr);
    child.stdout?.once("end", () => {
      ended();
      release(launched);
    });
    unref(child);
    return { endpoint: endpointAt(at, prefix, agent), launched, agent };
  } catch (error) {
    ended();
    release(launched);
    throw error;
  }
}

/** Node loads and compiles its HTTP client at the first request: one to nobody does it while kubectl starts, and saves 7 ms. */
function rehearse(): void {
  request({ ...over("/dev/null/nobody", new Agent({ keepAlive: true })), headers: { host: "localhost" } })
    .on("error", () => {})
    .end();
}

/** Waits for the line that says where kubectl serves. Until then its stderr is kept: it is the reason if kubectl ends. */
function serving({ child, failure }: Launched, stderr: Pick<Sink, "write">): Promise<string> {
  let out = "";
  let said = "";
  let ready = false;
  const line = new Promise<string>((resolve, reject) => {
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
  return Promise.race([line, failure]);
}

function endpointAt(at: string, prefix: string, agent: Agent): Endpoint {
  const port = /^127\.0\.0\.1:(\d+)$/.exec(at)?.[1];
  const connect = port ? { host: "127.0.0.1", port: Number(port), agent } : over(at, agent);
  return { connect, secure: false, prefix, headers: async () => ({ host: "localhost" }) };
}

/** Without a server name Node would look for one in the host header, by expressions that take it milliseconds to compile. */
const over = (socketPath: string, agent: Agent): RequestOptions => ({ socketPath, agent, servername: "" });

/** Nobody waits for kubectl to end: the watchdog sees to it, as when we are killed. */
function stop({ launched, agent }: Proxy): void {
  agent.destroy();
  release(launched);
}

/** A proxy that waits for work does not keep us alive. */
function unref(child: ChildProcess): void {
  child.unref();
  for (const stream of child.stdio) if (stream instanceof Socket) stream.unref();
}
