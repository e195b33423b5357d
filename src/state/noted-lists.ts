import type { HeldLogin } from "../plan/ownership.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { type Allowed, type NotedIn, notedIn } from "./noted.ts";

/** Lists what Secrets record of the wanted logins. The lists are read after the call. */
export type NotedLists = (wanted: (login: HeldLogin) => boolean) => Promise<NotedIn>;

/**
 * Shares lists of all Secrets between concurrent callers. A call during a read waits for the next read, which serves all callers that wait
 * by then. Therefore a thousand rotations don't each list a thousand Secrets.
 */
export function notedLists(clusterScopes: readonly ClusterScope[], allow: Allowed = {}): NotedLists {
  let last: Promise<unknown> = Promise.resolve();
  let next: { readonly filters: ((login: HeldLogin) => boolean)[]; readonly lists: Promise<NotedIn> } | undefined;

  function begin(filters: ((login: HeldLogin) => boolean)[]): Promise<NotedIn> {
    const lists = last.then(() => {
      next = undefined;
      return notedIn(clusterScopes, (login) => filters.some((wanted) => wanted(login)), allow);
    });
    last = lists.catch(() => undefined);
    return lists;
  }

  return async (wanted) => {
    if (!next) {
      const filters: ((login: HeldLogin) => boolean)[] = [];
      next = { filters, lists: begin(filters) };
    }
    next.filters.push(wanted);
    const { noted, unnoted, ...lists } = await next.lists;
    return { ...lists, noted: noted.filter(({ entry }) => wanted(entry)), unnoted: unnoted.filter(({ held }) => wanted(held)) };
  };
}
