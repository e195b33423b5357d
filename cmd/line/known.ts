import { argumentKind, type TargetKind, targetKinds } from "../../src/kinds.ts";
import { type Cluster, type Configured, listAll } from "../../src/kube/port.ts";
import { managedBy } from "../../src/objects.ts";
import { kindSpelled } from "./names.ts";

export type Known = {
  cluster(): Cluster;
  configured(of: Configured): Promise<readonly string[]>;
};

export const contexts = (known: Known) => known.configured("contexts");

export const clusters = (known: Known) => known.configured("clusters");

export const users = (known: Known) => known.configured("users");

export const registries = async (known: Known) => (await import("./registries.ts")).registriesInUse(known.cluster());

export const namespaces = (known: Known) => namesInCluster(known, "namespace");

export const nodes = (known: Known) => namesInCluster(known, "node");

async function namesInCluster(known: Known, kind: "namespace" | "node"): Promise<readonly string[]> {
  return (await listAll(known.cluster(), kind, { metadataOnly: true })).map(({ metadata }) => metadata.name);
}

async function namesOf(known: Known, kind: TargetKind | "secret", where: { labels?: string; fields?: string } = {}) {
  const cluster = known.cluster();
  const found = await listAll(cluster, kind, { namespace: await cluster.namespace(), metadataOnly: true, ...where });
  return found.map(({ metadata }) => metadata.name);
}

export const serviceAccounts = (known: Known) => namesOf(known, "serviceaccount");

/** Returns the names of all pull secrets, including those of other tools. */
const pullSecrets = (known: Known) => namesOf(known, "secret", { fields: "type=kubernetes.io/dockerconfigjson" });

export const secrets = (known: Known) => namesOf(known, "secret", { labels: `${managedBy.key}=${managedBy.value}` });

/** Returns the candidates of `[SECRET] TARGET…`: the namespace's Secrets for the first word, kinds, and after a kind its objects. */
export async function secretOrTargets(known: Known, words: readonly string[], word: string): Promise<readonly string[]> {
  if (words.length > 0 || word.includes("/")) return targetCandidates(known, words, word);
  return [...(await pullSecrets(known)), ...(word === "" ? [] : kindWords)];
}

export async function targetCandidates(known: Known, words: readonly string[], word: string): Promise<readonly string[]> {
  const slash = word.indexOf("/");
  const kind = kindSpelled(slash < 0 ? (words.at(-1) ?? "") : word.slice(0, slash));
  if (!kind) return kindWords;
  return (await namesOf(known, kind)).map((name) => word.slice(0, slash + 1) + name);
}

const kindWords = targetKinds.map((kind) => `${argumentKind(kind)}/`);
