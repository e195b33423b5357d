import type { Http, HttpResponse } from "../http/message.ts";
import type { Login } from "./port.ts";
import { enter, type Unusable } from "./token-auth.ts";

/** The last answer of a request, and at which step it came. */
export type Asked = { readonly step: "token" | "manifest"; readonly answer: HttpResponse } | Unusable;

/**
 * GET at a registry: at first without a login, then, when the registry asks for one, with it.
 * @param scope of the token, `repository:team/app:pull`; empty for none
 * @throws NetworkError
 */
export async function ask(
  http: Http,
  { host, path, scope, accept }: { host: string; path: string; scope: string; accept: string },
  login: Login | undefined,
): Promise<Asked> {
  const url = `https://${host}${path}`;
  const first = await http({ method: "GET", url, headers: { Accept: accept } });
  const challenge = first.header("WWW-Authenticate");
  if (first.status !== 401 || challenge === undefined) return { step: "manifest", answer: first };
  const entrance = await enter(http, host, challenge, scope, login);
  if ("unusable" in entrance) return entrance;
  if ("answer" in entrance) return { step: "token", answer: entrance.answer };
  const { authorization } = entrance;
  return { step: "manifest", answer: await http({ method: "GET", url, headers: { Accept: accept, Authorization: authorization } }) };
}
