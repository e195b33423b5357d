import type { Named } from "../context.ts";
import type { ServiceAccount } from "../objects.ts";
import type { Attach, Keep, PullSecrets, Ref } from "./change.ts";

/**
 * Adds a pull secret to one target, after the names that are already there.
 *
 * The change carries the whole list: ServiceAccount.imagePullSecrets is `+listType=atomic`
 * (core/v1), so a write replaces every name, and only `version` keeps other writers' names safe.
 */
export function planAttach(secret: string, to: Ref & Named, now: PullSecrets): Attach | Keep {
  if (now.names.includes(secret)) return { act: "keep", to, because: "already attached" };
  return { act: "attach", to, before: now, after: { ...now, names: [...now.names, secret] } };
}

/** Removes a pull secret from one target and leaves every other name where it was. */
export function planDetach(secret: string, to: Ref & Named, now: PullSecrets): Attach | Keep {
  if (!now.names.includes(secret)) return { act: "keep", to, because: "not attached" };
  return { act: "detach", to, before: now, after: { ...now, names: now.names.filter((name) => name !== secret) } };
}

/** The names that a ServiceAccount refers to, and when they were read. */
export function pullSecretsOf(account: ServiceAccount): { names: string[]; version: string } {
  return { names: (account.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []), version: account.metadata.resourceVersion ?? "" };
}
