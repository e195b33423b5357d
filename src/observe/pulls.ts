import type { ImageFacts, Tried } from "../check/verdict.ts";
import { type Cluster, listAll } from "../cluster/port.ts";
import type { ImageRef, Registry } from "../context.ts";
import { CliError } from "../errors.ts";
import { buildKeyring } from "../kubelet/keyring.ts";
import type { Pod, Secret } from "../objects.ts";
import { readTarget } from "../plan/references.ts";
import { formatImage } from "../registry/image-reference.ts";
import { isLoginServer } from "../registry/login-server.ts";
import { imagesOf } from "./images.ts";
import { together } from "./together.ts";

/** One image, pulled with one list of pull secrets, by one or more pods. */
export type Pull = {
  readonly namespace: string;
  readonly image: ImageRef;
  readonly account: string;
  /** The pods' own imagePullSecrets. */
  readonly names: readonly string[];
  /** Those that the ServiceAccount has now. */
  readonly accountNames: readonly string[];
  readonly pods: readonly string[];
};

/** What the pods of a namespace pull; pods that have ended pull no more. */
export async function collectPulls(cluster: Cluster, namespace: string): Promise<Pull[]> {
  const [pods, accounts] = await together([listAll(cluster, "pod", { namespace }), listAll(cluster, "serviceaccount", { namespace })]);
  const listed = new Map(accounts.map((account) => [account.metadata.name, readTarget("serviceaccount", account).names]));
  const pulls = new Map<string, Pull>();
  for (const pull of pods.filter(stillPulls).flatMap((pod) => pullsOf(pod, namespace))) {
    const { image, account, names } = pull;
    const key = JSON.stringify([formatImage(image), account, names]);
    const sharing = new Set([...(pulls.get(key)?.pods ?? []), ...pull.pods]);
    pulls.set(key, { ...pull, accountNames: listed.get(account) ?? [], pods: [...sharing] });
  }
  return [...pulls.values()].sort((a, b) => (formatImage(a.image) < formatImage(b.image) ? -1 : 1));
}

/** A pod that has ended, or is on its way out, pulls no more. */
const stillPulls = ({ metadata, status }: Pod) =>
  !metadata.deletionTimestamp && status?.phase !== "Succeeded" && status?.phase !== "Failed";

function pullsOf(pod: Pod, namespace: string): Pull[] {
  const { serviceAccountName: account = "default", imagePullSecrets = [] } = pod.spec;
  const names = imagePullSecrets.flatMap(({ name }) => name ?? []);
  return imagesOf(pod).map((image) => ({ namespace, image, account, names, accountNames: [], pods: [pod.metadata.name] }));
}

/** Images as a new pod of a ServiceAccount would pull them. */
export async function pullsByAccount(cluster: Cluster, namespace: string, account: string, images: readonly ImageRef[]): Promise<Pull[]> {
  const found = await cluster.get({ kind: "serviceaccount", namespace, name: account });
  if (!found) throw new CliError("notFound", `Error from server (NotFound): serviceaccounts "${account}" not found`);
  const { names } = readTarget("serviceaccount", found);
  return images.map((image) => ({ namespace, image, account, names, accountNames: names, pods: [] }));
}

/** The names of the Secrets that pulls are made with, each once. */
export const secretsOf = (pulls: readonly Pull[]): string[] => [
  ...new Set(pulls.flatMap(({ names, accountNames }) => [...names, ...accountNames])),
];

/** The Secrets with these names; those that do not exist are absent. */
export async function readPullSecrets(cluster: Cluster, namespace: string, names: readonly string[]): Promise<ReadonlyMap<string, Secret>> {
  const secrets = await Promise.all(names.map((name) => cluster.get({ kind: "secret", namespace, name })));
  return new Map(secrets.flatMap((secret) => (secret ? [[secret.metadata.name, secret] as const] : [])));
}

/**
 * Tries one pull with the logins that the kubelet would offer, in its order.
 * @returns undefined for an image that is none of ours: of another kind of registry, and without a login for it
 */
export async function tryPull(pull: Pull, secrets: ReadonlyMap<string, Secret>, registry: Registry): Promise<ImageFacts | undefined> {
  const { namespace, image, account, names, pods } = pull;
  const keyring = keyringOf(names, secrets);
  const matches = keyring.lookup(image);
  const inAzure = isLoginServer(image.host);
  if (matches.length === 0 && !keyring.poison && !inAzure) return undefined;
  const tried: Tried[] = [];
  for (const { secret, login } of matches) {
    const proof = await registry.prove(image, login);
    tried.push({ secret, proof });
    if (proof.verdict === "pulls") break;
  }
  const anonymous = tried.length === 0 && !keyring.poison ? await registry.prove(image, undefined) : undefined;
  const late = keyringOf(pull.accountNames, secrets).lookup(image)[0]?.secret;
  const missing = names.filter((name) => !secrets.has(name));
  return {
    image: formatImage(image),
    host: image.host,
    inAzure,
    namespace,
    account,
    pods,
    tried,
    missing,
    skipped: keyring.skipped,
    ...(anonymous && { anonymous }),
    ...(keyring.poison && { poison: keyring.poison }),
    ...(late && pods.length > 0 && !names.includes(late) && { tooLate: late }),
  };
}

function keyringOf(names: readonly string[], secrets: ReadonlyMap<string, Secret>) {
  return buildKeyring(names.flatMap((name) => secrets.get(name) ?? []).map((secret) => ({ ...secret, name: secret.metadata.name })));
}
