import type { Azure, Exchanged } from "../azure/port.ts";
import { explainCommand, type Finding, findingOf } from "../doctor/finding.ts";
import { isPublic } from "../doctor/ladder.ts";
import { minute, second } from "../duration.ts";
import { asRefusal, CliError, unlessRefused } from "../errors.ts";
import { type Command, kubectl, plugin } from "../hint.ts";
import { nameOf } from "../kinds.ts";
import { type Cluster, listAll } from "../kube/port.ts";
import type { KubeObjects, Role, ServiceAccount } from "../objects.ts";
import type { ImageRef, Proof, Registry } from "../registry/port.ts";
import { askUntilFinal, isYoung } from "../retry.ts";
import { tokenUser } from "../secret/guess.ts";
import { type AccountRef, annotationKeys, audienceRight, kubeletGroups, roleRef, tokenAudience } from "../secretless/objects.ts";
import type { Sensitive } from "../sensitive.ts";
import type { Tools } from "../tools.ts";
import { hasProvider } from "../usage/kubelets.ts";
import { openNodePulls, type PullTools } from "../usage/node-pulls.ts";

/** The parts of a pull without a pull secret. docs/secretless.md has a section for each, which `explain` prints. */
export type PartId =
  | "annotations"
  | "token-audience"
  | "account-token"
  | "token-exchange"
  | "registry-access"
  | "image-access"
  | "node-provider"
  | "pod-pull";

type PartFinding = Finding<PartId>;

type CheckedPull = {
  readonly account: AccountRef;
  readonly image: ImageRef;
  readonly cluster: Cluster;
  readonly azure: Pick<Azure, "exchangeAssertion">;
  readonly registry: Registry;
  /** Also lets a node pull the image, which a pod names like this. */
  readonly pod: { readonly image: string; readonly node: string | undefined } | undefined;
};

type Result = Omit<PartFinding, "id" | "subject">;

const ok = (message: string): Result => ({ status: "ok", message });
const failed = (message: string, next?: Command): Result => ({ status: "failed", message, next });

/**
 * Checks each part of a pull as the kubelet and its credential provider do it: the annotations, the right to request the token, the token,
 * the sign-in and the manifest. Reads no node except its metrics, changes nothing except for the pod that pulls, and prints no token.
 */
export async function* checkSecretless(checked: CheckedPull, tools: PullTools & Pick<Tools, "during">): AsyncGenerator<PartFinding> {
  const { cluster, account, pod } = checked;
  const [role, audience, provider, token] = [
    cluster.get(roleRef(account)).catch(unlessRefused(undefined)),
    cluster.groupsMay(kubeletGroups, audienceRight(account)).catch(asRefusal),
    providerOf(cluster).catch(asRefusal),
    cluster.requestToken(account, tokenAudience).catch(asRefusal),
  ];
  const found = await cluster.get(account).catch(asRefusal);
  const subject = nameOf(account);
  yield findingFor({ id: "annotations", subject }, found, () => annotationsOf(found, checked));
  if (!found) return;
  yield findingFor({ id: "token-audience", subject }, await audience, (isAllowed) =>
    isAllowed
      ? ok(`kubelets may request tokens for ${tokenAudience}`)
      : failed(`kubelets may not request tokens for ${tokenAudience}`, setUp(checked)),
  );
  yield* pull(checked, found, await token, { ...tools, role: await role });
  yield findingFor({ id: "node-provider", subject: "nodes" }, await provider, (result) => result);
  if (!pod) return;
  const pulls = openNodePulls(cluster, pod.node, tools);
  yield tools.during("Pulling the image on a node", () => pullOnNode(account, pod.image, pulls));
}

const findingFor = <T>(part: Pick<PartFinding, "id" | "subject">, answer: T | CliError, read: (answer: T) => Result): PartFinding =>
  answer instanceof CliError ? findingOf(answer, part) : { ...part, ...read(answer) };

const setUp = ({ account: { namespace, name }, image }: CheckedPull): Command => ({
  ...plugin("secretless create", name, "--registry", image.host),
  namespace,
});

type Found = ServiceAccount | CliError | undefined;
const annotationsIn = (found: Found) => (found instanceof CliError ? undefined : found?.metadata.annotations) ?? {};

