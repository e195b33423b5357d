import { createHash } from "node:crypto";
import type { AcrToken } from "../azure/port.ts";
import type { Ref } from "../kinds.ts";

/** The prefixes of descriptions, and of names, of the objects that this plugin creates in Azure. */
const [described, called] = ["kubectl acr-secret: ", "acr-secret: "];

/** Starts the words for a credential of which `create --export` printed a password: a copy may exist outside of the cluster. */
const exported = "exported ";

/** The maximum length of a password's name in Microsoft Graph. */
const longestKey = 120;

/** A short id of a cluster, which does not depend on the names in a kubeconfig. */
export const clusterId = (kubeSystemUid: string): string => createHash("sha256").update(kubeSystemUid).digest("hex").slice(0, 8);

export const isOurDescription = (description: string): boolean => description.startsWith(described);

export type AzureOwner = {
  /** `secret acr in namespace demo` */
  readonly words: string;
  /** The uid of the namespace; absent in the name of a password. */
  readonly namespaceUid?: string | undefined;
  /** The id of the cluster; absent if it could not be read. */
  readonly cluster?: string | undefined;
  readonly isExported?: true | undefined;
  /** The id of the file of `apply` that it belongs to. */
  readonly file?: string | undefined;
  /** The file gives each of several namespaces a credential of its own. */
  readonly isEach?: true | undefined;
};

/** The file of `apply` that an object belongs to, as its description names it. */
export type FileInAzure = { readonly id: string; readonly isEach: boolean };

/** Returns the id of a file: its home and name together are too long for a description. */
export const fileId = ({ home, name }: { readonly home: string; readonly name: string }): string =>
  createHash("sha256").update(`${home}/${name}`).digest("hex").slice(0, 16);

const fileIn = / by file ([0-9a-f]{16})( each)?$/;
const clusterIn = / of cluster ([0-9a-f]{8})$/;
const uidIn = / \(([^() ]+)\)$/;
const tagIn = / #[0-9a-f]{8}$/;

/** Parses a description, notes or a name; undefined if this plugin did not create the object. */
export function parseAzureOwner(text: string): AzureOwner | undefined {
  const start = [described, called].find((one) => text.startsWith(one));
  if (start === undefined) return undefined;
  const isExported = text.startsWith(exported, start.length) || undefined;
  const whole = text.slice(start.length + (isExported ? exported.length : 0)).replace(tagIn, "");
  const [, file, each] = fileIn.exec(whole) ?? [];
  const named = whole.replace(fileIn, "");
  const [, cluster] = clusterIn.exec(named) ?? [];
  const owner = named.replace(clusterIn, "");
  const [, namespaceUid] = uidIn.exec(owner) ?? [];
  return { words: owner.replace(uidIn, ""), namespaceUid, cluster, isExported, file, isEach: each === undefined ? undefined : true };
}

/** What a description in Azure says about the source of an object. */
type Described = {
  readonly secret: string;
  readonly namespace: string;
  readonly namespaceUid: string;
  readonly cluster: string | undefined;
  readonly isExported: boolean;
  readonly file?: FileInAzure | undefined;
};

/**
 * The maximum number of characters of a Secret's name in a description: a scope map's description has at most 256. The name of a Secret of
 * a file is shorter, so that the id of the file also fits.
 */
const longestSecret = 80;

/**
 * `kubectl acr-secret: secret acr in namespace demo (3f1c…) of cluster 1a2b3c4d`: the description of a scope map, or the `notes` field in
 * Microsoft Graph of an application.
 */
export function describeInAzure({ secret, namespace, namespaceUid, cluster, isExported, file }: Described): string {
  const words = `${wordsOf(secret, namespace)} (${namespaceUid})`;
  return withFile(`${described}${isExported ? exported : ""}${words}${inCluster(cluster)}`, file);
}

const wordsOf = (secret: string, namespace: string): string =>
  `secret ${secret.length > longestSecret ? `${secret.slice(0, longestSecret - 1)}~` : secret} in namespace ${namespace}`;

/** Whether a description, or the name of a password, is that of an export of a Secret, from whatever cluster. */
export function isExportOf(text: string, { name, namespace = "" }: Ref<"secret">): boolean {
  const owner = parseAzureOwner(text);
  return owner?.isExported === true && owner.words === wordsOf(name, namespace);
}

/** Returns a description of this plugin with another file. Any other description stays as it is. */
export const withFile = (description: string, file: FileInAzure | undefined): string =>
  file === undefined || !isOurDescription(description)
    ? description
    : `${description.replace(fileIn, "")} by file ${file.id}${file.isEach ? " each" : ""}`;

