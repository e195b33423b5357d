import { CliError } from "../errors.ts";
import type { HttpResponse } from "../http/message.ts";
import { retryAfter } from "../http/retry.ts";

/** The means to follow an operation: a GET, and pauses in milliseconds. */
export type Follower = { get(url: string): Promise<HttpResponse>; sleep(milliseconds: number): Promise<void> };

/** The timeout for an operation. Milliseconds. */
const patience = 5 * 60_000;

/** Azure asks for a pause of ten seconds, but most operations end after one. Milliseconds. */
const firstLook = 1000;

/** Whether a response of Azure Resource Manager started an operation: it has an Azure-AsyncOperation, or a Location with a 202. */
export function begins(answer: HttpResponse): boolean {
  return answer.header("Azure-AsyncOperation") !== undefined || (answer.status === 202 && answer.header("Location") !== undefined);
}

/**
 * Polls the operation that a response started until it ends: once after a second, then as often as Azure says.
 * @param doing the attempted action, for the error
 * @returns the last response: the end of the operation, its result, or the rejection of a poll
 * @throws CliError timeout
 */
export async function follow(doing: string, began: HttpResponse, { get, sleep }: Follower): Promise<HttpResponse> {
  const status = began.header("Azure-AsyncOperation");
  const hasEnded = status === undefined ? isResult : isEnd;
  let url = status ?? began.header("Location") ?? "";
  let pause = Math.min(firstLook, retryAfter(began) ?? firstLook);
  for (let waited = 0; waited < patience; ) {
    pause = Math.min(pause, patience - waited);
    await sleep(pause);
    waited += Math.max(pause, 100);
    const answer = await get(url);
    if (hasEnded(answer)) return answer;
    // Every poll returns another signed URL. The URL of a status stays valid. Of the URLs of a result, only the newest is known to be
    // valid.
    url = status ?? answer.header("Location") ?? url;
    pause = retryAfter(answer) ?? firstLook;
  }
  throw new CliError("timeout", `cannot ${doing}: Azure has not finished after ${patience / 60_000} minutes`);
}

/**
 * Polls the object that is being deleted until it does not exist.
 * @returns the 404; any other response is an error
 * @throws CliError timeout
 */
export async function untilGone(doing: string, url: string, { get, sleep }: Follower): Promise<HttpResponse> {
  let pause = firstLook;
  for (let waited = 0; waited < patience; waited += pause) {
    const answer = await get(url);
    if (answer.status >= 300) return answer;
    if (waited > 0) pause = Math.min(2 * pause, 10_000);
    await sleep(pause);
  }
  throw new CliError("timeout", `cannot ${doing}: Azure has not finished after ${patience / 60_000} minutes`);
}

/** Whether a poll of Location returned the operation's result. */
const isResult = ({ status }: HttpResponse) => status !== 202;

/** Whether a poll of Azure-AsyncOperation returned the operation's end, or was rejected. */
const isEnd = ({ status, text }: HttpResponse) => status >= 400 || ["Succeeded", "Failed", "Canceled"].includes(statusOf(text));

/** The `status` in an operation's body; empty if there is none. */
export function statusOf(text: string): string {
  try {
    return String((JSON.parse(text) as { status?: unknown } | null)?.status ?? "");
  } catch {
    return "";
  }
}
