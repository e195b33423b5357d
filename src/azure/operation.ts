import { CliError } from "../errors.ts";
import type { HttpResponse } from "../http/message.ts";
import { retryAfter } from "../http/retry.ts";

/** What following an operation takes: a GET, and pauses in milliseconds. */
export type Follower = { get(url: string): Promise<HttpResponse>; sleep(milliseconds: number): Promise<void> };

/** A started operation is given up on after this long. Milliseconds. */
const patience = 5 * 60_000;

/** Azure says to wait ten seconds, and has mostly ended after one. Milliseconds. */
const firstLook = 1000;

/** Whether an answer of Azure Resource Manager began an operation: it says where to look (Azure-AsyncOperation, or Location beside a 202). */
export function begins(answer: HttpResponse): boolean {
  return answer.header("Azure-AsyncOperation") !== undefined || (answer.status === 202 && answer.header("Location") !== undefined);
}

/**
 * Looks at the operation that an answer began until it has ended: once after a second, then as often as Azure says.
 * @param doing what was tried, for the error
 * @returns the last answer: how the operation ended, its result, or the refusal of a look
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
    // Every look gives another signed URL. That of a status stays good; of a result only the newest is known to be.
    url = status ?? answer.header("Location") ?? url;
    pause = retryAfter(answer) ?? firstLook;
  }
  throw new CliError("timeout", `cannot ${doing}: Azure has not finished after ${patience / 60_000} minutes`);
}

/**
 * Looks at what is being deleted itself until it is not there.
 * @returns the 404; another answer is a refusal
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

/** Whether a look at Location found what the operation came to. */
const isResult = ({ status }: HttpResponse) => status !== 202;

/** Whether a look at Azure-AsyncOperation found the operation's end, or was refused. */
const isEnd = ({ status, text }: HttpResponse) => status >= 400 || ["Succeeded", "Failed", "Canceled"].includes(statusOf(text));

/** The `status` of an operation's body; empty where it has none. */
export function statusOf(text: string): string {
  try {
    return String((JSON.parse(text) as { status?: unknown } | null)?.status ?? "");
  } catch {
    return "";
  }
}
