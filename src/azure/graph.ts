import { CliError } from "../errors.ts";
import type { Http, HttpRequest, HttpResponse } from "../http/message.ts";
import { retryAfter } from "../http/retry.ts";
import { openCaller } from "./caller.ts";
import type { Cloud } from "./cloud.ts";
import { explainGraph } from "./graph-error.ts";
import type { Identity } from "./identity.ts";
import type { TokenSource } from "./port.ts";

export type GraphRequest = {
  readonly method: HttpRequest["method"];
  /** Behind `/v1.0`, from the slash on. */
  readonly path: string;
  /** OData options: `$filter`, `$select`. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** For errors, to stand after `cannot`: `make application ci`. */
  readonly doing: string;
};

/** Microsoft Graph v1.0. */
export type Graph = {
  /**
   * @returns the parsed answer; undefined for a read of what is not there, and for an answer without a body
   * @throws CliError; NotYet; Busy
   */
  send(request: GraphRequest): Promise<unknown>;
};

export type GraphOptions = { readonly cloud: Cloud; readonly identity: Pick<Identity, "token" | "source">; readonly http: Http };

/** Opens Microsoft Graph. */
export function openGraph({ cloud, identity, http }: GraphOptions): Graph {
  const call = openCaller({ name: "Microsoft Graph", origin: cloud.graph, audience: "graph", identity, http });
  return {
    async send({ method, path, query = {}, body, doing }) {
      const options = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
      const answer = await call(method, `${cloud.graph}/v1.0${path}${options.length > 0 ? `?${options.join("&")}` : ""}`, body);
      if (answer.status === 404 && method === "GET") return undefined;
      if (answer.status >= 300) throw refused(doing, answer, identity.source);
      // A Location beside a 200 leads nowhere, and is nothing to wait for
      return answer.text === "" ? undefined : read(doing, answer);
    },
  };
}

const refused = (doing: string, answer: HttpResponse, source: TokenSource) =>
  explainGraph(doing, {
    status: answer.status,
    text: answer.text,
    request: answer.header("request-id"),
    retryAfter: retryAfter(answer),
    source,
  });

function read(doing: string, { text }: HttpResponse): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError("unreachable", `cannot ${doing}: the answer is not Microsoft Graph's`, { hint: "check HTTPS_PROXY" });
  }
}
