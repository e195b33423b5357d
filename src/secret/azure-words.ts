import { createHash } from "node:crypto";

/** The prefixes of descriptions, and of names, of the objects that this plugin creates in Azure. */
const [described, called] = ["kubectl acr-secret: ", "acr-secret: "];

/** Starts the words for a credential of which `create --export` printed a password: a copy may exist outside of the cluster. */
const exported = "exported ";

/** The maximum length of a password's name in Microsoft Graph. */
const longestKey = 120;

/** The maximum number of clusters that are listed: a scope map's description has at most 256 characters. */
const mostClusters = 8;

/** A short id of a cluster, which does not depend on the names in a kubeconfig. */
export const clusterId = (kubeSystemUid: string): string => createHash("sha256").update(kubeSystemUid).digest("hex").slice(0, 8);

/** `secret acr in namespace demo of cluster 1a2b3c4d`. @param clusters their ids; undefined if one of them is unknown */
export function wordsWithClusters(words: string, clusters: readonly (string | undefined)[]): string {
  const ids = [...new Set(clusters)];
  if (ids.length === 0 || ids.length > mostClusters || ids.includes(undefined)) return words;
  return `${words} of ${ids.length === 1 ? "cluster" : "clusters"} ${ids.join(", ")}`;
}

/** The words for a credential that is printed instead of written to its Secret. */
export const exportedWords = (words: string): string => `${exported}${words}`;

/** Returns the description of a scope map, or the `notes` field in Microsoft Graph of an application. */
export const azureDescription = (words: string): string => `${described}${words}`;

/** Whether this plugin created the object with this description. */
export const isOurDescription = (description: string): boolean => description.startsWith(described);

/**
 * Returns the description after Secrets of more clusters get the credential, or after it is exported. If one cluster is unknown, it could
 * be any cluster, so the description names none.
 * @returns undefined if it stays unchanged, such as a description of another tool or of an older version
 */
export function withClusters(description: string, further: string): string | undefined {
  const [made, more] = [parseAzureOwner(description), parseAzureOwner(further)];
  if (!made || !more) return undefined;
  const isUnknown = made.clusters.length === 0 || more.clusters.length === 0;
  const clusters = isUnknown ? [] : [...new Set([...made.clusters, ...more.clusters])];
  const isExported = made.isExported || more.isExported;
  if (isExported === made.isExported && clusters.length === made.clusters.length) return undefined;
  const words = wordsWithClusters(made.words, clusters);
  return azureDescription(isExported ? exportedWords(words) : words);
}

/** The name of an application's password. A long name is shortened, but keeps its end, which names the cluster. */
export function keyName(words: string): string {
  const whole = `${called}${words}`;
  if (whole.length <= longestKey) return whole;
  const end = clustersIn.exec(whole)?.[0] ?? "";
  return `${whole.slice(0, longestKey - end.length)}${end}`;
}

/** Whether a password's name contains the whole text, including a cluster: otherwise passwords of several Secrets may have that name. */
export const isForOneSecret = (key: string, words: string): boolean => key.endsWith(words) && clustersIn.test(key);

/** The owner of an object in Azure. */
export type AzureOwner = {
  /** `secret acr in namespace demo` */
  readonly words: string;
  /** The uid of the namespace; absent in the name of a password. */
  readonly namespaceUid?: string | undefined;
  /** The ids of the clusters; empty if unknown, as for objects of older versions. */
  readonly clusters: readonly string[];
  readonly isExported?: true | undefined;
};

/** The words for Secrets of one name that share a credential. */
export const sharedSecretWords = (secret: string): string => `secret ${secret} in many namespaces`;

/** Replaces the cluster ids of a shared credential without any. It has too many clusters, or the uid of one could not be read. */
export const unnamedCluster = "that Azure does not name";

/** The ids of the clusters in texts of this plugin, and {@link unnamedCluster} if the text of a shared credential names none. */
export const clustersNamedIn = (texts: readonly string[]): readonly string[] => [
  ...new Set(
    texts.flatMap((text) => {
      const { words = "", clusters = [] } = parseAzureOwner(text) ?? {};
      return clusters.length === 0 && words.endsWith(" in many namespaces") ? [unnamedCluster] : clusters;
    }),
  ),
];