/** Returns the description for an object of a file. Replaces a text that someone edited, except a cluster that this run may not read. */
export function describeForFile(current: string, own: string, file: FileInAzure): string {
  const isKept = parseAzureOwner(own)?.cluster === undefined && isSameOwner(current, own);
  return withFile(isKept ? current : own, file);
}

const inCluster = (id: string | undefined) => (id === undefined ? "" : ` of cluster ${id}`);

/** Whether a description is that of an owner, in whatever file. */
export const isDescribedAs = (description: string, owner: string): boolean => description.replace(fileIn, "") === owner.replace(fileIn, "");

/** The Secret that an owner's words name. Its name may be cut. */
export function secretIn({ words }: AzureOwner): { readonly namespace: string; readonly name: string } | undefined {
  const [, name, namespace] = /^secret (\S+) in namespace (\S+)$/.exec(words) ?? [];
  return name === undefined || namespace === undefined ? undefined : { namespace, name };
}

/**
 * Returns the name in Azure of the credential of one Secret. It is the same in each run, and unique across clusters: its end has 80 bits of
 * a hash of the namespace's uid and the Secret's name. Azure allows 5 to 50 of `[a-zA-Z0-9-]` for a token.
 * @param random makes the name of each export another one
 */
export function azureName(namespaceUid: string, namespace: string, secret: string, random = ""): string {
  const readable = `${namespace}-${secret}`.replace(/[^a-zA-Z0-9-]/g, "-").slice(0, 33);
  const digest = createHash("sha256").update(`${namespaceUid}/${secret}${random}`).digest();
  return `${readable}-${base32(digest).slice(0, 16)}`;
}

/** RFC 4648 6, in lower case and without padding. */
function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => "abcdefghijklmnopqrstuvwxyz234567"[Number.parseInt(five, 2)]).join("");
}

/** Whether the plugin derives a name for an owner. The end is random for an export, and unknown for a Secret whose name is cut. */
export function isDerived(name: string, owner: AzureOwner): boolean {
  const secret = secretIn(owner);
  if (!secret || owner.namespaceUid === undefined) return false;
  const derived = azureName(owner.namespaceUid, secret.namespace, secret.name);
  const [start, end] = [name.toLowerCase().slice(0, -16), name.toLowerCase().slice(-16)];
  if (!owner.isExported && !secret.name.endsWith("~")) return start + end === derived.toLowerCase();
  return start === derived.toLowerCase().slice(0, -16) && /^[a-z2-7]{16}$/.test(end);
}

/** The name of a token's scope map, whose description names the owner of both. */
export const mapOf = ({ scopeMapId }: AcrToken): string => scopeMapId.split("/").at(-1) ?? "";

/** Whether two descriptions name the same Secret. The uid of its namespace is unique across clusters. */
export function isSameOwner(a: string, b: string): boolean {
  const [one, other] = [parseAzureOwner(a), parseAzureOwner(b)];
  return one?.namespaceUid !== undefined && one.namespaceUid === other?.namespaceUid && one.words === other.words;
}

/** The source of a password of an application, by its description and its unique name in Azure. All exports of a Secret have the same. */
type KeyOwner = { readonly description: string; readonly name: string };

/** The maximum number of characters of the rest of a key's name: the cluster and the random digits. */
const longestRest = " of cluster 1a2b3c4d #01234567".length;

/** The words of a key's name. Long names are replaced with the unique one: no other Secret's key has the same words. */
function keyOwner({ description, name }: KeyOwner): AzureOwner {
  const owner = parseAzureOwner(description) ?? { words: "" };
  const length = called.length + exported.length + owner.words.length + longestRest;
  return length > longestKey ? { ...owner, words: `secret ${name}` } : owner;
}

/**
 * Returns the name of a password in Microsoft Graph: `acr-secret: secret acr in namespace demo of cluster 1a2b3c4d #01234567`.
 * @param random eight hexadecimal digits
 */
export function keyNameOf(of: KeyOwner, random: string): string {
  const { words, cluster, isExported } = keyOwner(of);
  return `${called}${isExported ? exported : ""}${words}${inCluster(cluster)} #${random}`;
}

/** Whether a password was created for a source. A cluster whose id could not be read may be any cluster. */
export function isKeyOwnedBy(key: string, of: KeyOwner): boolean {
  const [made, owner] = [parseAzureOwner(key), keyOwner(of)];
  if (made?.words !== owner.words || made.isExported !== owner.isExported || !tagIn.test(key)) return false;
  return made.cluster === undefined || owner.cluster === undefined || made.cluster === owner.cluster;
}

/** Whether a text is a GUID, the format of an application's id in Azure. */
export const isGuid = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
