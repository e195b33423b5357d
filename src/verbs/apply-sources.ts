import type { Application, Azure, AzureRegistry, TokenList } from "../azure/port.ts";
import { isIntact, pulledRepositories } from "../credential/acr-token.ts";
import { builtInRole } from "../credential/granted-rights.ts";
import type { Holders } from "../credential/holders.ts";
import { granted } from "../credential/service-principal/roles.ts";
import { asRefusal, CliError, isForbidden, unlessForbidden } from "../errors.ts";
import type { DesiredFile, Entry } from "../file/entry.ts";
import type { Ref } from "../kinds.ts";
import { managedBy, type Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { azureName, fileId, parseAzureOwner, secretIn } from "../secret/azure-words.ts";
import { copyLabel, credentialOf, type FileIdentity } from "../secret/record.ts";
import type { Tools } from "../tools.ts";
import { everywhere } from "../usage/holders.ts";
import { idBy, uidOf } from "../usage/namespace.ts";
import type { TokensIn } from "./apply-limits.ts";

/** A kind of credential at a registry. */
export type Kind = Pick<Entry, "credential" | "registry">;

/** A source as an object in Azure describes it. */
export type Described = {
  readonly to: Ref<"secret">;
  readonly namespaceUid: string;
  readonly description: string;
  /** The id of its file. */
  readonly file: string | undefined;
  /** Its file gives each of several namespaces a credential of its own. */
  readonly isEach: boolean;
  readonly kind: Kind;
  /** The login server of the registry, as Azure names it. */
  readonly host: string;
  /** The user name of its logins. */
  readonly identity: string;
  /** The repositories of its scope map or its roles. */
  readonly granted: readonly string[] | undefined;
  /** Azure grants its repositories and no other right, and its token is enabled. */
  readonly isIntact: boolean;
};

/** What Azure describes in this cluster, for the sources of all files. */
export type InAzure = {
  readonly sources: Described[];
  /** The kinds of credential and the registries that were read completely. */
  readonly read: Set<string>;
  /** One spelling for all spellings of a registry. */
  readonly spellings: Map<string, string>;
  /** The tokens of the registries that were read. */
  readonly tokens: Map<string, TokensIn>;
};

type Reading = {
  readonly prune: boolean;
  readonly revoking: { holders(host: string): Holders };
  azure(): Promise<Azure>;
  findRegistry(named: string): Promise<AzureRegistry>;
};

export const readKey = ({ credential, registry }: Kind) => `${credential} ${registry}`;

export const registriesIn = ({ registry, entries }: Pick<DesiredFile, "registry" | "entries">): readonly string[] => [
  ...new Set([registry ?? [], ...entries.map((entry) => entry.registry)].flat()),
];

/** Reads which sources Azure describes. Copies need no Azure, so a registry that can't be read ends only what Azure decides. */
export async function* describe(file: DesiredFile, found: InAzure, order: Reading, tools: Tools): AsyncGenerator<Outcome> {
  const registries = yield* findRegistries(file, found, order);
  const cluster = await idBy(() => uidOf(tools.cluster(), "kube-system"));
  const unread = "cannot read namespace kube-system, whose uid names this cluster in Azure, so no Secret is taken away";
  const told = order.prune ? { error: new CliError("forbidden", unread) } : { messages: [unread] };
  if (cluster === undefined) return yield { to: { kind: "namespace", name: "kube-system" }, ...told };
  for (const [registry, at] of registries) {
    const read = () => readRegistry({ registry, at, cluster }, found, order);
    try {
      const sources = await tools.during(`Looking for the Secrets of file ${file.name} in ${registry}`, read);
      const own = sources.filter((one) => one.file === fileId(file) && one.kind.credential === "acr-token");
      for (const { to, namespaceUid } of own)
        order.revoking.holders(at.loginServer).expect(azureName(namespaceUid, to.namespace ?? "", to.name));
    } catch (error) {
      yield { to: { kind: "registry", name: registry }, error: asRefusal(error) };
    }
  }
}

/** Finds the registries of a file, each once, however the file spells it. */
async function* findRegistries(
  file: DesiredFile,
  { spellings }: InAzure,
  { findRegistry }: Reading,
): AsyncGenerator<Outcome, ReadonlyMap<string, AzureRegistry>> {
  const found = new Map<string, AzureRegistry>();
  for (const named of registriesIn(file)) {
    try {
      const at = await findRegistry(named);
      const [first = named] = [...found].find(([, { id }]) => id.toLowerCase() === at.id.toLowerCase()) ?? [];
      spellings.set(named, first);
      found.set(first, at);
    } catch (error) {
      yield { to: { kind: "registry", name: named }, error: asRefusal(error) };
    }
  }
  return found;
}

type Place = { readonly registry: string; readonly at: AzureRegistry; readonly cluster: string };

/** Adds the sources in one registry. @returns them */
async function readRegistry(
  place: Place,
  { sources, read, tokens: tokensIn }: InAzure,
  { azure: open }: Reading,
): Promise<readonly Described[]> {
  const { registry, at } = place;
  const host = at.loginServer;
  const azure = await open();
  const list = await azure.listTokens(at);
  tokensIn.set(registry, { at, names: new Set(list.tokens.map(({ name }) => name.toLowerCase())) });
  const tokens = sourcesOfTokens(list, place);
  // An entry may have changed its kind
  const applications = await applicationsAt(at, azure);
  const ofPrincipal = { kind: { credential: "service-principal", registry }, host, isIntact: true } as const;
  const describe = ({ application: { displayName, notes, appId }, granted }: Granted) =>
    describedBy({ name: displayName, description: notes }, { ...ofPrincipal, identity: appId, granted }, place);
  const found = [...tokens, ...(applications ?? []).flatMap(describe)];
  sources.push(...found);
  read.add(readKey({ credential: "acr-token", registry }));
  if (applications) read.add(readKey(ofPrincipal.kind));
  return found;
}

function sourcesOfTokens({ tokens, scopeMaps }: TokenList, place: Place): readonly Described[] {
  const tokenNamed = new Map(tokens.map((token) => [token.name.toLowerCase(), token]));
  return scopeMaps.flatMap((map) => {
    const token = tokenNamed.get(map.name.toLowerCase());
    const kind = { credential: "acr-token", registry: place.registry } as const;
    const shown = { kind, host: place.at.loginServer, granted: pulledRepositories(map), isIntact: isIntact(map, token) };
    return describedBy(map, { ...shown, identity: map.name }, place);
  });
}

type Shown = Pick<Described, "kind" | "host" | "identity" | "granted" | "isIntact">;

type ObjectInAzure = { readonly name: string; readonly description: string };

function describedBy({ name, description }: ObjectInAzure, of: Shown, { cluster }: Place): Described[] {
  const owner = parseAzureOwner(description);
  const secret = owner && secretIn(owner);
  if (!secret || owner.cluster !== cluster || owner.namespaceUid === undefined) return [];
  const { namespaceUid, isEach = false, file } = owner;
  // A user may have written the description into an object of another name
  if (name !== azureName(namespaceUid, secret.namespace, secret.name)) return [];
  return [{ ...of, to: { kind: "secret", ...secret }, namespaceUid, description, file, isEach }];
}

type Granted = { readonly application: Application; readonly granted: readonly string[] | undefined };

/** Reads the applications with a role on a registry; undefined without the right to read them. Their field `notes` is the description. */
async function applicationsAt(registry: AzureRegistry, azure: Azure): Promise<readonly Granted[] | undefined> {
  const roles = await azure.servicePrincipalRoles(registry).catch(unlessForbidden(undefined));
  if (!roles) return undefined;
  const ids = new Set(roles.flatMap(({ principalId, ours, here }) => (ours && here ? [principalId] : [])));
  const reading = runConcurrently(ids, { width: limits.principals, interrupted: () => false }, async function* (id) {
    const principal = await azure.principal(id);
    const [application] = principal ? await azure.applications({ appId: principal.appId }) : [];
    const own = roles.filter(({ principalId, here }) => here && principalId === id);
    const [mode] = own.flatMap(({ role, ours }) => (ours && builtInRole(role)?.pulls) || []);
    if (application) yield { application, granted: mode && granted(mode, own) };
  });
  return Array.fromAsync(reading);
}

/** A source with its record of a file. */
export type RecordedSource = { readonly to: Ref<"secret">; readonly file: FileIdentity; readonly kind: string };

type RecordsOrder = {
  readonly skipBlocked: boolean;
  readonly files: readonly Pick<DesiredFile, "home">[];
  readonly unread: Map<string, CliError>;
};

/**
 * Lists the sources that record a file; none without the right to list Secrets, and none with --skip-blocked. The schedule has that flag: it
 * would ask in vain every five minutes.
 */
export async function* recordedSources(
  { skipBlocked, files, unread }: RecordsOrder,
  tools: Tools,
): AsyncGenerator<Outcome, readonly RecordedSource[]> {
  if (skipBlocked) return [];
  const labels = `${managedBy.key}=${managedBy.value},!${copyLabel}`;
  const found: RecordedSource[] = [];
  const cluster = tools.cluster();
  const reading = { read: new Set<string>(), closed: new Set<string>(), refused: new Map<string, CliError>() };
  const pagesAt = (namespace: string | undefined) => cluster.pages("secret", { namespace, labels, metadataOnly: true });
  try {
    for await (const page of everywhere(cluster, pagesAt, reading)) found.push(...page.flatMap(recordedIn));
    const homes = new Set(files.map(({ home }) => home));
    // A user that can read only the homes of the files may not list the Secrets of others
    if (!homes.isSupersetOf(reading.read)) for (const [namespace, error] of reading.refused) unread.set(namespace, error);
    return found;
  } catch (error) {
    if (!isForbidden(error)) yield { to: { kind: "namespace", name: "" }, error: asRefusal(error) };
    return [];
  }
}

function recordedIn(secret: Secret): readonly RecordedSource[] {
  const { name, namespace } = secret.metadata;
  const { file, kind = "" } = credentialOf(secret) ?? {};
  return file ? [{ to: { kind: "secret", name, namespace }, kind, file: { home: file.home, name: file.name } }] : [];
}
