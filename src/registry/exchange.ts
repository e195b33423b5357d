import type { Http } from "../http/message.ts";
import { NetworkError } from "../http/network-error.ts";
import { Sensitive } from "../secret/sensitive.ts";
import { readRefreshToken } from "./answers.ts";
import type { Exchanged, ExchangeToken } from "./port.ts";
import { answerOf, readAnswer, readFailure } from "./read-answer.ts";

/**
 * Gives a token of Entra ID for one of the registry's own (ACR's POST /oauth2/exchange, github.com/Azure/acr docs/AAD-OAuth.md).
 * It is sent to that host and nowhere else, whatever a challenge would say.
 */
export async function exchange(http: Http, host: string, { text, of: { name, tenant } }: ExchangeToken): Promise<Exchanged> {
  const form = { grant_type: "access_token", service: host, ...(tenant !== "" && { tenant }), access_token: text.reveal() };
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const body = new URLSearchParams(form).toString();
  try {
    const answer = await http({ method: "POST", url: `https://${host}/oauth2/exchange`, headers, body });
    if (answer.status !== 200) return readAnswer("token", { host, repository: "", reference: "" }, name, answerOf(answer));
    const token = readRefreshToken(answer.text);
    return token === undefined ? { verdict: "unreachable", message: `${host} answered without a token` } : { token: new Sensitive(token) };
  } catch (error) {
    if (error instanceof NetworkError) return readFailure(error);
    throw error;
  }
}
