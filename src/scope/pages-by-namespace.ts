/** A list of objects of many namespaces, page by page, in the API server's order. */
type Pages<T> = AsyncIterable<readonly T[]>;

/** The number of pages to prefetch after the first page. */
const behindFirst = 4;

type Placed = { readonly metadata: { readonly namespace?: string } };

/** The most characters of JSON that a run keeps of one list in a namespace. A tenant can create thousands of objects of a megabyte. */
const mostCharacters = 2_000_000;

/**
 * Yields the objects of each namespace until they have too many characters together, and at least one.
 * @param cut gets the namespaces that have more objects; undefined: yields all objects
 */
export async function* capped<T extends Placed>(pages: Pages<T>, cut: Set<string> | undefined): AsyncGenerator<readonly T[]> {
  if (!cut) return yield* pages;
  let at: string | undefined;
  let size = 0;
  for await (const page of pages)
    yield page.filter((one) => {
      const { namespace = "" } = one.metadata;
      if (namespace !== at) [at, size] = [namespace, 0];
      const isFirst = size === 0;
      size += JSON.stringify(one).length;
      if (size > mostCharacters && !isFirst) cut.add(namespace);
      return !cut.has(namespace);
    });
}

/** Lists the objects of one namespace, as {@link capped} yields them. */
export async function listCapped<T extends Placed>(pages: Pages<T>, cut: Set<string> | undefined): Promise<T[]> {
  const found: T[] = [];
  for await (const page of capped(pages, cut)) {
    found.push(...page);
    if (cut && cut.size > 0) break;
  }
  return found;
}

/**
 * Reads a list namespace by namespace in constant memory: keeps one page and prefetches the next one. After the first page, prefetches
 * several pages, because many reads start before the first results are used.
 * The API server sorts objects by their keys, `NAMESPACE/NAME`, so `ns-a` comes before `ns`. Callers must read the namespaces in that order
 * ({@link byKey}), each once, one after the other.
 */
export function readByNamespace<T extends Placed>(pages: Pages<T>): (namespace: string) => Promise<readonly T[]> {
  const source = pages[Symbol.asyncIterator]();
  let page: readonly T[] = [];
  const ahead: Promise<IteratorResult<readonly T[]>>[] = [];
  let at = 0;
  let over = false;

  async function turnPage(): Promise<void> {
    const isFirst = ahead.length === 0;
    if (isFirst) ahead.push(send());
    const next = (await ahead[0]) as IteratorResult<readonly T[]>;
    // A failed page stays, so that a later call throws the same error
    ahead.shift();
    over = next.done === true;
    page = next.done ? [] : next.value;
    at = 0;
    while (!over && ahead.length < (isFirst ? behindFirst : 1)) ahead.push(send());
  }

  function send(): Promise<IteratorResult<readonly T[]>> {
    const next = source.next();
    // The error is reported when the page is read, so it is not unhandled until then
    next.catch(() => {});
    return next;
  }

  /** Takes the objects of this page that are in the namespace, and skips those before it. @returns whether the next page may have more */
  function take(namespace: string, found: T[]): boolean {
    for (; at < page.length; at++) {
      const next = page[at] as T;
      const order = compareKeys(next.metadata.namespace ?? "", namespace);
      if (order > 0) return false;
      if (order === 0) found.push(next);
    }
    return !over;
  }

  return async (namespace) => {
    const found: T[] = [];
    while (take(namespace, found)) await turnPage();
    return found;
  };
}

/** Sorts names of namespaces in the order in which lists of namespaced objects contain them. */
export const byKey = (names: readonly string[]): string[] => [...names].sort(compareKeys);

function compareKeys(a: string, b: string): number {
  const [left, right] = [`${a}/`, `${b}/`];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
