import type { Login } from "../context.ts";
import type { Facts } from "../plan/place.ts";
import { readTarget } from "../plan/references.ts";
import { readHeld } from "./held.ts";
import type { Sight } from "./place.ts";
import { waitingPods } from "./pods.ts";

/** A place as a plan sees it, and the login in its Secret, which no plan sees. */
export function factsOf(
  { place: { context, namespace }, secret, accounts, pods }: Sight,
  { name, host, fieldManager }: { readonly name: string; readonly host: string; readonly fieldManager: string },
): { readonly facts: Facts; readonly login: Login | undefined } {
  const read = secret && readHeld(secret, host, fieldManager);
  const facts: Facts = {
    to: { kind: "secret", name, namespace, ...(context !== undefined && { context }) },
    held: read?.held,
    targets: accounts.map((account) => readTarget("serviceaccount", account, context)),
    pods: waitingPods(host, pods, context),
  };
  return { facts, login: read?.login };
}
