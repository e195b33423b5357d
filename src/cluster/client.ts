import { CliError } from "../errors.ts";
import type { Answer, Method } from "./exchange.ts";
import type { Send } from "./send.ts";
import { readStatus, saysAbsent, statusError } from "./status.ts";

/** A write; `path` has its query, and the body is sent as JSON of the given media type. */
export type Write = {
  readonly method: Exclude<Method, "GET">;
  readonly path: string;
  readonly type: string;
  readonly body: unknown;
  /** Secret `data` of the body. */
  readonly contents?: Readonly<Record<string, string>> | undefined;
};

/** Where a page of a list begins, and how many objects it has at most (meta/v1 ListOptions). */
export type Page = { readonly limit?: number; readonly continue?: string };

export type Client = {
  /** The object, or undefined where the server says that it is not there. */
  read<T>(path: string): Promise<T | undefined>;
  /** The objects of every page. */
  list<T>(path: (page: Page) => string): Promise<T[]>;
  /** @throws Conflict on 409, CliError on every other refusal, notFound among them */
  write<T>(write: Write): Promise<T>;
};

type List<T> = { readonly items?: readonly T[] | null; readonly metadata?: { readonly continue?: string } };

/** Objects of the API server as JSON; its refusals as CliErrors in kubectl's words. */
export function apiClient(send: Send, userAgent: string): Client {
  const headers = { accept: "application/json", "user-agent": userAgent };
  const get = (path: string) => send({ method: "GET", path, headers });

  return {
    read: async <T>(path: string) => {
      const answer = await get(path);
      return answer.status === 404 && saysAbsent(readStatus(answer)) ? undefined : parse<T>(answer);
    },
    list: async <T>(path: (page: Page) => string) => {
      let items: T[] = [];
      let page: Page = { limit: 500 };
      for (;;) {
        const answer = await get(path(page));
        // A list that was begun too long ago cannot be continued; as client-go's pager does, take it whole
        const expired = answer.status === 410 && page.continue !== undefined;
        const list: List<T> = expired ? {} : parse(answer);
        items = expired ? [] : items.concat(list.items ?? []);
        if (!expired && !list.metadata?.continue) return items;
        page = expired ? {} : { limit: 500, continue: list.metadata?.continue ?? "" };
      }
    },
    write: async <T>({ method, path, type, body, contents }: Write) => {
      const answer = await send({ method, path, headers: { ...headers, "content-type": type }, body: JSON.stringify(body), contents });
      return parse<T>(answer);
    },
  };
}

function parse<T>(answer: Answer): T {
  if (answer.status >= 400) throw statusError(answer);
  try {
    return JSON.parse(answer.text);
  } catch (cause) {
    throw new CliError("unreachable", `Unable to connect to the server: it answers ${answer.type || "nothing"} and not JSON`, { cause });
  }
}
