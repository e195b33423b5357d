import { CliError, InTheWay, isForbidden } from "../errors.ts";
import { plugin } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import type { Cluster } from "../kube/port.ts";
import { once } from "../scope/concurrency.ts";
import { azureName, describeInAzure, type FileInAzure } from "../secret/azure-words.ts";
import type { Credential } from "../secret/record.ts";
import { creationOf, idBy, namespaceNotFound, uidOf } from "../usage/namespace.ts";
import { nameInPlace } from "../wording.ts";

/** The source that an object in Azure belongs to. */
export type Owner = {
  readonly to: Ref<"secret">;
  readonly namespaceUid: string;
  /** The name of its ACR token, scope map or application. No other Secret of any cluster derives it. */
  readonly name: string;
  /** The same without the random end that the name of an export has. */
  readonly stem: string;
  /** Returns its description in Azure, with the id of the cluster if the run may read that. Read once. */
  description(): Promise<string>;
};

type OwnerOptions = {
  readonly exported?: boolean;
  /** The file of `apply` that the source belongs to. */
  readonly file?: FileInAzure | undefined;
};

/** Reads what names a source in Azure. @throws CliError if the namespace doesn't exist or can't be read */
export async function ownerOf(to: Ref<"secret">, cluster: Cluster, { exported = false, file }: OwnerOptions = {}): Promise<Owner> {
  const { namespace = "", name: secret } = to;
  const namespaceUid = await uidOf(cluster, namespace).catch((cause: unknown) => {
    if (!isForbidden(cause)) throw cause;
    throw new CliError("forbidden", cause.message, { hint: `ask an administrator for the right to get namespace ${namespace}`, cause });
  });
  if (namespaceUid === undefined) throw await namespaceNotFound(cluster, namespace, creationOf(namespace));
  const description = async () => {
    const clusterId = await idBy(() => uidOf(cluster, "kube-system"));
    return describeInAzure({ secret, namespace, namespaceUid, cluster: clusterId, isExported: exported, file });
  };
  const stem = azureName(namespaceUid, namespace, secret);
  const name = exported ? azureName(namespaceUid, namespace, secret, `-${crypto.randomUUID()}`) : stem;
  return { to, namespaceUid, name, stem, description: once(description) };
}

/** Nothing confirms what a Secret says about its credential. Anyone in its namespace can write it, so it fails no run on other Secrets. */
export class Unconfirmed extends InTheWay {}

/** A Secret holds a working login that is not of this plugin or of its Azure identity. No rotation can replace it. */
export class OthersLogin extends InTheWay {}

/** @param of `revoking`: the Secret is to be deleted. Otherwise it can get a token of its own */
export function notOwn({ to }: Owner, { identity, host }: Credential, of?: "revoking"): Unconfirmed {
  const again = plugin("create", to.name, "--registry", host, "--repository", "REPOSITORY", "--force");
  const hint = { ...(of ? plugin("delete", to.name) : again), namespace: to.namespace };
  return new Unconfirmed(`${nameInPlace(to)} records the ACR token "${identity}", which is not its own`, hint);
}
