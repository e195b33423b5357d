import { type Cluster, listAll } from "../cluster/port.ts";
import { inStep } from "../fleet/join.ts";
import type { Ground } from "../fleet/places.ts";
import type { Secret, ServiceAccount } from "../objects.ts";
import { managed } from "./secrets.ts";
import { together } from "./together.ts";

/** A Secret of this plugin, and the ServiceAccounts that carry it. */
export type Carried = { readonly context: string | undefined; readonly secret: Secret; readonly carriers: readonly string[] };

export type CarriedWish = {
  /** A label selector for Secrets. */
  readonly selector: string | undefined;
  /** The Secrets whole, and not their metadata alone. */
  readonly whole: boolean;
  /** Whether anybody wants to know who carries them. */
  readonly carriers: boolean;
};

/** The Secrets that this plugin made on one ground, in the order of their namespaces. Lists of a whole cluster are read in step. */
export async function* carriedOn(ground: Ground, wish: CarriedWish): AsyncGenerator<Carried> {
  const { context, cluster, namespaces, open } = ground;
  const labels = [managed, ...(wish.selector ? [wish.selector] : [])].join(",");
  const where = { labels, metadataOnly: !wish.whole };
  if (!open) {
    for (const namespace of namespaces) {
      const [secrets, accounts] = await together([
        listAll(cluster, "secret", { ...where, namespace }),
        wish.carriers ? listAll(cluster, "serviceaccount", { namespace }) : [],
      ]);
      yield* secrets.map((secret) => ({ context, secret, carriers: carriersOf(secret, accounts) }));
    }
    return;
  }
  yield* inOrder(cluster, new Set(namespaces), where, context, wish.carriers);
}

async function* inOrder(
  cluster: Cluster,
  meant: ReadonlySet<string>,
  where: { labels: string; metadataOnly: boolean },
  context: string | undefined,
  carriers: boolean,
): AsyncGenerator<Carried> {
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