const clustersIn = / of clusters? ([0-9a-f]{8}(?:, [0-9a-f]{8})*)$/;
const uidIn = / \(([^() ]+)\)$/;
const tagIn = / #[0-9a-f]{8}$/;

/** Parses a description, notes or a name; undefined if this plugin did not create the object. */
export function parseAzureOwner(text: string): AzureOwner | undefined {
  const start = [described, called].find((one) => text.startsWith(one));
  if (start === undefined) return undefined;
  const isExported = text.startsWith(exported, start.length) || undefined;
  const whole = text.slice(start.length + (isExported ? exported.length : 0)).replace(tagIn, "");
  const [, ids] = clustersIn.exec(whole) ?? [];
  const owner = whole.replace(clustersIn, "");
  const [, namespaceUid] = uidIn.exec(owner) ?? [];
  return { words: owner.replace(uidIn, ""), namespaceUid, clusters: ids?.split(", ") ?? [], isExported };
}

/** What a description in Azure says about the source of an object. */
type Described = {
  readonly secret: string;
  readonly namespace: string;
  readonly namespaceUid: string;
  /** The id of the cluster; undefined if it could not be read. */
  readonly cluster: string | undefined;
  readonly isExported: boolean;
};

/** The maximum number of characters of a Secret's name in a description: a scope map's description has at most 256. */
const longestSecret = 80;

/**
 * `kubectl acr-secret: secret acr in namespace demo (3f1c…) of cluster 1a2b3c4d`: the description of a scope map, or the `notes` field in
 * Microsoft Graph of an application.
 */
export function describeInAzure({ secret, namespace, namespaceUid, cluster, isExported }: Described): string {
  const named = secret.length > longestSecret ? `${secret.slice(0, longestSecret - 1)}~` : secret;
  const words = `secret ${named} in namespace ${namespace} (${namespaceUid})`;
  return `${described}${isExported ? exported : ""}${words}${cluster === undefined ? "" : ` of cluster ${cluster}`}`;
}

/** Whether two descriptions name the same Secret. The uid of its namespace is unique across clusters. */
export function isSameOwner(a: string, b: string): boolean {
  const [one, other] = [parseAzureOwner(a), parseAzureOwner(b)];
  return one?.namespaceUid !== undefined && one.namespaceUid === other?.namespaceUid && one.words === other.words;
}

/** The source of a password of an application, by its description and its unique name in Azure. */
type KeyOwner = { readonly description: string; readonly name: string };

/** The maximum number of characters of the rest of a key's name: the cluster and the random digits. */
const longestRest = " of cluster 1a2b3c4d #01234567".length;

/** The words of a key's name. Long names are replaced with the unique one: no other Secret's key has the same words. */
function keyOwner({ description, name }: KeyOwner): AzureOwner {
  const owner = parseAzureOwner(description) ?? { words: "", clusters: [] };
  const length = called.length + exported.length + owner.words.length + longestRest;
  return length > longestKey ? { ...owner, words: `secret ${name}` } : owner;
}

/**
 * Returns the name of a password in Microsoft Graph: `acr-secret: secret acr in namespace demo of cluster 1a2b3c4d #01234567`.
 * @param random eight hexadecimal digits
 */
export function keyNameOf(of: KeyOwner, random: string): string {
  const { words, clusters, isExported } = keyOwner(of);
  return `${called}${isExported ? exported : ""}${wordsWithClusters(words, clusters)} #${random}`;
}

/** Whether a password was created for a source. A cluster whose id could not be read may be any cluster. */
export function isKeyOwnedBy(key: string, of: KeyOwner): boolean {
  const [made, owner] = [parseAzureOwner(key), keyOwner(of)];
  if (made?.words !== owner.words || made.isExported !== owner.isExported || !tagIn.test(key)) return false;
  const clusters = [made.clusters, owner.clusters];
  return clusters.some(({ length }) => length === 0) || made.clusters.join() === owner.clusters.join();
}

/** Whether a text is a GUID, the format of an application's id in Azure. */
export const isGuid = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
