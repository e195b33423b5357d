import type { HeldLogin } from "../plan/ownership.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { type Allowed, type NotedIn, notedIn } from "./noted.ts";

/** What Secrets note of some logins, read after it was asked for. */
export type NotedLists = (wanted: (login: HeldLogin) => boolean) => Promise<NotedIn>;

/**
 * Lists the Secrets of whole clusters for many that ask at once: whoever asks while lists are read gets those that are read next, for all
 * who have asked by then. So a thousand rotations do not each read a thousand Secrets.
 */
export function notedLists(clusterScopes: readonly ClusterScope[], allow: Allowed = {}): NotedLists {
  let last: Promise<unknown> = Promise.resolve();
  let next: { readonly wishes: ((login: HeldLogin) => boolean)[]; readonly seen: Promise<NotedIn> } | undefined;

  function begin(wishes: ((login: HeldLogin) => boolean)[]): Promise<NotedIn> {
    const seen = last.then(() => {
      next = undefined;
      return notedIn(clusterScopes, (login) => wishes.some((wanted) => wanted(login)), allow);
    });
    last = seen.catch(() => undefined);
    return seen;
  }

  return async (wanted) => {
    if (!next) {
      const wishes: ((login: HeldLogin) => boolean)[] = [];
      next = { wishes, seen: begin(wishes) };
    }
    next.wishes.push(wanted);
    const { noted, unnoted, ...seen } = await next.seen;
    return { ...seen, noted: noted.filter(({ entry }) => wanted(entry)), unnoted: unnoted.filter(({ held }) => wanted(held)) };
  };
}
