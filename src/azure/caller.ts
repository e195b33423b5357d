import { CliError } from "../errors.ts";
import type { Http, HttpRequest, HttpResponse } from "../http/message.ts";
import { NetworkError } from "../http/network-error.ts";
import type { For, Identity } from "./identity.ts";

/** Sends a request with the identity's token, and a body as JSON. @throws CliError where no answer comes */
export type Caller = (method: HttpRequest["method"], url: string, body?: unknown) => Promise<HttpResponse>;

/** One of Azure's services: its name for errors, and where it is. */
export type Service = {
  readonly name: string;
  readonly origin: string;
  readonly audience: For;
  readonly identity: Pick<Identity, "token">;
  readonly http: Http;
};

/** Opens a service of Azure's. Its token goes to its own host alone. */
export function openCaller({ name, origin: own, audience, identity, http }: Service): Caller {
  return async (method, url, body) => {
    const { origin, href } = new URL(url);
    // Azure's answers name the URLs of operations and of further pages: no other host gets the token.
    if (origin !== own) throw new CliError("internal", `${name} points to ${origin}, which is not followed`);
    const token = await identity.token(audience);
    const headers = { Authorization: `Bearer ${token.reveal()}`, "Content-Type": "application/json" };
    return http({ method, url: href, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }).catch(unreached);
  };
}

function unreached(error: unknown): never {
  if (!(error instanceof NetworkError)) throw error;
  const kind = error.failure === "timeout" ? "timeout" : "unreachable";
  throw new CliError(kind, `cannot reach Azure: ${error.message}`, { hint: "check the network and HTTPS_PROXY" });
}
