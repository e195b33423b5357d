import type { FileEntry, SecretFacts } from "../check/facts.ts";
import { skewOfLifetime } from "../clock.ts";
import type { CredentialKind } from "../credential/credential-kind.ts";
import { kindCalled } from "../credential/kinds.ts";
import { flagValue } from "../duration.ts";
import { absent, CliError, InTheWay, unlessForbidden, unlessRefused, usage } from "../errors.ts";
import { type Command, plugin } from "../hint.ts";
import { isObjectName, type Ref } from "../kinds.ts";
import { type Cluster, listAll } from "../kube/port.ts";
import { buildKeyring } from "../kubelet/keyring.ts";
import { serversOf } from "../kubelet/read-pull-secret.ts";
import { managedBy, type Secret } from "../objects.ts";
import { awaitAll, memoize, once } from "../scope/concurrency.ts";
import { recordedIn } from "../secret/login.ts";
import { othersOf } from "../secret/owners.ts";
import { type Copies, type Credential, copiesOf, credentialOf, type SourceOfCopy, sourceOf } from "../secret/record.ts";
import { shapeNamed } from "../secret/shapes.ts";
import { inLine } from "../wording.ts";

export type Secrets = ReturnType<typeof secretsOf>;

export type OtherNamespaces = {
  /** The namespaces with a pull secret of each name. */
  readonly byName: Map<string, Promise<readonly string[]>>;
  /** The sources that copies name, by `NAMESPACE/NAME`. */
  readonly sources: Map<string, Promise<SourceOfFile | undefined>>;
};

/** The namespaces that have a copy of a source, and its entry in a file. */
type SourceOfFile = { readonly copies: Copies; readonly entry: FileEntry | undefined };

export const noOtherNamespaces = (): OtherNamespaces => ({ byName: new Map(), sources: new Map() });

/**
 * Reads the Secrets of one namespace, each at most once, and only when a verdict needs it.
 * @param others shared by the namespaces of a cluster, so that each name is searched once, and each source is read once
 * @param listed those that a list has returned
 */
export function secretsOf(cluster: Cluster, namespace: string, others = noOtherNamespaces(), listed: readonly Secret[] = []) {
  const read = new Map(listed.map((secret) => [secret.metadata.name, Promise.resolve<Secret | undefined>(secret)]));
  const lists = new Map<string, ReturnType<typeof listOf>>();
  /** Returns undefined if the Secret doesn't exist. An invalid name sends no request. */
  const get = (name: string) =>
    memoize(read, name, async () => (isObjectName(name) ? cluster.get({ kind: "secret", namespace, name }) : undefined));
  async function listOf(names: readonly string[]) {
    const found = await Promise.all(names.map((name) => get(name).catch(unlessForbidden("unread" as const))));
    const secrets = found.filter((secret) => typeof secret === "object");
    const unread = names.filter((_, index) => found[index] === "unread");
    return { secrets, unread, facts: secrets.map(secretFacts), keyring: keyringOf(secrets) };
  }
  return {
    get,
    /** Returns the existing Secrets of a list, and the names of those that you may not read. Many pods have the same list. */
    list: (names: readonly string[]) => memoize(lists, JSON.stringify(names), () => listOf(names)),
    /** Returns the Secrets that this plugin created; none if listing is forbidden. */
    ours: once(() => listAll(cluster, "secret", { namespace, labels: managed }).catch(unlessForbidden<readonly Secret[]>([]))),
    /** Returns the other namespaces with a pull secret of this name; none if listing Secrets there is forbidden. */
    elsewhere: async (name: string) => {
      const namespaces = await memoize(others.byName, name, async () => (isObjectName(name) ? namespacesWith(cluster, name) : []));
      return namespaces.filter((each) => each !== namespace);
    },
    /** Returns the entry of a file that a Secret belongs to; undefined for the copy of a source that can't be read. */
    entryOf: async (secret: Secret) => {
      const source = sourceOf(secret);
      if (!source) return entryIn(secret);
      const { copies = {}, entry } =
        (await memoize(others.sources, `${source.namespace}/${source.name}`, () => readSource(cluster, source))) ?? {};
      // A tenant can name any source
      return Object.hasOwn(copies, namespace) ? entry : undefined;
    },
  };
}

async function namespacesWith(cluster: Cluster, name: string): Promise<readonly string[]> {
  const where = { fields: `metadata.name=${name},type=kubernetes.io/dockerconfigjson`, metadataOnly: true };
  const found = await listAll(cluster, "secret", where).catch(unlessForbidden<readonly Secret[]>([]));
  return found.flatMap(({ metadata }) => (metadata.name === name ? (metadata.namespace ?? []) : [])).sort();
}

async function readSource(cluster: Cluster, { namespace, name }: SourceOfCopy): Promise<SourceOfFile | undefined> {
  const found = isObjectName(name) ? await cluster.get({ kind: "secret", namespace, name }).catch(unlessRefused(undefined)) : undefined;
  return found && { copies: copiesOf(found), entry: entryIn(found) };
}

