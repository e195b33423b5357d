import { type Cluster, listAll } from "../cluster/port.ts";
import { absent, CliError } from "../errors.ts";
import type { Fix } from "../fix.ts";
import type { Place } from "../fleet/places.ts";
import type { Pod, Secret, ServiceAccount } from "../objects.ts";
import { together } from "./together.ts";

/** Which ServiceAccounts a command is about. */
export type TargetWish = { readonly names: readonly string[]; readonly all: boolean; readonly selector: string | undefined };

/** What of a place a command has to know. */
export type PlaceWish = {
  /** The Secret's name. */
  readonly secret: string;
  readonly targets: TargetWish;
  readonly pods: "none" | "waiting" | "all";
};

/** What one place holds that a command on one Secret is about. */
export type Sight = {
  readonly place: Place;
  readonly secret: Secret | undefined;
  readonly accounts: readonly ServiceAccount[];
  readonly pods: readonly Pod[];
};

export const wantsTargets = ({ names, all, selector }: TargetWish): boolean => names.length > 0 || all || selector !== undefined;

/** Pods that have not started. */
export const waiting = "status.phase=Pending";

/** Reads the Secret, the targets and the pods of one place at once. None of the targets that are named is missing. */
export async function observe(place: Place, { secret, targets, pods }: PlaceWish): Promise<Sight> {
  const { cluster, namespace } = place;
  const [found, accounts, all] = await together([
    cluster.get({ kind: "secret", name: secret, namespace }),
    chosenAccounts(place, targets, secret),
    pods === "none" ? [] : listAll(cluster, "pod", { namespace, fields: pods === "waiting" ? waiting : undefined }),
  ]);
  return { place, secret: found, accounts, pods: all };
}

/** The ServiceAccounts that a command line names, each once. */
async function chosenAccounts(
  { cluster, namespace }: Place,
  { names, all, selector }: TargetWish,
  secret: string,
): Promise<ServiceAccount[]> {
  if (!all && selector === undefined) {
    return together(
      [...new Set(names)].map(
        async (name) => (await cluster.get({ kind: "serviceaccount", name, namespace })) ?? noAccount(cluster, namespace, { name, secret }),
      ),
    );
  }
  const found = await listAll(cluster, "serviceaccount", { namespace, labels: selector });
  return found.length > 0 ? found : noneChosen(cluster, namespace, selector);
}

/** @throws CliError notFound: neither `--all-serviceaccounts` nor labels choose a ServiceAccount of the namespace */
function noneChosen(cluster: Cluster, namespace: string, selector: string | undefined): Promise<never> {
  const labels = selector === undefined ? "" : ` has the labels ${selector}`;
  return noAccount(cluster, namespace, { message: `no serviceaccount in namespace "${namespace}"${labels}` });
}

/** @throws CliError notFound where targets that were meant are not among those that a list has, as {@link observe} does */
export async function refuseMissing(
  { place: { cluster, namespace }, secret, accounts }: Sight,
  { names, all, selector }: TargetWish,
): Promise<void> {
  if ((all || selector !== undefined) && accounts.length === 0) await noneChosen(cluster, namespace, selector);
  const missing = names.find((name) => !accounts.some(({ metadata }) => metadata.name === name));
  if (missing !== undefined) await noAccount(cluster, namespace, { name: missing, secret: secret?.metadata.name });
}

/** A ServiceAccount that is not there, where it was named; `secret` is the name of the Secret that it was to carry. */
type Missing = { readonly name?: string; readonly secret?: string | undefined; readonly message?: string };

/** Tells a missing ServiceAccount from a missing namespace, where the user may look. */
async function noAccount(cluster: Cluster, namespace: string, { name = "", secret, message }: Missing): Promise<never> {
  const uid = await uidOf(cluster, namespace).catch(() => "not for us to see");
  if (uid === undefined) throw noNamespace(namespace);
  const hint: Fix | string =
    name !== "" && name === secret
      ? `"${name}" is the Secret's name: a ServiceAccount's follows --serviceaccount, which alone means default`
      : { do: "get-serviceaccounts", namespace };
  throw message === undefined ? absent("serviceaccounts", name, hint) : new CliError("notFound", message, { hint });
}

/** The uid of a namespace; undefined if it does not exist. */
export const uidOf = async (cluster: Cluster, name: string): Promise<string | undefined> =>
  (await cluster.get({ kind: "namespace", name }))?.metadata.uid;

export const noNamespace = (name: string): CliError => absent("namespaces", name, { do: "create-namespace", name });
