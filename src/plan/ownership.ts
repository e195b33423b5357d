import { reaches } from "../kubelet/keyring.ts";
import { isGuid, isRegional } from "../secret/azure-words.ts";
import type { Entry } from "../secret/entry.ts";
import { hostOf } from "./existing-secret.ts";

/**
 * The three questions of ownership. Every verb asks them here:
 * 1. May this run write this Secret? {@link mayWrite}
 * 2. Which Secrets and clusters hold this credential? {@link isLoginOf}, {@link describes}, {@link unknownClusters}, {@link keptBy}
 * 3. Is this object in Azure ours, alone? {@link mayGrant}, {@link mayDelete}
 */

/** The tool that the label app.kubernetes.io/managed-by names. Other tools write this label, so it only decides about writing. */
export type Manager = "ours" | "other" | "none";

/** Whether this run may write a login of a Secret. @param beside the annotation says that the login was added to another tool's Secret */
export const mayWrite = (
  { manager, beside }: { readonly manager: Manager; readonly beside: boolean },
  { force = false, merge = false }: { readonly force?: boolean; readonly merge?: boolean } = {},
): boolean => force || merge || beside || manager === "ours";

/** A credential that Secrets may hold. */
export type CredentialId = {
  readonly kind: string;
  /** The user name that signs in. */
  readonly identity: string;
  /** The login server; absent if the credential is valid at any registry. */
  readonly host?: string | undefined;
};

/** A login of a Secret, from its annotation or from its docker config. The docker config does not say the kind. */
export type HeldLogin = Pick<Entry, "hosts" | "identity"> & Partial<Pick<Entry, "kind" | "slot" | "previous">>;

/** Whether a login is one of the credential's. Azure ignores the case of names. */
export const isLoginOf = ({ kind, identity, host }: CredentialId, login: HeldLogin): boolean =>
  (login.kind === undefined || login.kind === kind) &&
  login.identity.toLowerCase() === identity.toLowerCase() &&
  (host === undefined || isGuid(identity) || login.hosts.some((server) => servesHost(server, host)));

/**
 * Whether an entry of an annotation accounts for a login of the docker config. If its kind cannot have that user name, or it spells the
 * name otherwise, the login counts by itself: a token's login that a user supplied is still the token's.
 */
export const describes = ({ kind, identity, hosts }: Entry, held: HeldLogin): boolean =>
  identity === held.identity && kindsNamed(identity).includes(kind) && isLoginOf({ kind, identity, host: hosts[0] ?? "" }, held);

/** The kinds of credentials in Azure that can have a user name. */
const kindsNamed = (identity: string): readonly string[] => (isGuid(identity) ? ["service-principal", "entra"] : ["acr-token"]);

/** Whether a key under `auths` is for a registry. An image can name the port too, and `*` can stand for a part of a regional host. */
function servesHost(server: string, host: string): boolean {
  const key = hostOf(server).toLowerCase().replace(/:\d+$/, "");
  const [name = ""] = host.split(".");
  const sample = key.split(".").map((part, at) => (part.includes("*") ? (at === 0 ? name : "any") : part));
  return key === host.toLowerCase() || isRegional(host, sample.join(".")) || reaches(key, { host, repository: "" });
}

/** The clusters that Azure's description of a credential names and whose Secrets were not all listed. */
export const unknownClusters = (described: readonly string[], listed: ReadonlySet<string>): readonly string[] =>
  described.filter((id) => !listed.has(id));

/** All that may hold a credential besides the Secrets that a run ends it for. */
export type OtherHolders = {
  /** Secrets that hold it, or may. */
  readonly secrets: number;
  /** Ids of clusters that Azure's description names and that were not listed completely. */
  readonly clusters: readonly string[];
  /** Selected clusters that could not be listed completely. */
  readonly unlisted: number;
  /** Only one Secret derives the credential's name, so no other cluster has been given it. */
  readonly owned: boolean;
};

/** What keeps a credential from being ended or widened; undefined if nothing does. @param force the user accepts unknown holders */
export function keptBy({ secrets, clusters, unlisted, owned }: OtherHolders, force = false): "secret" | "cluster" | undefined {
  if (secrets > 0) return "secret";
  return (clusters.length > 0 || unlisted > 0) && !owned && !force ? "cluster" : undefined;
}

/** A token, scope map or application in Azure. Its display name is no evidence: any user of the tenant can choose it. */
export type AzureObject = {
  /** Its description or notes say that this plugin created it. */
  readonly described: boolean;
  /** The identity that created it. */
  readonly creator: "self" | "other" | "unknown";
  /** A proven Secret records its id. */
  readonly recorded: boolean;
  /** Ways to sign in that this plugin did not create. */
  readonly otherKeys: readonly ("password" | "certificate" | "federated credential")[];
  /** Other objects in Azure use it, as tokens use a scope map. */
  readonly shared: boolean;
};

/** Whether an object that the user did not name may get rights or a password. */
export const mayGrant = ({ described, creator, recorded, otherKeys, shared }: AzureObject): boolean =>
  described && (recorded || creator === "self") && otherKeys.length === 0 && !shared;

/** Whether an object may be deleted once its passwords are free. */
export const mayDelete = ({ described, otherKeys, shared }: Omit<AzureObject, "creator" | "recorded">): boolean =>
  described && otherKeys.length === 0 && !shared;
