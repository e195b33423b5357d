import { type Channel, openChannel } from "./channel.ts";

/** How many items may have been begun and not yet read, for each that may be under way: those that wait for a slow one before them. */
const ahead = 4;

export type Bounds = {
  /** How many items are worked on at once; asked before each. */
  width(): number;
  /** Whether no further item is to be begun. Those under way come to their end. */
  halted(): boolean;
};

/**
 * Works on items as they come, several at once, and gives what comes of them in the items' order as soon as it is due: the first
 * item's results as they come, then those of the second. An error of an item comes in its place and ends it all.
 */
export async function* over<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  { width, halted }: Bounds,
  work: (item: Item) => AsyncIterable<Result>,
): AsyncGenerator<Result> {
  const begun = openChannel<Channel<Result>>();
  let underWay = 0;
  let unread = 0;
  let stopped = false;
  let wake = () => {};

  async function carry(item: Item, results: Channel<Result>): Promise<void> {
    underWay++;
    try {
      for await (const result of work(item)) results.put(result);
      results.end();
    } catch (error) {
      results.fail(error);
    }
    underWay--;
    wake();
  }

  async function begin(): Promise<void> {
    for await (const item of items) {
      while (underWay >= width() || unread >= width() * ahead) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (stopped || halted()) break;
      const results = openChannel<Result>();
      unread++;
      begun.put(results);
      carry(item, results);
    }
  }

  begin().then(begun.end, begun.fail);
  try {
    for await (const results of begun) {
      yield* results;
      unread--;
      wake();
    }
  } finally {
    stopped = true;
    wake();
  }
}
