import type { Fix } from "../../src/fix.ts";
import type { Ground } from "../../src/fleet/places.ts";
import { wantsTargets } from "../../src/observe/targets.ts";
import { readers } from "../../src/secret/readers.ts";
import type { CreateWish } from "./wish.ts";

/** How a run went. */
type Went = {
  readonly grounds: readonly Ground[];
  /** The login server. */
  readonly host: string;
  /** A Secret was made. */
  readonly made: boolean;
  /** It was the first of a run that is kept, or the only one. */
  readonly first: boolean;
  readonly onePlace: boolean;
};

/** What there is left to do for the Secret to be used: its reader is told of it each time, pods that cannot use it yet once. */
export function nextStep({ name: secret, targets, reader }: CreateWish, went: Went): Fix | readonly string[] | undefined {
  const [namespace, ...others] = new Set(went.grounds.flatMap(({ namespaces }) => namespaces));
  if (!reader) return went.made && went.onePlace && !wantsTargets(targets) ? attach(secret, namespace) : undefined;
  if (!went.first) return undefined;
  return readers[reader].refer({ secret, host: went.host, namespace: others.length > 0 ? "NAMESPACE" : (namespace ?? "NAMESPACE") });
}

const attach = (secret: string, namespace: string | undefined): Fix => ({
  do: "attach",
  secret,
  serviceaccounts: ["default"],
  namespace,
});