function annotationsOf(found: Found, checked: CheckedPull): Result {
  const annotations = annotationsIn(found);
  const missing = Object.values(annotationKeys).filter((key) => !annotations[key]);
  const { name, namespace } = checked.account;
  if (!found) return failed(`serviceaccounts "${name}" not found`, { ...kubectl("get", "serviceaccounts"), namespace });
  if (missing.length > 0) return failed(`annotation ${missing.join(" and ")} missing`, setUp(checked));
  return ok(`client ${annotations[annotationKeys.clientId]}, tenant ${annotations[annotationKeys.tenant]}`);
}

/** The steps that need the results of the steps before. Those after a failed one are not checked. */
async function* pull(
  checked: CheckedPull,
  found: Found,
  token: Sensitive | CliError,
  { sleep, role }: Pick<Tools, "sleep"> & { readonly role: Role | undefined },
): AsyncGenerator<PartFinding> {
  const { account, image, azure, registry } = checked;
  const subject = nameOf(account);
  yield findingFor({ id: "account-token", subject }, token, tokenOf);
  const { [annotationKeys.clientId]: clientId, [annotationKeys.tenant]: tenant } = annotationsIn(found);
  if (token instanceof CliError || !clientId || !tenant) return;
  const isYoung = isNew(checked, role, token);
  // A request in vain prolongs the time in which Entra ID doesn't know a new credential, and any exchange may fail by chance
  const retry = { wait: isYoung ? 2 * minute : 3 * second, sleep };
  const sign = () => azure.exchangeAssertion({ clientId, tenant, assertion: token });
  const exchanged = await askUntilFinal(retry, sign, whyRejected).catch(asRefusal);
  yield findingFor({ id: "token-exchange", subject }, exchanged, (answer) => exchangeOf(answer, checked, token, isYoung));
  if (exchanged instanceof CliError || !("token" in exchanged)) return;
  const enter = () => registry.exchange(image.host, { text: exchanged.token, of: { name: clientId, tenant } });
  const access = await askUntilFinal(retry, enter, whyRefused);
  yield findingFor({ id: "registry-access", subject }, access, () => accessOf(access, checked, isYoung));
  if (!("token" in access)) return;
  const prove = () => registry.prove(image, { username: tokenUser, password: access.token });
  const proof = await askUntilFinal(retry, prove, whyRefused);
  yield { id: "image-access", subject, ...imageOf(proof, checked, isYoung) };
}

/**
 * Whether Azure may not know all of the setup yet: `create` creates the role once Azure has the rest. The managed fields of most
 * ServiceAccounts do not show when they were annotated. Without a public issuer, nothing that Azure learns later lets pods pull.
 */
const isNew = ({ cluster }: CheckedPull, role: Role | undefined, { claims }: Sensitive): boolean =>
  isPublic(claims?.issuer ?? "") && isYoung(role?.metadata.creationTimestamp ?? undefined, cluster.now());

const whyRejected = (answer: Exchanged) => ("token" in answer || answer.passes === undefined ? undefined : answer.message);

/** A registry may not know a new role yet. */
const whyRefused = (answer: { readonly token: Sensitive } | Proof) =>
  "verdict" in answer && ["refused", "out-of-scope"].includes(answer.verdict) ? answer.message : undefined;

/** Azure may not know a new setup everywhere, so that a rejection says nothing yet. */
const orYoung = (result: Result, isYoung: boolean): Result =>
  isYoung ? { status: "unknown", message: `${result.message}. The setup is less than ten minutes old, so this may pass` } : result;

function imageOf(proof: Proof, checked: CheckedPull, isYoung: boolean): Result {
  const { verdict, message } = proof;
  if (verdict === "pulls") return ok(message);
  const next = verdict === "out-of-scope" ? setUp(checked) : undefined;
  return orYoung({ status: failure(verdict), message, next }, isYoung && whyRefused(proof) !== undefined);
}

const failure = (verdict: string) => (verdict === "unreachable" ? "unknown" : "failed");

function tokenOf({ claims }: Sensitive): Result {
  const { issuer = "", subject } = claims ?? {};
  if (isPublic(issuer)) return ok(`issuer ${issuer}, subject ${subject}`);
  return failed(`Microsoft Entra ID cannot reach the issuer of ServiceAccount tokens, ${issuer}`);
}

