import type { RequestTools } from "../env.ts";
import { openHttp } from "../http/client.ts";
import type { Http, HttpResponse } from "../http/message.ts";
import { openTransport } from "../http/transport.ts";
import { textsOf } from "../json.ts";
import { readAnswer, readMember, readRegistryError, readTags } from "./answers.ts";
import { ask, exchangeToken } from "./ask.ts";
import { fetchParts, manifestTypes, maxManifest } from "./parts.ts";
import type { Login, Registry } from "./port.ts";

/** Opens a registry's data plane. Sends nothing before the first call, but loads Azure's HTTP library while other requests wait. */
export function openRegistry({ env, trace, signal, sleep, now }: RequestTools): Registry {
  const transport = openTransport(env, trace, signal);
  transport().catch(() => {});
  const { http, aheadBy } = clocked(openHttp({ transport, sleep }), now);
  return { ...registryOver(http), aheadBy };
}

/** A registry can return more names than requested. Names are compared with each other, which takes minutes for a million of them. */
const mostTags = 100;
const mostRepositories = 1000;

export function registryOver(http: Http): Registry {
  return {
    // A token alone would prove nothing: see readAnswer
    prove: async (image, login, platforms) => {
      const { repository, reference } = image;
      const host = image.host === "docker.io" ? "registry-1.docker.io" : image.host;
      const path = `/v2/${repository}/manifests/${reference}`;
      const scope = `repository:${repository}:pull`;
      const request = { host, path, scope, accept: manifestTypes, maxBytes: platforms && maxManifest };
      const asked = await ask(http, request, login);
      if ("verdict" in asked) return asked;
      const proof = readAnswer(asked.step, image, login?.username, asked.answer);
      if (!platforms || proof.verdict !== "pulls") return proof;
      const { answer, headers = {} } = asked;
      return fetchParts(http, { image, host, username: login?.username, headers, manifest: answer.text, proof }, platforms);
    },
    // Like `docker login`
    admits: async (host, login) => {
      const asked = await ask(http, { host, path: "/v2/", scope: "", accept: "application/json" }, login);
      if ("verdict" in asked) return asked;
      if (asked.answer.status === 200) return { verdict: "pulls", message: `${host} accepts user ${JSON.stringify(login.username)}` };
      return readAnswer("token", { host, repository: "", reference: "" }, login.username, asked.answer);
    },
    exchange: (host, token) => exchangeToken(http, host, token),
    anyTag: async (host, repository, login) => {
      for await (const { status, text } of tagLists(host, repository, login, 1)) if (status === 200) return readTags(text)[0];
      return undefined;
    },
    contentOf: async (host, repository, login) => {
      for await (const answer of tagLists(host, repository, login, mostTags)) {
        const content = contentIn(answer);
        if (content) return content;
      }
      return "unknown";
    },
    // OCI distribution. ACR lets only logins with rights on the whole registry list the names
    repositories: async (host, login) => {
      const answer = await list(host, `/v2/_catalog?n=${mostRepositories}`, "registry:catalog:*", login);
      return answer?.status === 200 ? textsOf(readMember(answer.text, "repositories")).slice(0, mostRepositories) : [];
    },
  };

  /** ACR's own list, the newest tag first, and that of the distribution spec. Both require metadata/read. */
  async function* tagLists(host: string, repository: string, login: Login, most: number): AsyncGenerator<HttpResponse> {
    const scope = `repository:${repository}`;
    const first = await list(host, `/acr/v1/${repository}/_tags?n=${most}&orderby=timedesc`, `${scope}:metadata_read`, login);
    if (first) yield first;
    const second = await list(host, `/v2/${repository}/tags/list?n=${most}`, `${scope}:pull,metadata_read`, login);
    if (second) yield second;
  }

  async function list(host: string, path: string, scope: string, login: Login): Promise<HttpResponse | undefined> {
    const asked = await ask(http, { host, path, scope, accept: "application/json" }, login);
    return "answer" in asked ? asked.answer : undefined;
  }
}

/** Returns the tags of a repository, or that it does not exist; undefined if the response shows neither. */
function contentIn({ status, text }: HttpResponse): readonly string[] | "missing" | undefined {
  if (status === 200) return readTags(text).slice(0, mostTags);
  return status === 404 && readRegistryError(text)?.code === "NAME_UNKNOWN" ? "missing" : undefined;
}

/** Reads the time of each response from its Date header (RFC 9110, 6.6.1), which has whole seconds. */
export function clocked(http: Http, now: () => Date): { readonly http: Http; aheadBy(host: string): number | undefined } {
  const ahead = new Map<string, number>();
  return {
    http: async (request) => {
      const answer = await http(request);
      const at = Date.parse(answer.header("Date") ?? "");
      if (!Number.isNaN(at)) ahead.set(new URL(request.url).host, at - now().getTime());
      return answer;
    },
    aheadBy: (host) => ahead.get(host),
  };
}
