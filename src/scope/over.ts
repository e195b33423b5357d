import { type Lane, openLanes } from "./lanes.ts";

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
  const lanes = openLanes<Result>();
  let underWay = 0;
  let stopped = false;
  let wake = () => {};

  async function carry(item: Item, lane: Lane<Result>): Promise<void> {
    underWay++;
    try {
      for await (const result of work(item)) lanes.put(lane, result);
      lanes.end(lane);
    } catch (error) {
      lanes.end(lane, { error });
    }
    underWay--;
    wake();
  }

  function isFull(): boolean {
    const most = width();
    return underWay >= most || lanes.unread() >= most * ahead;
  }

  /** Begins an item once there is room. @returns whether there may be another */
  async function begin(item: Item): Promise<boolean> {
    while (isFull()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (stopped || halted()) return false;
    carry(item, lanes.open());
    return true;
  }

  async function beginAll(): Promise<void> {
    try {
      for await (const item of items) if (!(await begin(item))) break;
    } catch (error) {
      // Behind what was begun before
      lanes.end(lanes.open(), { error });
    }
    lanes.close();
  }

  beginAll();
  try {
    while (await lanes.more()) {
      yield lanes.due.shift() as Result;
      wake();
    }
  } finally {
    stopped = true;
    wake();
  }
}
