/** A list of objects of many namespaces, page by page, in the API server's order. */
export type Pages<T> = AsyncIterable<readonly T[]>;

/** Pages that are sent for when the first one has come. */
const behindFirst = 4;

type Placed = { readonly metadata: { readonly namespace?: string } };

/**
 * Reads a list namespace by namespace, in constant memory: one page, and the next, which is on its way meanwhile; behind the first page
 * some more, since much is asked before anything is done with it.
 *
 * The server gives objects in the order of their keys, `NAMESPACE/NAME`, so `ns-a` comes before `ns`: namespaces have to be asked for
 * in that order ({@link byKey}), each once, and one after the other.
 */
export function inStep<T extends Placed>(pages: Pages<T>): (namespace: string) => Promise<readonly T[]> {
  const source = pages[Symbol.asyncIterator]();
  let page: readonly T[] = [];
  const ahead: Promise<IteratorResult<readonly T[]>>[] = [];
  let at = 0;
  let over = false;

  async function turnPage(): Promise<void> {
    const isFirst = ahead.length === 0;
    if (isFirst) ahead.push(send());
    const next = (await ahead[0]) as IteratorResult<readonly T[]>;
    // One that failed stays, for whoever asks again
    ahead.shift();
    over = next.done === true;
    page = next.done ? [] : next.value;
    at = 0;
    while (!over && ahead.length < (isFirst ? behindFirst : 1)) ahead.push(send());
  }

  function send(): Promise<IteratorResult<readonly T[]>> {
    const next = source.next();
    // It is an error once it is that page's turn, and until then nobody's
    next.catch(() => {});
    return next;
  }

  /** Takes the objects of this page that are of the namespace, past those before it. @returns whether the next page may have more */
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

/** Names of namespaces in the order in which lists of namespaced objects go through them. */
export const byKey = (names: readonly string[]): string[] => [...names].sort(compareKeys);

function compareKeys(a: string, b: string): number {
  const [left, right] = [`${a}/`, `${b}/`];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
