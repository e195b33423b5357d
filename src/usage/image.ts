import type { ImageFacts, PodFacts, TriedLogin } from "../check/facts.ts";
import { unlessForbidden } from "../errors.ts";
import type { Cluster } from "../kube/port.ts";
import type { Match } from "../kubelet/keyring.ts";
import { serversOf } from "../kubelet/read-pull-secret.ts";
import { bySimilarity, similarTo } from "../nearest.ts";
import type { Secret } from "../objects.ts";
import { isRepository } from "../registry/image-reference.ts";
import { loginServerIn } from "../registry/login-server.ts";
import type { ImageRef, Proof, Registry } from "../registry/port.ts";
import { isGuid } from "../secret/azure-words.ts";
import { defaultSecretName } from "../secret/names.ts";
import { azureHost, containersOf, readImage } from "./images.ts";
import { keyringOf, type Secrets, secretFacts } from "./pull-secrets.ts";
import type { Pull } from "./pulls.ts";

/** A pull with a valid image reference. `only`: the command line names one Secret for it. */
export type ImageQuery = Omit<Pull, "image"> & { readonly image: ImageRef; readonly only: boolean };

type ImageSources = {
  readonly namespace: string;
  readonly secrets: Secrets;
  readonly registry: Registry;
  readonly now: Date;
  /** Images that pods have already pulled. */
  readonly pulled: readonly ImageRef[];
  readonly cluster: Pick<Cluster, "get">;
  /** Also tests the other hosts of the registry for which a Secret has a key. */
  readonly deep: boolean;
};

/**
 * Tries one pull with the logins that the kubelet would offer, in the same order. Collects the facts for a verdict if none of them pulls.
 * @returns undefined if the image is not in Azure, has no login, and no node failed to pull it
 */
export async function readImageFacts(question: ImageQuery, sources: ImageSources): Promise<ImageFacts | undefined> {
  const { image, names, only, pods, templates, owners, account } = question;
  const { namespace, now, registry } = sources;
  const azure = azureHost(image.host);
  const { secrets: own, unread, facts, keyring } = await sources.secrets.list(names);
  const matches = keyring.lookup(image);
  const known = matches.length > 0 || keyring.malformed !== undefined || azure !== undefined;
  const isNamed = owners.length === 0;
  const said = pods.some(({ failures }) => failures.length > 0);
  if (!known && !isNamed && !said) return undefined;

  const tried = await tryInOrder(matches, image, registry);
  // Other registries are asked without a login only if the user named the image
  const asks = tried.length + unread.length === 0 && !keyring.malformed && (azure !== undefined || isNamed);
  const anonymous = asks ? await registry.prove(image, undefined) : undefined;
  const pulledBy = tried.find(({ proof }) => proof.verdict === "pulls")?.secret;
  const pulls = pulledBy !== undefined || anonymous?.verdict === "pulls";
  const failure = { azure, anonymous, malformed: keyring.malformed !== undefined };
  const { secrets, ...more } = pulls ? noMoreFacts : await readMoreFacts(question, sources, failure);
  const puller = sources.deep ? own.find(({ metadata }) => metadata.name === pulledBy) : undefined;
  return {
    ...more,
    image: question.text,
    ref: image,
    azure,
    namespace,
    account,
    pods,
    templates,
    owners,
    names,
    only,
    tried,
    anonymous,
    unread,
    nodeIdentity: undefined,
    malformed: keyring.malformed,
    entries: await entriesOf([...own, ...secrets], tried, [...more.unattached, more.attachedLater, keyring.malformed], sources),
    secrets: [...facts, ...secrets.map(secretFacts)],
    matchesLoginServer: !pulls && azure !== undefined && keyring.lookup({ ...image, host: azure.loginServer }).length > 0,
    otherHosts: await proveOtherHosts(puller, image, sources),
    ...(await contentOf(tried, matches, image, sources)),
    now,
  };
}

