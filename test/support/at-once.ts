import { over } from "../../src/scope/concurrency.ts";
import { collect } from "./collect.ts";

/** Returns the results of all items in their order. Processes at most `width` items at a time. */
export async function atOnce<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  async function* one(item: Item): AsyncGenerator<Result> {
    yield await work(item);
  }
  return collect(over(items, { width: () => width, halted: () => false }, one));
}
