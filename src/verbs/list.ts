import type { Azure } from "../azure/port.ts";
import type { Secret } from "../objects.ts";
import { loginServerIn, registryName } from "../registry/login-server.ts";
import { hostOf } from "../registry/server-key.ts";
import { type ClusterScope, untilUnreadable } from "../scope/cluster-scopes.ts";
import { type Holding, holdingsOf, type ListedPullSecret } from "../secret/holdings.ts";
import { copiesOf, credentialOf, samePassword, sourceOf } from "../secret/record.ts";
import { listPullSecrets, type UnreadableNamespace } from "../usage/listed-secrets.ts";

type ListOrder = {
  /** A label selector for Secrets. */
  readonly selector: string | undefined;
  readonly carriers: boolean;
  /** Only Secrets with a login for this registry: its name, or a host. */
  readonly registry: string | undefined;
  /** Only Secrets with a login that expires until then. */
  readonly ends: Date | undefined;
  /** With `ends`: also Secrets of which that is not known. */
  readonly includeUnknown: boolean;
  /** Opens Azure, to read there which repositories the ACR tokens may pull. Absent: only the records are read. */
  readonly openAzure?: (() => Promise<Azure>) | undefined;
};

/** How many Secrets were not listed although they may need attention. */
type Skipped = { never: number; unknown: number };

/** Lists pull secrets in the order of their namespaces and names. If the cluster can't be read, the last error has no namespace. */
export async function listSecrets(scope: ClusterScope, order: ListOrder) {
  const read: ListedPullSecret[] = [];
  const unreadable: UnreadableNamespace[] = [];
  for await (const one of untilUnreadable(listPullSecrets(scope, order), (error) => ({ namespace: "", error }))) {
    if ("error" in one) unreadable.push(one);
    else read.push(readListed(one.secret, one.serviceAccounts));
  }
  const described = describeCopies(read).filter(({ holdings }) => order.registry === undefined || isFor(holdings, order.registry));
  const skipped: Skipped = { never: 0, unknown: 0 };
  const found = described.filter((one) => {
    const expiry = order.ends ? expiryBy(one.holdings, order.ends) : "due";
    if (expiry === "due" || (expiry === "unknown" && order.includeUnknown)) return true;
    if (expiry !== "later") skipped[expiry]++;
    return false;
  });
  return { found: order.openAzure ? await withGrants(found, order.openAzure) : found, skipped, unreadable };
}

function readListed(secret: Secret, serviceAccounts: readonly string[]): ListedPullSecret {
  const { name, namespace, creationTimestamp } = secret.metadata;
  const source = sourceOf(secret);
  const copies = source ? [] : Object.keys(copiesOf(secret)).sort();
  const { file } = credentialOf(secret) ?? {};
  const identity = file && { home: file.home, name: file.name };
  return { name, namespace, creationTimestamp, holdings: holdingsOf(secret), serviceAccounts, source, copies, file: identity };
}

/** Describes copies by the records of their sources. A source counts only if it was listed and names the copy's namespace. */
function describeCopies(read: readonly ListedPullSecret[]): readonly ListedPullSecret[] {
  const withCopies = read.filter(({ copies }) => copies.length > 0);
  const sources = new Map(withCopies.map((one) => [`${one.namespace}/${one.name}`, { ...one, copies: new Set(one.copies) }]));
  return read.map((one) => {
    const { source, namespace = "" } = one;
    const original = source && sources.get(`${source.namespace}/${source.name}`);
    if (!original?.copies.has(namespace)) return one;
    const holdings = one.holdings.map((holding) => {
      const recorded = original.holdings.find(({ guessed, identity, hosts: [host = ""] }) => {
        return !guessed && identity === holding.identity && holding.hosts.includes(host);
      });
      // After a rotation, a copy that could not be written holds the previous password
      const isSame = recorded && (recorded.madeAt === undefined || samePassword(recorded, { ...recorded, madeAt: source?.madeAt }));
      return isSame ? { ...recorded, previous: undefined } : holding;
    });
    return { ...one, holdings, file: original.file };
  });
}

/** Whether a Secret has a login for a registry, given by its name or as a host. */
const isFor = (holdings: readonly Holding[], registry: string): boolean =>
  holdings.some(({ hosts }) => hosts.some((host) => namesOf(host).includes(registry)));

/** Returns the host of a key under `auths`, and for a host of a registry in Azure its login server and its name. */
function namesOf(key: string): readonly (string | undefined)[] {
  const host = hostOf(key.toLowerCase());
  return [host, loginServerIn(host), registryName(host)];
}

/** Returns whether a pull secret expires by a time, or why that is not known. */
export function expiryBy(holdings: readonly Holding[], limit: Date): "due" | "later" | "never" | "unknown" {
  if (holdings.some(({ expiresAt }) => expiresAt !== undefined && Date.parse(expiresAt) <= limit.getTime())) return "due";
  if (holdings.length === 0 || holdings.some(({ expiry }) => expiry === "unknown")) return "unknown";
  return holdings.every(({ expiry }) => expiry === "never") ? "never" : "later";
}

/** Replaces the recorded repositories by those that Azure shows. The record remains if Azure can't be read. */
async function withGrants(found: readonly ListedPullSecret[], openAzure: () => Promise<Azure>): Promise<readonly ListedPullSecret[]> {
  const { readGrants } = await import("../credential/token-grants.ts");
  const grantsOf = await readGrants(
    found.flatMap(({ holdings }) => holdings),
    openAzure,
  );
  const current = (holding: Holding): Holding => ({ ...holding, grants: grantsOf(holding) ?? holding.grants });
  return found.map((one) => ({ ...one, holdings: one.holdings.map(current) }));
}