/** Anyone in the namespace can write the record, so a name that no file has is ignored. */
function entryIn(source: Secret): FileEntry | undefined {
  const { name: entry, namespace = "" } = source.metadata;
  const { name = "" } = credentialOf(source)?.file ?? {};
  return isObjectName(name) ? { name, entry, namespace } : undefined;
}

/** Returns the facts of a Secret for a verdict. They are read when they are used: an image that pulls needs few of them. */
export function secretFacts(secret: Secret): SecretFacts {
  const { name, managedFields } = secret.metadata;
  const note = once(() => recordOf(secret));
  return {
    name,
    get note() {
      return note();
    },
    get source() {
      return sourceOf(secret);
    },
    get servers() {
      return serversOf({ ...secret, name });
    },
    isFixed: secret.immutable === true || secret.type !== shapeNamed().type,
    get skipped() {
      return keyringOf([secret]).skipped.map(({ because }) => because);
    },
    get writers() {
      return [...new Set(othersOf(managedFields, managedBy.value).map(({ manager }) => manager))];
    },
  };
}

function recordOf(secret: Secret): SecretFacts["note"] {
  const recorded = recordedIn(secret);
  if (!recorded) return undefined;
  const { kind, identity, madeAt, expiresAt } = recorded.credential;
  const known = kindCalled(kind);
  return {
    renewal: renewalOf(known),
    widens: known?.creation?.isExtensible === true,
    again: known?.again?.({ identity }),
    unlabeled: recorded.isLabeled ? undefined : managedBy.key,
    createdAt: madeAt,
    expiresAt,
    // The user can't set the expiry of the other logins
    expiresIn: expiresAt && !known?.notRenewable && !known?.creation?.isShortLived ? lifetime(secret, madeAt, expiresAt) : undefined,
    copies: Object.keys(copiesOf(secret)).sort(),
  };
}

const renewalOf = (kind: CredentialKind | undefined): NonNullable<SecretFacts["note"]>["renewal"] => {
  if (!kind) return "unknown";
  return kind.creation ? "made" : "given";
};

/** Returns the requested lifetime: the time between the creation of the password and its expiry. */
function lifetime({ metadata }: Secret, madeAt: string | undefined, expiresAt: string): string | undefined {
  const written = madeAt ?? metadata.creationTimestamp;
  const left = written ? new Date(expiresAt).getTime() - new Date(written).getTime() : Number.NaN;
  return left > 0 ? flagValue(left, skewOfLifetime) : undefined;
}

export const keyringOf = (secrets: readonly Secret[]) => buildKeyring(secrets.map((secret) => ({ ...secret, name: secret.metadata.name })));

export const managed = `${managedBy.key}=${managedBy.value}`;

/**
 * Returns the name of this plugin's only Secret in a namespace.
 * @param otherwise the fix if there is none
 * @throws CliError notFound; usage if there are several
 */
export async function onlySecret(cluster: Cluster, namespace: string, otherwise: Command): Promise<string> {
  const secrets = await listAll(cluster, "secret", { namespace, labels: managed, metadataOnly: true });
  const names = secrets.map(({ metadata }) => metadata.name);
  const [name, ...others] = names;
  if (name && others.length === 0) return name;
  if (name) {
    throw usage(`namespace "${namespace}" has several pull secrets; specify one: ${inLine(names, 5)}`, { ...plugin("list"), namespace });
  }
  throw new CliError("notFound", `namespace "${namespace}" has no pull secret managed by kubectl acr-secret`, { hint: otherwise });
}

export const noSecret = (name: string, hint: Command): CliError => absent("secrets", name, hint);

/**
 * Returns the error for a copy if a command needs its source.
 * @param fix the command for the source. It is printed only if the source records the copy's namespace: anyone there can name a source
 * @param otherwise what to do instead
 */
export async function copyError(
  { name, namespace = "" }: Ref<"secret">,
  source: SourceOfCopy,
  cluster: Pick<Cluster, "get">,
  fix: (credential: Credential) => Command | undefined,
  otherwise: string,
): Promise<CliError> {
  const record = await cluster.get({ kind: "secret", name: source.name, namespace: source.namespace }).catch(() => undefined);
  const credential = credentialOf(record);
  const isListed = Object.hasOwn(copiesOf(record), namespace);
  const command = credential && isListed ? fix(credential) : undefined;
  return new InTheWay(
    `secret "${name}" in namespace "${namespace}" is a copy of secret "${source.name}" in namespace "${source.namespace}"`,
    command ? { ...command, namespace: source.namespace } : otherwise,
    // Anyone in the namespace can label a Secret as a copy
    credential && isListed ? "platform" : "namespace",
  );
}

/** Returns the names of Secrets that don't exist now. The empty name is always one of them. */
export async function missingSecrets(
  { cluster, namespace }: { readonly cluster: Cluster; readonly namespace: string },
  names: readonly string[],
): Promise<string[]> {
  const secrets = secretsOf(cluster, namespace);
  const found = await awaitAll(names.map((name) => secrets.get(name)));
  return names.filter((_, index) => found[index] === undefined);
}
