import type { Login } from "../context.ts";
import type { Http } from "../http/message.ts";
import { NetworkError } from "../http/network-error.ts";
import { readFirstTag } from "./answers.ts";
import { ask } from "./ask.ts";

/**
 * Some tag of a repository: the newest by ACR's own list, else the first by the distribution spec's.
 * Listing needs metadata/read, which a token made for pulling alone does not have; then, and for no tag, undefined.
 */
export async function anyTag(http: Http, host: string, repository: string, login: Login): Promise<string | undefined> {
  const lists = [
    { path: `/acr/v1/${repository}/_tags?n=1&orderby=timedesc`, scope: `repository:${repository}:metadata_read` },
    { path: `/v2/${repository}/tags/list?n=1`, scope: `repository:${repository}:pull,metadata_read` },
  ];
  for (const list of lists) {
    const asked = await ask(http, { host, accept: "application/json", ...list }, login).catch(nothing);
    if (asked && "answer" in asked && asked.answer.status === 200) return readFirstTag(asked.answer.text);
  }
  return undefined;
}

function nothing(error: unknown): undefined {
  if (!(error instanceof NetworkError)) throw error;
}