function accessOf(access: Awaited<ReturnType<Registry["exchange"]>>, checked: CheckedPull, isYoung: boolean): Result {
  if ("token" in access) return ok(`${checked.image.host} accepts the identity`);
  if (isYoung && whyRefused(access) !== undefined) return orYoung({ status: "failed", message: access.message }, isYoung);
  return { status: failure(access.verdict), message: `${access.message}; the identity may lack the role`, next: setUp(checked) };
}

const printKeys: Command = { ...kubectl("get", "--raw", "/openid/v1/jwks"), namespace: "", when: "to print the keys to publish" };

/** Returns the part that is wrong, by the number of the AADSTS error. */
function exchangeOf(answer: Exchanged, checked: CheckedPull, token: Sensitive, isYoung: boolean): Result {
  if ("token" in answer) return ok("Microsoft Entra ID accepts the token");
  const { issuer = "", subject } = token.claims ?? {};
  const create = setUp(checked);
  const unreadable = [`Microsoft Entra ID cannot read the keys at ${issuer}`] as const;
  if (answer.passes === "transient") return { status: "unknown", message: answer.message };
  const noPrincipal = ["the tenant has no service principal of Azure Container Registry, which tokens for registries need"] as const;
  const known: Readonly<Record<number, readonly [message: string, next?: Command]>> = {
    700016: [`the identity in annotation ${annotationKeys.clientId} does not exist in the tenant`, create],
    90002: [`the tenant in annotation ${annotationKeys.tenant} does not exist`, create],
    700211: [`the identity has no federated credential for issuer ${issuer}`, create],
    700212: [`the federated credential does not accept the audience ${tokenAudience}`, create],
    700213: [`the identity has no federated credential for subject ${subject}`, create],
    50166: unreadable,
    501661: unreadable,
    90061: unreadable,
    500011: noPrincipal,
    50001: noPrincipal,
    7000272: [`the keys at ${issuer} are not those of the cluster`, printKeys],
  };
  const [message, next] = known[answer.refused] ?? [];
  const result = message === undefined ? failed(answer.message) : failed(`${message} (AADSTS${answer.refused})`, next);
  return orYoung(result, isYoung && answer.passes !== undefined);
}

/** The maximum number of nodes to read: a kubelet's metrics can have a megabyte. */
const maxNodes = 100;

async function providerOf(cluster: Cluster): Promise<Result> {
  const all = await listAll(cluster, "node");
  const read = async ({ metadata: { name } }: KubeObjects["node"]) => ({ name, answer: await hasProvider(cluster, name).catch(asRefusal) });
  const some = await Promise.all(all.slice(0, maxNodes).map(read));
  const [without, ...more] = some.filter(({ answer }) => answer === false);
  if (without)
    return failed(`node ${without.name}${more.length > 0 ? ` and ${more.length} other nodes` : ""} without a credential provider`);
  const unread = some.map(({ answer }) => answer).find((answer) => answer instanceof Error);
  // The API server connects to the kubelet, and answers with any error if it can't
  if (unread) return { ...findingOf(unread, {}), status: "unknown" };
  if (some.length === 0) return { status: "unknown", message: "the cluster has no nodes" };
  return ok(`${some.length} of ${all.length} nodes have a credential provider`);
}

/**
 * Lets a node pull the image as the ServiceAccount, in a pod without pull secrets that is deleted afterwards.
 * @throws Interrupted
 */
async function pullOnNode(account: AccountRef, image: string, pulls: ReturnType<typeof openNodePulls>): Promise<PartFinding> {
  const { namespace, name } = account;
  const part = { id: "pod-pull", subject: nameOf(account) } as const;
  // No Secret has this name. Admission copies the list of the ServiceAccount to a pod without a list
  const names = [`acr-secret-none-${crypto.randomUUID()}`];
  const question = { namespace, image, account: name, names, isListFinal: true, near: undefined } as const;
  const answer = await pulls.pull(question, false).catch(asRefusal);
  if (answer instanceof Error) return findingOf(answer, part);
  if ("unproven" in answer) return { ...part, status: "unknown", message: answer.unproven };
  const [first] = answer.failures;
  if (first) return { ...part, status: "failed", message: `node ${answer.node} says: ${first.text}`, next: explainCommand(part.id) };
  return { ...part, status: "ok", message: `node ${answer.node} pulled the image without a pull secret` };
}
