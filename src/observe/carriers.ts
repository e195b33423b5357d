import { listAll } from "../cluster/port.ts";
import { type CliError, isForbidden } from "../errors.ts";
import { byKey, inStep } from "../fleet/join.ts";
import type { Ground } from "../fleet/places.ts";
import type { Secret, ServiceAccount } from "../objects.ts";
import { dockerConfigJson } from "../secret/pull-secret.ts";
import { together } from "./together.ts";

/** A pull secret, and the ServiceAccounts that carry it. */
export type Carried = { readonly context: string | undefined; readonly secret: Secret; readonly carriers: readonly string[] };

export type CarriedWish = {
  /** A label selector for Secrets. */
  readonly selector: string | undefined;
  /** Whether anybody wants to know who carries them. */
  readonly carriers: boolean;
};

/** Why the Secrets of a namespace cannot be told. */
export type Unread = { readonly context: string | undefined; readonly namespace: string; readonly error: CliError };

type Asking = { readonly labels: string | undefined; readonly fields: string };

/**
 * The pull secrets on one ground, in the order of their namespaces. Lists of a whole cluster are read in step; where
 * they are forbidden, each namespace is asked, and one that is forbidden does not stop the others.
 */
export async function* carriedOn(ground: Ground, wish: CarriedWish): AsyncGenerator<Carried | Unread> {
  const where = { labels: wish.selector, fields: `type=${dockerConfigJson}` };
  if (!ground.open) return yield* apart(ground, ground.namespaces, where, wish.carriers);
  let begun = false;
  try {
    for await (const carried of inOrder(ground, where, wish.carriers)) {
      begun = true;
      yield carried;
    }
  } catch (error) {
    if (begun || !isForbidden(error)) throw error;
    yield* apart(ground, byKey(ground.namespaces), where, wish.carriers);
  }
}

async function* apart(
  { context, cluster }: Ground,
  namespaces: readonly string[],
  where: Asking,
  carriers: boolean,
): AsyncGenerator<Carried | Unread> {
  for (const namespace of namespaces) {
    try {
      const [secrets, accounts] = await together([
        listAll(cluster, "secret", { ...where, namespace }),
        carriers ? listAll(cluster, "serviceaccount", { namespace }) : [],
      ]);
      yield* secrets.map((secret) => ({ context, secret, carriers: carriersOf(secret, accounts) }));
    } catch (error) {
      if (!isForbidden(error)) throw error;
      yield { context, namespace, error };
    }
  }
}

async function* inOrder({ context, cluster, namespaces }: Ground, where: Asking, carriers: boolean): AsyncGenerator<Carried> {
  const meant = new Set(namespaces);
  const accountsIn = carriers ? inStep(cluster.pages("serviceaccount")) : async () => [];
  let at: { readonly namespace: string; readonly accounts: readonly ServiceAccount[] } | undefined;
  for await (const page of cluster.pages("secret", where)) {
    for (const secret of page) {
      const { namespace = "" } = secret.metadata;
      if (!meant.has(namespace)) continue;
      if (at?.namespace !== namespace) at = { namespace, accounts: await accountsIn(namespace) };
      yield { context, secret, carriers: carriersOf(secret, at.accounts) };
    }
  }
}

function carriersOf({ metadata }: Secret, accounts: readonly ServiceAccount[]): string[] {
  return accounts
    .filter(({ imagePullSecrets }) => imagePullSecrets?.some(({ name }) => name === metadata.name))
    .map((account) => account.metadata.name);
}
