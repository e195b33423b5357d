import { type Cluster, type Configured, listAll } from "../../src/cluster/port.ts";
import { spelled, targetKinds } from "../../src/kinds.ts";
import { managedBy } from "../../src/secret/entry.ts";
import { kindSpelled } from "./names.ts";

/** The sources of completion candidates. */
export type Known = {
  cluster(): Cluster;
  /** Returns names in the kubeconfig. */
  configured(of: Configured): Promise<readonly string[]>;
};

export const contexts = (known: Known) => known.configured("contexts");

export const clusters = (known: Known) => known.configured("clusters");

export const users = (known: Known) => known.configured("users");

/** Returns the login servers of the registries that the namespace uses. */
export const registries = async (known: Known) => (await import("./registries.ts")).registriesAround(known.cluster());

/** Returns the names of all namespaces. */
export async function namespaces(known: Known): Promise<readonly string[]> {
  return (await listAll(known.cluster(), "namespace", { metadataOnly: true })).map(({ metadata }) => metadata.name);
}

/** Returns the names of the ServiceAccounts in the namespace of the command line. */
export async function serviceAccounts(known: Known): Promise<readonly string[]> {
  const cluster = known.cluster();
  return (await listAll(cluster, "serviceaccount", { namespace: await cluster.namespace(), metadataOnly: true })).map(
    ({ metadata }) => metadata.name,
  );
}

/** Returns the names of all pull secrets in that namespace, including those of other tools. */
export async function pullSecrets(known: Known): Promise<readonly string[]> {
  const cluster = known.cluster();
  const where = { namespace: await cluster.namespace(), fields: "type=kubernetes.io/dockerconfigjson", metadataOnly: true };
  return (await listAll(cluster, "secret", where)).map(({ metadata }) => metadata.name);
}

/** Returns the names of this plugin's Secrets in that namespace. */
export async function secrets(known: Known): Promise<readonly string[]> {
  const cluster = known.cluster();
  const labels = `${managedBy.key}=${managedBy.value}`;
  const found = await listAll(cluster, "secret", { namespace: await cluster.namespace(), labels, metadataOnly: true });
  return found.map(({ metadata }) => metadata.name);
}

/** Returns the candidates of `[SECRET] TARGET…`: the namespace's Secrets for the first word, kinds, and after a kind its objects. */
export async function secretOrTargets(known: Known, words: readonly string[], word: string): Promise<readonly string[]> {
  if (words.length > 0 || word.includes("/")) return targetCandidates(known, words, word);
  return [...(await pullSecrets(known)), ...(word === "" ? [] : kindWords)];
}

/** Returns the candidates of `TARGET…`. */
export async function targetCandidates(known: Known, words: readonly string[], word: string): Promise<readonly string[]> {
  const slash = word.indexOf("/");
  const kind = kindSpelled(slash < 0 ? (words.at(-1) ?? "") : word.slice(0, slash));
  if (!kind) return kindWords;
  const cluster = known.cluster();
  const found = await listAll(cluster, kind, { namespace: await cluster.namespace(), metadataOnly: true });
  return found.map(({ metadata }) => `${word.slice(0, slash + 1)}${metadata.name}`);
}

const kindWords = targetKinds.map((kind) => `${spelled(kind)}/`);
