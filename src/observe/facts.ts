import type { Login } from "../context.ts";
import { keysOf } from "../plan/keys.ts";
import type { Facts } from "../plan/place.ts";
import { readTarget } from "../plan/references.ts";
import { readHeld } from "./held.ts";
import type { Sight } from "./place.ts";
import { waitingPods } from "./pods.ts";

/** A Secret, and the registry that it is for; `others` are more hosts whose images its pods may wait for. */
type Asked = { readonly name: string; readonly host: string; readonly others?: readonly string[]; readonly fieldManager: string };

/** A place as a plan sees it, and the login in its Secret, which no plan sees. */
export function factsOf(
  { place: { context, namespace }, secret, accounts, pods }: Sight,
  { name, host, others = [], fieldManager }: Asked,
): { readonly facts: Facts; readonly login: Login | undefined } {
  const read = secret && readHeld(secret, host, fieldManager);
  const facts: Facts = {
    to: { kind: "secret", name, namespace, ...(context !== undefined && { context }) },
    held: read?.held,
    targets: accounts.map((account) => readTarget("serviceaccount", account, context)),
    pods: waitingPods([...(read ? keysOf(host, read.held) : [host]), ...others], pods, context),
  };
  return { facts, login: read?.login };
}
