import { type Credential, lifecycleOf, type Owner } from "../credential/kind.ts";
import { CliError, isForbidden, unlessForbidden, unlessRefused } from "../errors.ts";
import { joinNames, type Ref } from "../kinds.ts";
import { type Cluster, listAll } from "../kube/port.ts";
import { unknownClusters } from "../plan/ownership.ts";
import type { Rotation } from "../plan/rotation.ts";
import type { ClusterScope, NamespaceScope } from "../scope/cluster-scopes.ts";
import { once } from "../scope/concurrency.ts";
import { exportedWords, sharedSecretWords, unnamedCluster, wordsWithClusters } from "../secret/azure-words.ts";
import { mayBeTokenOf, tokenName } from "../secret/names.ts";
import type { ListedCluster } from "../usage/holders.ts";
import { creationOf, idBy, namespaceNotFound, uidOf } from "../usage/namespace.ts";
import type { RecordedLogin } from "../usage/secret-logins.ts";

/**
 * Returns one Secret as the owner of a credential. The name in Azure is derived from the namespace's uid, so no other Secret has the same
 * name.
 */
export function ownerOf({ cluster, namespace }: NamespaceScope, secret: string): Owner {
  const ownName = once(async () => tokenName(await known(() => uidOf(cluster, namespace), cluster, namespace), namespace, secret));
  const words = `secret ${secret} in namespace ${namespace}`;
  return {
    secret,
    words,
    wordsInCluster: once(async () => wordsWithClusters(words, [await idBy(() => uidOf(cluster, "kube-system"))])),
    ownName,
    owns: async (name) => mayBeTokenOf(name, namespace, secret) && name === (await ownName()),
    alone: true,
  };
}

/** Returns the owner of a credential that is printed instead of written to the Secret. Its description in Azure says so. */
export function exportedOwner(place: NamespaceScope, secret: string): Owner {
  const owner = ownerOf(place, secret);
  const wordsInCluster = async () => exportedWords(await owner.wordsInCluster());
  return { ...owner, alone: false, isExported: true, words: exportedWords(owner.words), wordsInCluster };
}

/**
 * Returns the Secrets of one name in many namespaces as the owner of a credential. The name in Azure is derived from the cluster and the
 * first selected namespace. So another selection of namespaces gets another name. Later runs find the name in the annotations of the
 * Secrets that hold the credential.
 */
export function sharedOwner(clusterScope: ClusterScope, secret: string): Owner {
  const { cluster } = clusterScope;
  const uid = once(() => uidOf(cluster, "kube-system"));
  const firstNamespace = once(() => firstUid(clusterScope));
  const words = sharedSecretWords(secret);
  return {
    secret,
    words,
    wordsInCluster: once(async () => wordsWithClusters(words, [await idBy(uid)])),
    ownName: once(async () => sharedName(...(await Promise.all([known(uid, cluster, "kube-system"), firstNamespace()])), secret)),
    /** Earlier versions did not include the namespace in the name. */
    owns: async (name) => {
      if (!mayBeTokenOf(name, "shared", secret)) return false;
      const id = await known(uid, cluster, "kube-system");
      if (name === tokenName(id, "shared", secret)) return true;
      const isNamedBy = (namespace: string) => name === sharedName(id, namespace, secret);
      return isNamedBy(await firstNamespace()) || (await uidsIn(clusterScope)).some(isNamedBy);
    },
    alone: false,
  };
}

const sharedName = (cluster: string, namespace: string, secret: string) => tokenName(`${cluster}/${namespace}`, "shared", secret);

/**
 * Returns the uid of the first selected namespace that exists. Returns an empty string if none exists; then no Secret is written either.
 */
async function firstUid({ cluster, namespaces }: ClusterScope): Promise<string> {
  for (const name of namespaces) {
    const uid = await readable(() => uidOf(cluster, name));
    if (uid !== undefined) return uid;
  }
  return "";
}

/** Returns the uids of a cluster's namespaces, or of the selected ones if listing is forbidden. */
async function uidsIn({ cluster, namespaces }: ClusterScope): Promise<string[]> {
  const listed = await listAll(cluster, "namespace", { metadataOnly: true }).catch(unlessForbidden(undefined));
  if (listed) return listed.map(({ metadata: { uid = "" } }) => uid);
  const read = await Promise.all(namespaces.map((name) => uidOf(cluster, name).catch(unlessForbidden(undefined))));
  return read.filter((uid) => uid !== undefined);
}

/** Returns the uid of a namespace. @throws CliError with a workaround if reading it is forbidden */
async function known(read: () => Promise<string | undefined>, cluster: Cluster, namespace: string): Promise<string> {
  const uid = await readable(read);
  if (uid === undefined) throw await namespaceNotFound(cluster, namespace, creationOf(namespace));
  return uid;
}

async function readable(read: () => Promise<string | undefined>): Promise<string | undefined> {
  return read().catch((cause: unknown) => {
    if (!isForbidden(cause)) throw cause;
    throw new CliError("forbidden", cause.message, {
      hint: "add --service-principal=NAME, with a name in Azure that no other Secret uses",
      cause,
    });
  });
}

type Owned = "one" | "many" | "none";

/**
 * Returns which Secrets a credential's name is derived from. `one`: one of these, so no other Secret was ever given it. `many`: those of
 * the same name in many namespaces. `none`: no known Secret.
 */
export async function ownedBy(
  identity: string,
  secrets: readonly { readonly to: Ref<"secret"> }[],
  clusterScope: ClusterScope,
): Promise<Owned> {
  const owns = (owner: Owner) => owner.owns(identity).catch(unlessRefused(false));
  for (const { to } of secrets) {
    const { name, namespace = "" } = to;
    if (await owns(ownerOf({ cluster: clusterScope.cluster, namespace }, name))) return "one";
  }
  for (const name of new Set(secrets.map(({ to }) => to.name))) if (await owns(sharedOwner(clusterScope, name))) return "many";
  return "none";
}

export const ownerAt = ({ clusterScope: { cluster }, to }: Pick<RecordedLogin, "clusterScope" | "to">): Owner =>
  ownerOf({ cluster, namespace: to.namespace ?? "" }, to.name);

export const ownedByHolders = async ({ identity, members }: Rotation<RecordedLogin>): Promise<Owned> =>
  members[0] ? ownedBy(identity, members, members[0].clusterScope) : "none";

/**
 * Returns the ids of clusters that Azure's description names and that this run did not list. Returns none if the name is derived from only
 * one Secret.
 */
export async function clustersUnknown(
  { identity }: Rotation<RecordedLogin>,
  { cluster, credential, owned }: { cluster(): Promise<ListedCluster>; readonly credential: Credential; readonly owned: Owned },
): Promise<readonly string[]> {
  const described = owned === "one" ? [] : await lifecycleOf(credential).clusters(identity);
  return described.length === 0 ? [] : unknownClusters(described, (await cluster()).id);
}

export const inClusters = (ids: readonly string[]): string =>
  ids.includes(unnamedCluster)
    ? `a cluster ${unnamedCluster} may hold it; add --force if no other cluster does`
    : `cluster ${joinNames(ids)} may hold it; add --force if it does not`;
