import type { PodFacts } from "../check/facts.ts";
import { type Cluster, listAll } from "../cluster/port.ts";
import { absent, CliError } from "../errors.ts";
import type { Pod, ServiceAccount } from "../objects.ts";
import { accountOf, namesIn } from "../plan/references.ts";
import { formatImage, parseImage } from "../registry/image-reference.ts";
import type { ImageRef } from "../registry/port.ts";
import { awaitAll } from "../scope/concurrency.ts";
import { containersOf } from "./images.ts";
import { requireNamespace } from "./namespace.ts";
import { podFacts, pullSecretNames } from "./pods.ts";

/** One image that one or more pods pull with one list of pull secrets. */
export type Pull = {
  /** The parsed image, or why it is invalid. */
  readonly image: ImageRef | { readonly invalid: string };
  readonly text: string;
  readonly account: string;
  /** The pods' own imagePullSecrets. */
  readonly names: readonly string[];
  /** The current list of the ServiceAccount. */
  readonly accountNames: readonly string[];
  readonly pods: readonly PodFacts[];
};

/** Returns the pulls of a namespace's pods. Pods that have ended don't count. */
export async function collectPulls(cluster: Cluster, namespace: string): Promise<Pull[]> {
  const [pods, accounts] = await awaitAll([listAll(cluster, "pod", { namespace }), listAll(cluster, "serviceaccount", { namespace })]);
  if (pods.length === 0) await requireNamespace(cluster, namespace);
  const byName = new Map(accounts.map((account) => [account.metadata.name, account]));
  const pulls = new Map<string, Pull>();
  for (const pull of pods.filter(isPulling).flatMap((pod) => pullsOf(pod, byName))) {
    const key = JSON.stringify([pull.text, pull.account, pull.names]);
    const before = pulls.get(key)?.pods ?? [];
    const more = pull.pods.filter(({ name }) => !before.some((pod) => pod.name === name));
    pulls.set(key, { ...pull, pods: [...before, ...more] });
  }
  return [...pulls.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
}

/** Returns the pulls of one pod, container by container. */
function pullsOf(pod: Pod, accounts: ReadonlyMap<string, ServiceAccount>): Pull[] {
  const name = accountOf(pod.spec);
  const account = accounts.get(name);
  const accountNames = namesIn(account?.imagePullSecrets);
  return containersOf(pod).map((container) => ({
    ...readImage(container.image ?? ""),
    account: name,
    names: pullSecretNames(pod),
    accountNames,
    pods: [podFacts(pod, container.name, account)],
  }));
}

/** Returns pulls of these images as a new pod of a ServiceAccount would do them. */
export async function pullsByAccount(cluster: Cluster, namespace: string, account: string, images: readonly ImageRef[]): Promise<Pull[]> {
  const found = await cluster.get({ kind: "serviceaccount", namespace, name: account });
  if (!found) {
    await requireNamespace(cluster, namespace);
    throw absent("serviceaccounts", account, { kubectl: "get", args: ["serviceaccounts"], namespace });
  }
  const names = namesIn(found.imagePullSecrets);
  return images.map((image) => ({ image, text: formatImage(image), account, names, accountNames: names, pods: [] }));
}

const isPulling = ({ metadata, status }: Pod) => !metadata.deletionTimestamp && status?.phase !== "Succeeded" && status?.phase !== "Failed";

function readImage(text: string): Pick<Pull, "image" | "text"> {
  try {
    const image = parseImage(text);
    return { image, text: formatImage(image) };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { image: { invalid: error.message }, text };
  }
}
