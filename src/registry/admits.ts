import type { Http } from "../http/message.ts";
import { NetworkError } from "../http/network-error.ts";
import { ask } from "./ask.ts";
import type { Login, Proof } from "./port.ts";
import { answerOf, readAnswer, readFailure, unusable } from "./read-answer.ts";

/** Asks whether a registry takes a login at all, as `docker login` does. What it may pull, nobody says before there is an image. */
export async function admits(http: Http, host: string, login: Login): Promise<Proof> {
  try {
    const asked = await ask(http, { host, path: "/v2/", scope: "", accept: "application/json" }, login);
    if ("unusable" in asked) return { verdict: unusable[asked.why], message: asked.unusable };
    if (asked.answer.status === 200) return { verdict: "pulls", message: `${host} takes user ${JSON.stringify(login.username)}` };
    return readAnswer("token", { host, repository: "", reference: "" }, login.username, answerOf(asked.answer));
  } catch (error) {
    if (error instanceof NetworkError) return readFailure(error);
    throw error;
  }
}
