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
