import { CliError } from "../errors.ts";
import type { Answer, Method } from "./exchange.ts";
import type { Send } from "./send.ts";
import { continuation, readStatus, saysAbsent, statusError } from "./status.ts";

/** A request that writes. `path` contains its query, and the body is sent as JSON of the given media type. */
export type WriteRequest = {
  readonly method: Exclude<Method, "GET">;
  readonly path: string;
  readonly type: string;
  readonly body: unknown;
  /** The `data` of a Secret in the body. */
  readonly contents?: Readonly<Record<string, string>> | undefined;
};

/** The start of a page of a list, and its maximum number of objects (meta/v1 ListOptions). */
export type Page = { readonly limit: number; readonly continue?: string };

export type Client = {
  /** Returns the object, or undefined if the server says that it does not exist. */
  read<T>(path: string): Promise<T | undefined>;
  /** Returns the objects of a list, page by page. @param metadataOnly as meta/v1 PartialObjectMetadata */
  pages<T>(path: (page: Page) => string, metadataOnly?: boolean): AsyncGenerator<readonly T[]>;
  /** @throws Conflict on 409, CliError on every other error response, notFound among them */
  write<T>(change: WriteRequest): Promise<T>;
};

type List<T> = { readonly items?: readonly T[] | null; readonly metadata?: { readonly continue?: string } };

/**
 * Objects per page. Two pages of each list are in memory at the same time, at first five, and a Secret may have a megabyte. So a page is
 * larger only if the objects so far were small, up to this number of characters.
 */
const limits = { least: 50, most: 100, characters: 200_000, metadata: 500 };

const metadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** Objects of the API server as JSON. Error responses become CliErrors in kubectl's words. */
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
    write: async <T>({ method, path, type, body, contents }: WriteRequest) => {
      const answer = await send({ method, path, headers: { ...headers, "content-type": type }, body: JSON.stringify(body), contents });
      return parse<T>(answer);
    },
  };
}

/** The objects in a response for a list, and the next page, if there is one. */
type Part<T> = { readonly items: readonly T[]; readonly next: Page | undefined };

async function* pagesOf<T>(ask: (page: Page) => Promise<Answer>, limitOf: LimitOf): AsyncGenerator<readonly T[]> {
  let page: Page | undefined = { limit: limitOf() };
  while (page) {
    // Keeps no reference to the response's text, which is long, while the objects are in use
    const { items, next }: Part<T> = partOf(await ask(page), page, limitOf);
    yield items;
    page = next;
  }
}

function partOf<T>(answer: Answer, { limit, continue: from }: Page, limitOf: LimitOf): Part<T> {
  // A list whose token has expired continues with its present state, from the same key
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

/** Returns the maximum number of objects of the next page, from the size of the page before it. */
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
