import type { Http, HttpResponse } from "../http/message.ts";
import { NetworkError } from "../http/network-error.ts";
import { readFirstTag, readRegistryError, readRepositories } from "./answers.ts";
import { ask } from "./ask.ts";
import type { Login, Registry } from "./port.ts";

/**
 * A tag of a repository: the newest in ACR's own list, else the first in that of the distribution spec. Listing requires metadata/read,
 * which a token for pulling does not have. Undefined without that right, and if there is no tag.
 */
export async function anyTag(http: Http, host: string, repository: string, login: Login): Promise<string | undefined> {
  for await (const { status, text } of tagLists(http, host, repository, login)) if (status === 200) return readFirstTag(text);
  return undefined;
}

/** Whether a repository exists, by the same lists: for a missing repository they return 404 with `NAME_UNKNOWN`. */
export async function contentOf(http: Http, host: string, repository: string, login: Login): ReturnType<Registry["contentOf"]> {
  for await (const { status, text } of tagLists(http, host, repository, login)) {
    if (status === 200) return readFirstTag(text) === undefined ? "empty" : "tags";
    if (status === 404 && readRegistryError(text)?.code === "NAME_UNKNOWN") return "missing";
  }
  return "unknown";
}

/** The names of repositories (OCI distribution, /v2/_catalog). ACR lets only logins with rights on the whole registry list them. */
export async function repositories(http: Http, host: string, login: Login): Promise<readonly string[]> {
  const answer = await answerTo(http, { host, path: "/v2/_catalog?n=1000", scope: "registry:catalog:*" }, login);
  return answer?.status === 200 ? readRepositories(answer.text) : [];
}

async function* tagLists(http: Http, host: string, repository: string, login: Login): AsyncGenerator<HttpResponse> {
  const lists = [
    { path: `/acr/v1/${repository}/_tags?n=1&orderby=timedesc`, scope: `repository:${repository}:metadata_read` },
    { path: `/v2/${repository}/tags/list?n=1`, scope: `repository:${repository}:pull,metadata_read` },
  ];
  for (const list of lists) {
    const answer = await answerTo(http, { host, ...list }, login);
    if (answer) yield answer;
  }
}

type List = { readonly host: string; readonly path: string; readonly scope: string };

async function answerTo(http: Http, list: List, login: Login): Promise<HttpResponse | undefined> {
  const asked = await ask(http, { accept: "application/json", ...list }, login).catch(nothing);
  return asked && "answer" in asked ? asked.answer : undefined;
}

function nothing(error: unknown): undefined {
  if (!(error instanceof NetworkError)) throw error;
}