/** Reads the entries of the Secrets that a failure is about. @param others names more of these */
async function entriesOf(
  secrets: readonly Secret[],
  tried: readonly TriedLogin[],
  others: readonly (Pick<TriedLogin, "secret"> | undefined)[],
  sources: ImageSources,
): Promise<ImageFacts["entries"]> {
  if (tried.some(({ proof }) => proof.verdict === "pulls")) return new Map();
  const names = [...tried, ...others].map((one) => one?.secret);
  const concerned = secrets.filter(({ metadata }) => names.includes(metadata.name));
  const found = concerned.map(async (secret) => [secret.metadata.name, await sources.secrets.entryOf(secret)] as const);
  return new Map((await Promise.all(found)).flatMap(([name, entry]) => (entry ? [[name, entry]] : [])));
}

type MoreFacts = Pick<ImageFacts, "attachedLater" | "unattached" | "fresh" | "elsewhere" | "rewritten"> & {
  readonly secrets: readonly Secret[];
};

const noMoreFacts: MoreFacts = {
  attachedLater: undefined,
  unattached: [],
  fresh: { name: "", isDefault: true },
  secrets: [],
  elsewhere: [],
  rewritten: undefined,
};

/** Reads other Secrets of the namespace and a free name for a new one. These are needed only if the pull fails. */
async function readMoreFacts(
  { image, names, accountNames, pods, only }: ImageQuery,
  sources: ImageSources,
  { azure, anonymous, malformed }: { azure: ImageFacts["azure"]; anonymous: Proof | undefined; malformed: boolean },
): Promise<MoreFacts> {
  const { registry, secrets } = sources;
  const others = accountNames.filter((name) => !names.includes(name));
  const { secrets: carried } = await secrets.list(others);
  const [attachedLater] = only || pods.length === 0 || malformed ? [] : await tryAll(carried, image, registry);
  const fresh = azure ? await freshName(azure.loginServer, secrets) : noMoreFacts.fresh;
  const noLogin = anonymous?.verdict === "refused" || anonymous?.verdict === "out-of-scope";
  const rewritten = await rewrittenImage(image, pods, sources);
  const found = { ...noMoreFacts, attachedLater, fresh, rewritten, secrets: carried };
  if (!noLogin || only || azure === undefined || attachedLater) return found;
  const elsewhere = await inOtherNamespaces(names, sources);
  const attached = pods.length > 0 ? [...names, ...accountNames] : names;
  const ours = (await secrets.ours()).filter(({ metadata }) => !attached.includes(metadata.name));
  return { ...found, elsewhere, unattached: await tryAll(ours, image, registry), secrets: [...carried, ...ours] };
}

/** Returns the pull secrets that exist only in other namespaces. */
async function inOtherNamespaces(names: readonly string[], { secrets }: ImageSources): Promise<ImageFacts["elsewhere"]> {
  const missing = await Promise.all(names.map(async (name) => ((await secrets.get(name)) ? [] : [name])));
  const found = await Promise.all(missing.flat().map(async (secret) => ({ secret, namespaces: await secrets.elsewhere(secret) })));
  return found.filter(({ namespaces }) => namespaces.length > 0);
}

/** The owners whose template never changes. Pods of other owners may be of an older version of the template. */
const fixedTemplates: ReadonlyMap<string, "replicaset.apps" | "job.batch"> = new Map([
  ["replicaset", "replicaset.apps"],
  ["job", "job.batch"],
]);

/** Compares the image of the first pending pod with its template. A tag or digest that admission adds is not a difference. */
async function rewrittenImage(
  { host, repository }: ImageRef,
  pods: readonly PodFacts[],
  { cluster, namespace }: ImageSources,
): Promise<ImageFacts["rewritten"]> {
  const { owner, container } = pods.find(({ pulled }) => !pulled) ?? {};
  const kind = owner && fixedTemplates.get(owner.kind);
  if (!owner || !kind) return undefined;
  const found = await cluster.get({ kind, namespace, name: owner.name }).catch(unlessForbidden(undefined));
  const image = found && containersOf(found.spec.template).find(({ name }) => name === container)?.image;
  const { image: ref } = readImage(image ?? "");
  const isSame = "invalid" in ref || (ref.host === host && ref.repository === repository);
  return isSame || image === undefined ? undefined : { owner: { kind: owner.kind, name: owner.name }, image };
}

