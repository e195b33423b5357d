import type { Ground } from "../fleet/places.ts";
import type { Entry } from "../secret/entry.ts";
import { type NotedIn, notedIn } from "./noted.ts";

/** What Secrets note of some logins, read after it was asked for. */
export type NotedLists = (wanted: (entry: Entry) => boolean) => Promise<NotedIn>;

/**
 * Lists the Secrets of whole clusters for many that ask at once: whoever asks while lists are read gets those that are read next, for all
 * who have asked by then. So a thousand rotations do not each read a thousand Secrets.
 */
export function notedLists(grounds: readonly Ground[]): NotedLists {
  let last: Promise<unknown> = Promise.resolve();
  let next: { readonly wishes: ((entry: Entry) => boolean)[]; readonly seen: Promise<NotedIn> } | undefined;

  function begin(wishes: ((entry: Entry) => boolean)[]): Promise<NotedIn> {
    const seen = last.then(() => {
      next = undefined;
      return notedIn(grounds, (entry) => wishes.some((wanted) => wanted(entry)));
    });
    last = seen.catch(() => undefined);
    return seen;
  }

  return async (wanted) => {
    if (!next) {
      const wishes: ((entry: Entry) => boolean)[] = [];
      next = { wishes, seen: begin(wishes) };
    }
    next.wishes.push(wanted);
    const { noted, ...seen } = await next.seen;
    return { ...seen, noted: noted.filter(({ entry }) => wanted(entry)) };
  };
}
