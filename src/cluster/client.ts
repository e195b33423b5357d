import { CliError } from "../errors.ts";
import type { Answer, Method } from "./exchange.ts";
import type { Send } from "./send.ts";
import { continuation, readStatus, saysAbsent, statusError } from "./status.ts";

/** A request that changes something; `path` has its query, and the body is sent as JSON of the given media type. */
export type Change = {
  readonly method: Exclude<Method, "GET">;
  readonly path: string;
  readonly type: string;
  readonly body: unknown;
  /** Secret `data` of the body. */
  readonly contents?: Readonly<Record<string, string>> | undefined;
};

/** Where a page of a list begins, and how many objects it has at most (meta/v1 ListOptions). */
export type Page = { readonly limit: number; readonly continue?: string };

export type Client = {
  /** The object, or undefined where the server says that it is not there. */
  read<T>(path: string): Promise<T | undefined>;
  /** The objects of a list, page by page. @param metadataOnly as meta/v1 PartialObjectMetadata */
  pages<T>(path: (page: Page) => string, metadataOnly?: boolean): AsyncGenerator<readonly T[]>;
  /** @throws Conflict on 409, CliError on every other refusal, notFound among them */
  write<T>(change: Change): Promise<T>;
};

type List<T> = { readonly items?: readonly T[] | null; readonly metadata?: { readonly continue?: string } };

/**
 * Objects of a page. Two pages of each list are in memory at once, at first five, and a Secret may have a megabyte: only where the objects
 * so far were small a page has more of them, up to so many characters.
 */
const limits = { least: 50, most: 100, characters: 200_000, metadata: 500 };

const metadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** Objects of the API server as JSON; its refusals as CliErrors in kubectl's words. */
export function apiClient(send: Send, userAgent: string): Client {
  const headers = { accept: "application/json", "user-agent": userAgent };
  const get = (path: string, accept = headers.accept) => send({ method: "GET", path, headers: { ...headers, accept } });

  return {
    read: async <T>(path: string) => {
      const answer = await get(path);
      return answer.status === 404 && saysAbsent(readStatus(answer)) ? undefined : parse<T>(answer);
    },
    pages: <T>(path: (page: Page) => string, metadataOnly = false) =>
      metadataOnly
        ? pagesOf<T>((page) => get(path(page), metadataList), limitOfMetadata)
        : pagesOf<T>((page) => get(path(page)), limitOfWhole),
    write: async <T>({ method, path, type, body, contents }: Change) => {
      const answer = await send({ method, path, headers: { ...headers, "content-type": type }, body: JSON.stringify(body), contents });
      return parse<T>(answer);
    },
  };
}

/** What an answer has of a list, and the next page, if there is one. */
type Part<T> = { readonly items: readonly T[]; readonly next: Page | undefined };

async function* pagesOf<T>(ask: (page: Page) => Promise<Answer>, limitOf: LimitOf): AsyncGenerator<readonly T[]> {
  let page: Page | undefined = { limit: limitOf() };
  while (page) {
    // The answer's text, which is long, is not to live as long as the objects do
    const { items, next }: Part<T> = partOf(await ask(page), page, limitOf);
    yield items;
    page = next;
  }
}

function partOf<T>(answer: Answer, { limit, continue: from }: Page, limitOf: LimitOf): Part<T> {
  // A list that was begun too long ago is continued as it is now, from the same key on
  const later = from === undefined ? undefined : continuation(answer);
  if (later !== undefined) return { items: [], next: { limit, continue: later } };
  const { items, metadata }: List<T> = parse(answer);
  const found = items ?? [];
  const token = metadata?.continue;
  return {
    items: found,
    next: token ? { limit: limitOf({ found: found.length, characters: answer.text.length }), continue: token } : undefined,
  };
}

/** How many objects the next page has at most, by what the one before it had. */
type LimitOf = (before?: { readonly found: number; readonly characters: number }) => number;

const limitOfWhole: LimitOf = ({ found, characters } = { found: 0, characters: 1 }) =>
  Math.min(limits.most, Math.max(limits.least, Math.floor((limits.characters * found) / characters)));

const limitOfMetadata: LimitOf = () => limits.metadata;

function parse<T>(answer: Answer): T {
  if (answer.status >= 400) throw statusError(answer);
  try {
    return JSON.parse(answer.text);
  } catch (cause) {
    throw new CliError("unreachable", `Unable to connect to the server: it answers ${answer.type || "nothing"} and not JSON`, { cause });
  }
}