/** Tests the Secret that pulls at the registry's other hosts for which it has a key. */
async function proveOtherHosts(secret: Secret | undefined, image: ImageRef, { registry }: ImageSources): Promise<readonly Proof[]> {
  const loginServer = loginServerIn(image.host);
  if (!secret || loginServer === undefined) return [];
  const keys = serversOf({ ...secret, name: secret.metadata.name }) ?? [];
  const hosts = keys.filter((key) => key !== image.host && loginServerIn(key) === loginServer).slice(0, maxHosts);
  const keyring = keyringOf([secret]);
  const proofs = hosts.map(async (host) => {
    const [match] = keyring.lookup({ ...image, host });
    return match ? [await registry.prove({ ...image, host }, match.login)] : [];
  });
  return (await Promise.all(proofs)).flat();
}

/** Azure has about 60 regions, but a Secret may name any number of hosts. */
const maxHosts = 60;

async function tryInOrder(matches: readonly Match[], image: ImageRef, registry: Registry): Promise<TriedLogin[]> {
  const tried: TriedLogin[] = [];
  for (const match of matches) {
    const login = await tryLogin(match, image, registry);
    tried.push(login);
    if (login.proof.verdict === "pulls") break;
  }
  return tried;
}

async function tryLogin({ secret, login }: Match, image: ImageRef, registry: Registry): Promise<TriedLogin> {
  return { secret, proof: await registry.prove(image, login), byRole: isGuid(login.username) };
}

/** Tests the first login of each Secret, at most five. Logins that pull come first. */
async function tryAll(secrets: readonly Secret[], image: ImageRef, registry: Registry): Promise<TriedLogin[]> {
  const matches = secrets.flatMap((secret) => keyringOf([secret]).lookup(image).slice(0, 1));
  const tried = await Promise.all(matches.slice(0, 5).map((match) => tryLogin(match, image, registry)));
  const rank = ({ proof }: TriedLogin) => (proof.verdict === "pulls" ? 0 : 1);
  return tried.sort((a, b) => rank(a) - rank(b));
}

/** Returns a name for a new Secret: the default of `create`, or another one if a Secret of that name exists. */
async function freshName(loginServer: string, secrets: Secrets): Promise<ImageFacts["fresh"]> {
  const name = defaultSecretName(loginServer);
  for (const each of [name, `${name}-pull`, `${name}-pull-2`]) {
    const taken = await secrets.get(each).catch(unlessForbidden(undefined));
    if (!taken) return { name: each, isDefault: each === name };
  }
  return { name: `${name}-pull-3`, isDefault: false };
}

/** Reads the tags of a repository, or similar repository names, for an image that doesn't exist. */
async function contentOf(
  tried: readonly TriedLogin[],
  matches: readonly Match[],
  { host, repository, reference }: ImageRef,
  { registry, pulled }: ImageSources,
): Promise<Pick<ImageFacts, "otherTags" | "noRepository">> {
  const index = tried.findIndex(({ proof }) => proof.verdict === "not-found");
  const login = matches[index]?.login;
  if (!login) return { otherTags: [], noRepository: undefined };
  const content = tried[index]?.proof.noRepository ? "missing" : await registry.contentOf(host, repository, login);
  if (content === "unknown") return { otherTags: content, noRepository: undefined };
  if (content !== "missing") return { otherTags: bySimilarity(reference, content.filter(isTag)), noRepository: undefined };
  const known = pulled.filter((image) => image.host === host).map((image) => image.repository);
  const listed = await registry.repositories(host, login);
  const names = [...new Set([...known, ...listed])].filter((name) => name !== repository && isRepository(name));
  return { otherTags: [], noRepository: { similar: similarTo(repository, names) } };
}

/** OCI distribution: the grammar of a tag. */
const isTag = (text: string): boolean => /^\w[\w.-]{0,127}$/.test(text);
