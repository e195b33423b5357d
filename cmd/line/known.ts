import { type Cluster, type Configured, listAll } from "../../src/cluster/port.ts";
import { spelled, targetKinds } from "../../src/kinds.ts";
import { managedBy } from "../../src/secret/entry.ts";
import { kindSpelled } from "./names.ts";

/** What may be asked for the words that complete a value. */
export type Known = {
  cluster(): Cluster;
  /** The names that the kubeconfig has. */
  configured(of: Configured): Promise<readonly string[]>;
};

export const contexts = (known: Known) => known.configured("contexts");

export const clusters = (known: Known) => known.configured("clusters");

export const users = (known: Known) => known.configured("users");

/** The login servers of the registries that the namespace is about. */
export const registries = async (known: Known) => (await import("./registries.ts")).registriesAround(known.cluster());

/** The names of all namespaces. */
export async function namespaces(known: Known): Promise<readonly string[]> {
  return (await listAll(known.cluster(), "namespace", { metadataOnly: true })).map(({ metadata }) => metadata.name);
}

/** The names of the ServiceAccounts of the namespace that the command line is about. */
export async function serviceAccounts(known: Known): Promise<readonly string[]> {
  const cluster = known.cluster();
  return (await listAll(cluster, "serviceaccount", { namespace: await cluster.namespace(), metadataOnly: true })).map(
    ({ metadata }) => metadata.name,
  );
}

/** The names of the pull secrets of that namespace, whoever made them. */
export async function pullSecrets(known: Known): Promise<readonly string[]> {
  const cluster = known.cluster();
  const where = { namespace: await cluster.namespace(), fields: "type=kubernetes.io/dockerconfigjson", metadataOnly: true };
  return (await listAll(cluster, "secret", where)).map(({ metadata }) => metadata.name);
}

/** The names of the Secrets of this plugin in that namespace. */
export async function secrets(known: Known): Promise<readonly string[]> {
  const cluster = known.cluster();
  const labels = `${managedBy.key}=${managedBy.value}`;
  const found = await listAll(cluster, "secret", { namespace: await cluster.namespace(), labels, metadataOnly: true });
  return found.map(({ metadata }) => metadata.name);
}

/** What `[SECRET] TARGET…` may go on with: the namespace's Secrets for the first word, kinds, and behind a kind its objects. */
export async function secretOrTargets(known: Known, words: readonly string[], word: string): Promise<readonly string[]> {
  if (words.length > 0 || word.includes("/")) return targets(known, words, word);
  return [...(await pullSecrets(known)), ...(word === "" ? [] : kindWords)];
}

/** What `TARGET…` may go on with. */
export async function targets(known: Known, words: readonly string[], word: string): Promise<readonly string[]> {
  const slash = word.indexOf("/");
  const kind = kindSpelled(slash < 0 ? (words.at(-1) ?? "") : word.slice(0, slash));
  if (!kind) return kindWords;
  const cluster = known.cluster();
  const found = await listAll(cluster, kind, { namespace: await cluster.namespace(), metadataOnly: true });
  return found.map(({ metadata }) => `${word.slice(0, slash + 1)}${metadata.name}`);
}

const kindWords = targetKinds.map((kind) => `${spelled(kind)}/`);
