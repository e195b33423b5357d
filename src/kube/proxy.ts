import { Agent, request } from "node:http";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Sink } from "../env.ts";
import { type CliError, Interrupted, ProxyEnded } from "../errors.ts";
import { limits } from "../scope/limits.ts";
import type { Endpoint, Transport } from "./exchange.ts";
import { end, type Launched, launchProxy } from "./kubectl.ts";
import { kubeconfigError } from "./status.ts";

type ProxyOptions = Parameters<typeof launchProxy>[0] & {
  /** A proxy with the same flags that was started earlier, for the first use. */
  readonly launched?: Launched | undefined;
  readonly stderr: Pick<Sink, "write">;
};

/**
 * Connects to the API server through one `kubectl proxy`, so that kubectl does all authentication. Its start takes about 50 ms. If it ends,
 * it isn't started again, because the kubeconfig may have changed.
 */
export function proxyTransport(options: ProxyOptions): Transport {
  let running: { readonly endpoint: Promise<Endpoint>; close(): void } | undefined;
  let { launched } = options;
  let ended: CliError | undefined;
  const over = Promise.withResolvers<CliError>();

  function start() {
    const next = launched ?? launchProxy(options);
    launched = undefined;
    const agent = new Agent({ keepAlive: true, maxSockets: limits.cluster });
    const closed = Promise.withResolvers<never>();
    const proxy = {
      endpoint: Promise.race([serving(next, options.stderr), closed.promise]).then((at) => {
        next.child.stdout?.once("end", () => {
          if (running === proxy) {
            ended = new ProxyEnded();
            over.resolve(ended);
          }
          end(next.child);
        });
        // An idle proxy does not keep this process running
        next.child.unref();
        for (const stream of next.child.stdio) if (stream instanceof Socket) stream.unref();
        return { ...endpointAt(at, next.prefix, agent), ended: () => Promise.race([over.promise, sleep(endDelay, undefined)]) };
      }),
      // The caller does not wait for kubectl to start or to end: the watchdog ends it, even if this process is killed
      close: () => {
        closed.reject(new Interrupted("closed"));
        agent.destroy();
        end(next.child);
      },
    };
    proxy.endpoint.catch(() => {
      if (running === proxy) running = undefined;
      end(next.child);
    });
    return proxy;
  }

  return {
    open: async () => {
      if (ended) throw ended;
      running ??= start();
      return running.endpoint;
    },
    close: async () => {
      running?.close();
      running = undefined;
    },
  };
}

/** Milliseconds between the end of a connection of kubectl and the end of its output, if kubectl itself has ended. */
const endDelay = 100;

/** Milliseconds after which a kubectl that does not serve yet may be prompting: from then on its output is printed. */
const promptDelay = 1000;

/** Waits for the line with the address of kubectl. Until then its stderr is buffered: it is the reason if kubectl ends. */
function serving({ child, failure }: Launched, stderr: Pick<Sink, "write">): Promise<string> {
  let out = "";
  let stderrText = "";
  let buffered: string | undefined = "";
  const show = () => {
    if (buffered) stderr.write(buffered);
    buffered = undefined;
  };
  const slow = setTimeout(show, promptDelay).unref();
  const line = new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      const at = servingAt(out);
      if (at === undefined) return;
      clearTimeout(slow);
      show();
      resolve(at);
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderrText += text;
      if (buffered === undefined) stderr.write(withoutRequestLog(text));
      else buffered += text;
    });
    child.stderr?.once("end", () => {
      clearTimeout(slow);
      reject(kubeconfigError(stderrText));
    });
  });
  warmHttp();
  return Promise.race([line, failure]);
}

/** Node loads and compiles its HTTP client at the first request. A request that fails at once does that while kubectl starts. */
function warmHttp(): void {
  request({ socketPath: "/dev/null/none", headers: { host: "localhost" } })
    .on("error", () => {})
    .end();
}

/** Reads the address from the output of a kubectl that accepts connections: a socket's path or `127.0.0.1:PORT`. */
export const servingAt = (stdout: string) => /^Starting to serve on (.+)\n/m.exec(stdout)?.[1];

/**
 * Returns the output of kubectl and its credential plugins without kubectl's log of failed requests, because the response reports these
 * errors too. Some entries have several lines.
 */
export const withoutRequestLog = (stderr: string) =>
  stderr.replace(/^E\d{4} \S+ +\d+ proxy_server\.go:\d+\] (?:.*\n?)(?:(?![EWIF]\d{4} ).*(?:\n|$))*/gm, "");

function endpointAt(at: string, prefix: string, agent: Agent): Endpoint {
  const port = /^127\.0\.0\.1:(\d+)$/.exec(at)?.[1];
  // Without a server name Node would look for one in the host header, with expressions that take milliseconds to compile
  const connect = port ? { host: "127.0.0.1", port: Number(port), agent } : { socketPath: at, agent, servername: "" };
  return { connect, secure: false, prefix, headers: async () => ({ host: "localhost" }) };
}
