import { listAll } from "../../src/cluster/port.ts";
import { spelled, targetKinds } from "../../src/kinds.ts";
import { type Known, pullSecrets } from "./known.ts";
import { kindSpelled } from "./target-kinds.ts";

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
