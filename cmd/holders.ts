import { type Holders, openHolders } from "../src/credential/holders.ts";
import { memoize } from "../src/scope/concurrency.ts";
import type { Session } from "./session.ts";

/** Finds who holds a credential of a registry. The lists serve all credentials of the run. */
export function holdersOf({ cluster, registry, unread }: Session): (host: string) => Holders {
  const opened = new Map<string, Holders>();
  return (host) => memoize(opened, host, () => openHolders(cluster(), registry, host, unread));
}
