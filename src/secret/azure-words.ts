import { createHash } from "node:crypto";

/** Behind what this plugin makes in Azure stands so, and then whom it is for. */
const [described, called] = ["kubectl acr-secret: ", "acr-secret: "];

/** The longest name of a password that Microsoft Graph takes. */
const longestKey = 120;

/** More clusters than these are not told one by one: a scope map's description has room for 256 characters. */
const mostClusters = 8;

/** A cluster in a few characters: others know it by these, whatever contexts they call it by. */
export const clusterId = (kubeSystemUid: string): string => createHash("sha256").update(kubeSystemUid).digest("hex").slice(0, 8);

/** `secret acr in namespace demo of cluster 1a2b3c4d`. @param clusters their ids; undefined where one of them is not known */
export function wordsIn(words: string, clusters: readonly (string | undefined)[]): string {
  const ids = [...new Set(clusters)];
  if (ids.length === 0 || ids.length > mostClusters || ids.includes(undefined)) return words;
  return `${words} of ${ids.length === 1 ? "cluster" : "clusters"} ${ids.join(", ")}`;
}

/** The description of a scope map, and the notes of an application. */
export const ofOurs = (words: string): string => `${described}${words}`;

/** Whether this plugin made what has that description. */
export const isOfOurs = (description: string): boolean => description.startsWith(described);

/**
 * What a description is to say, where Secrets of further clusters get what it is of. One cluster that is not known may be any, and then it
 * says none.
 * @returns undefined where it can stay as it is, as that of somebody else, and one of an older version
 */
export function withClusters(description: string, further: string): string | undefined {
  const [made, more] = [readMadeFor(description), readMadeFor(further)];
  if (!made || !more || made.clusters.length === 0) return undefined;
  if (more.clusters.length === 0) return ofOurs(made.words);
  if (more.clusters.every((id) => made.clusters.includes(id))) return undefined;
  return ofOurs(wordsIn(made.words, [...made.clusters, ...more.clusters]));
}

/** The name of an application's password. Where it would be too long its end stays, which says the cluster. */
export function keyName(words: string): string {
  const whole = `${called}${words}`;
  if (whole.length <= longestKey) return whole;
  const end = clustersIn.exec(whole)?.[0] ?? "";
  return `${whole.slice(0, longestKey - end.length)}${end}`;
}

/** Whether a password's name is of that whole, the cluster among it: else passwords of several Secrets may be called so. */
export const isOfOne = (key: string, words: string): boolean => key.endsWith(words) && clustersIn.test(key);

/** Whom something in Azure is for. */
export type MadeFor = {
  /** `secret acr in namespace demo` */
  readonly words: string;
  /** The ids of the clusters; none where it does not say, as of what older versions made. */
  readonly clusters: readonly string[];
};

/** The words for the Secrets of one name that share a credential. */
export const manyNamespaces = (secret: string): string => `secret ${secret} in many namespaces`;

/** Stands for the clusters of a shared credential without ids: there are too many of them, or the uid of one could not be read. */
export const unnamedCluster = "that Azure does not name";

/** The ids of the clusters that texts of ours name, and {@link unnamedCluster} if the text of a shared credential names none. */
export const clustersNamedIn = (texts: readonly string[]): readonly string[] => [
  ...new Set(
    texts.flatMap((text) => {
      const { words = "", clusters = [] } = readMadeFor(text) ?? {};
      return clusters.length === 0 && words.endsWith(" in many namespaces") ? [unnamedCluster] : clusters;
    }),
  ),
];

const clustersIn = / of clusters? ([0-9a-f]{8}(?:, [0-9a-f]{8})*)$/;

/** Whom it is for, by its description, its notes or its name; undefined for what this plugin has not made. */
export function readMadeFor(text: string): MadeFor | undefined {
  const start = [described, called].find((one) => text.startsWith(one));
  if (start === undefined) return undefined;
  const whole = text.slice(start.length);
  const [end = "", ids] = clustersIn.exec(whole) ?? [];
  return { words: whole.slice(0, whole.length - end.length), clusters: ids?.split(", ") ?? [] };
}

/** Whether a text is a GUID, as Azure writes the id of an application. */
export const isGuid = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** The host of one of a registry's regions: `myregistry.eastus.geo.azurecr.io` is that of `myregistry.azurecr.io`. */
const form = /^([a-z0-9-]+)(?:\.[a-z0-9]+){1,2}\.geo(\.azurecr\.(?:io|us|cn))$/;

/** Whether a host is a registry's own in one of its regions, which Azure gives to nobody else. @param host the login server */
export function isRegional(host: string, other: string): boolean {
  if (!other.includes(".geo.")) return false;
  const [, name = "", suffix = ""] = form.exec(other) ?? [];
  return name !== "" && name + suffix === host;
}
