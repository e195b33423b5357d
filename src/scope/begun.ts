/** The same items, of which the first is on its way at once. Where nobody comes for it, it is dropped, and so is its error. */
export function begun<Item>(items: AsyncIterable<Item>): AsyncIterable<Item> {
  const source = items[Symbol.asyncIterator]();
  const first = source.next();
  first.catch(() => undefined);
  return rest(source, first);
}

async function* rest<Item>(source: AsyncIterator<Item>, first: Promise<IteratorResult<Item>>): AsyncGenerator<Item> {
  try {
    for (let next = await first; !next.done; next = await source.next()) yield next.value;
  } finally {
    await source.return?.();
  }
}
