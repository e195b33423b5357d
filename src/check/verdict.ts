import { ago, minute } from "../duration.ts";
import { type Command, plugin } from "../hint.ts";
import type { Workload } from "../kinds.ts";
import { isRegional } from "../registry/login-server.ts";
import type { Proof, PullHost } from "../registry/port.ts";
import { joinNames } from "../wording.ts";
import { type Advice, advise, adviseRestart, concerned } from "./advice.ts";
import { type Cause, causes } from "./cause.ts";
import type { FileEntry, ImageFacts, PodFacts, TriedLogin } from "./facts.ts";
import { absence, explainRefusal, explanationIn, otherCloudOf, rewriteNotes } from "./message.ts";

/** One line of a check: whether the image can be pulled, the cause if not, and the fix. */
export type Verdict = {
  readonly image: string;
  readonly namespace: string;
  /** The Secret whose login the registry accepted, or those that were tested. */
  readonly secret: string;
  /** The file of `apply` that `secret` belongs to; absent if the image pulls, and if it is unknown. */
  readonly file?: FileEntry | undefined;
  /** When the login of `secret` expires, as the Secret's annotation records it (RFC 3339). */
  readonly expiresAt?: string | undefined;
  /** The ServiceAccount that the pods run as, or that the command line names. */
  readonly account: string;
  /** The objects with the pod templates, or pods without a controller: `deployment/web`. Empty if only the command line names the image. */
  readonly owners: readonly Workload[];
  /** Names of the pods; empty if there are none yet. */
  readonly pods: readonly string[];
  /** The known hosts of the pull. All of them, if the parts of the image were fetched. */
  readonly hosts?: readonly PullHost[];
  readonly cause: Cause;
  /** Where it was proven: by requests from this machine to the registry, or by a pull of a node (`--from-cluster`). */
  readonly proof: "registry" | "cluster";
  /** The image does not exist, but a replica of the registry may not have it yet. */
  readonly mayArrive?: boolean | undefined;
  /** The reason of a failure in one line; absent if the cause says it all. */
  readonly message?: string | undefined;
  /** The registry's own messages, one per line of its response. */
  readonly registryMessages?: readonly string[] | undefined;
  /** What the fix requires or does not fix. */
  readonly notes?: readonly string[] | undefined;
  readonly fix?: Command | undefined;
};

type Finding = Pick<Verdict, "cause" | "message" | "notes"> & {
  readonly secret?: string | undefined;
  readonly details?: readonly string[] | undefined;
  readonly advice?: Advice | undefined;
};

/** Judges one image like the kubelet: a malformed Secret first, then any login that pulls, then the reason that none does. */
export function judge(facts: ImageFacts): Verdict {
  const { image, namespace, account, tried } = facts;
  const { cause, message, details, secret, notes = [], advice = advise(cause, facts, secret) } = find(facts);
  const said = saidByNodes(facts, `${message} ${notes.join(" ")}`);
  const allNotes = [...said, ...notes, ...(advice.notes ?? [])];
  return {
    image,
    namespace,
    secret: secret ?? tried.map((each) => each.secret).join(","),
    expiresAt: facts.secrets.find(({ name }) => name === secret)?.note?.expiresAt,
    file: causes[cause].pulls === true ? undefined : facts.entries.get(secret ?? ""),
    account,
    owners: facts.owners,
    pods: facts.pods.map(({ name }) => name),
    cause,
    proof: "registry",
    mayArrive: isMissing(cause) && hasReplicas(facts),
    message,
    registryMessages: details?.length ? details : undefined,
    notes: allNotes.length > 0 ? allNotes : undefined,
    fix: advice.fix,
    hosts: hostsOf(facts),
  };
}

function hostsOf({ ref, tried, anonymous, otherHosts }: ImageFacts): PullHost[] {
  const last = tried.find(({ proof }) => proof.verdict === "pulls") ?? tried.find(({ proof }) => proof.hosts);
  const proofs = [last?.proof ?? anonymous, ...otherHosts];
  const known = proofs.flatMap((proof) => proof?.hosts ?? []);
  const hosts: PullHost[] = known.length > 0 ? known : [{ host: ref.host, purpose: "token, manifests" }];
  return [...new Map(hosts.map((each) => [`${each.host} ${each.purpose}`, each])).values()];
}

function find(facts: ImageFacts): Finding {
  const found = findCause(facts);
  // No certificate names such a host, so a login for it is of no use
  const isPrivate = facts.azure?.otherwise === "private" && ["unreachable", "untrusted", "no-login"].includes(found.cause);
  return isPrivate ? { ...found, cause: "private-host", advice: undefined } : found;
}

function findCause(facts: ImageFacts): Finding {
  const { tried, malformed, attachedLater } = facts;
  if (malformed) {
    const message = `secret ${malformed.secret} is malformed, so the kubelet ignores all pull secrets of the pod: ${malformed.message}`;
    return { cause: "malformed-secret", secret: malformed.secret, message };
  }
  const pulled = tried.find(({ proof }) => proof.verdict === "pulls");
  if (pulled) return onNodeOnly(facts, pulled.secret) ?? { cause: "pulls", secret: pulled.secret, ...notesOf(facts, pulled.proof) };
  const byIdentity = onNodesWithIdentity(facts);
  if (byIdentity) return byIdentity;
  if (facts.unread.length > 0) return notRead(facts);
  if (attachedLater && concerned(facts).some(({ own }) => !own)) return olderPod(facts, attachedLater);
  const rejected = mostSpecific(facts);
  return rejected ? refused(facts, rejected) : withoutLogin(facts);
}

/** The kubelet also tries the identity of its node, after the logins of the pod. */
function onNodesWithIdentity(facts: ImageFacts): Finding | undefined {
  const { nodeIdentity, only, tried, anonymous } = facts;
  const isRejected = ({ verdict }: Proof) => verdict === "refused" || verdict === "out-of-scope";
  const isOpen = [...tried.map(({ proof }) => proof), ...(anonymous ? [anonymous] : [])].every(isRejected);
  if (nodeIdentity === undefined || only || !isOpen || onItsNode(facts, "", (says) => says)) return undefined;
  return {
    cause: "by-identity",
    secret: "",
    message: nodeIdentity,
    notes: tried.map((one) => explainRefusal(facts, one, undefined).message),
  };
}

/** None of the readable pull secrets pulls. Then the failure on a node is all that is known about the others. */
function notRead(facts: ImageFacts): Finding {
  const message = `you cannot read secret ${joinNames(facts.unread)}`;
  const said = onItsNode(facts, "", (says) => says);
  return said ? { ...said, notes: [message] } : { cause: "not-checked", message };
}

/** There is no login to test: interprets the registry's response to an anonymous request. */
function withoutLogin(facts: ImageFacts): Finding {
  const { anonymous } = facts;
  if (anonymous === undefined) return onItsNode(facts, "", (says) => says) ?? { cause: "unknown" };
  if (anonymous.verdict === "pulls") return onNodeOnly(facts, "") ?? { cause: "anonymous", secret: "" };
  if (anonymous.verdict === "unreachable" && otherCloudOf(facts)) return { cause: "other-cloud", message: absence(facts) };
  if (anonymous.verdict !== "refused" && anonymous.verdict !== "out-of-scope")
    return { cause: anonymous.verdict, ...explanationIn(anonymous) };
  if (!facts.only && facts.pods.length > 0 && facts.pods.every(({ pulled }) => pulled))
    return { cause: "by-node", secret: "", message: "a node without the image can pull it only with its own identity" };
  return { cause: unusable(facts), message: absence(facts), notes: rewriteNotes(facts) };
}

/** Why a pod without a login for the registry probably has none. The fix is the same for all of these. */
function unusable(facts: ImageFacts): Cause {
  if (otherCloudOf(facts)) return "other-cloud";
  if (facts.elsewhere.length > 0) return "other-namespace";
  return facts.rewritten && !facts.only ? "rewritten" : "no-login";
}

/** For a proof of the parts of an image: platforms without a manifest, and other hosts that fail. */
function notesOf({ otherHosts }: ImageFacts, { message }: Proof): Pick<Finding, "notes"> {
  const { details } = explanationIn({ message });
  return { notes: [...details, ...otherHosts.filter(({ verdict }) => verdict !== "pulls").map((proof) => explanationIn(proof).message)] };
}

/** Causes on the node that end at its next try after a change of the network. */
const ofNetwork: readonly Cause[] = ["unreachable", "untrusted", "blocked", "data-blocked", "node-interrupted", "node-limit"];

/** Causes on the node that a pull from this machine disproves: they are about the past, and the node retries by itself. */
const disproved: readonly Cause[] = ["no-login", "refused", "out-of-scope", "not-found", "throttled", "cache-rule", "malformed-secret"];
const lastingOf = (says: PodFacts["failures"]): PodFacts["failures"] =>
  // Before 1.31, the kubelet says no cause during a back-off
  says.filter(({ cause, text }) => !disproved.includes(cause) && (cause !== "unknown" || text !== ""));

/** Returns the first message of a pending pod's node that `counts` accepts. */
function onItsNode({ pods, now }: ImageFacts, secret: string, counts = lastingOf): Finding | undefined {
  const waiting = pods.filter(({ pulled }) => !pulled);
  const [found] = waiting.flatMap((pod) => counts(pod.failures).map(({ cause, text }) => ({ cause, message: saidBy(pod, text, now) })));
  return found && { ...found, secret, advice: {} };
}

/** Says what the node of a pod has reported, and how long ago. */
function saidBy({ name, saidAt }: PodFacts, text: string, now: Date): string {
  const says = saidAt === undefined ? "says" : `said ${ago(Math.max(0, now.getTime() - Date.parse(saidAt)) || 0)} ago`;
  return `the node of pod/${name} ${says}: ${text}`;
}

/** Returns each failure that the nodes of pending pods report, once. @param words the words of the verdict, which are not repeated */
function saidByNodes({ pods, now }: ImageFacts, words: string): string[] {
  const said = pods.flatMap((pod) => pod.failures.flatMap(({ text }) => (words.includes(text) ? [] : { pod, text })));
  return [...Map.groupBy(said, ({ text }) => text).values()].flatMap(([first]) => (first ? saidBy(first.pod, first.text, now) : []));
}

/** Returns a lasting failure of a node for an image that this machine can pull. */
function onNodeOnly(facts: ImageFacts, secret: string): Finding | undefined {
  const found = onItsNode(facts, secret);
  const notes = found && ofNetwork.includes(found.cause) ? ["this machine can pull the image; the node retries within five minutes"] : [];
  return found && { ...found, notes };
}

function mostSpecific({ tried, secrets }: ImageFacts): TriedLogin | undefined {
  const ours = ({ secret }: TriedLogin) => {
    const found = secrets.find(({ name }) => name === secret);
    return found?.note?.renewal === "made" || found?.source !== undefined;
  };
  const ofLogin = ({ proof }: TriedLogin) => proof.verdict === "refused" || proof.verdict === "out-of-scope";
  return tried.find((each) => !ofLogin(each)) ?? tried.findLast(ours) ?? tried.at(-1);
}

function refused(facts: ImageFacts, tried: TriedLogin): Finding {
  const note = facts.secrets.find(({ name }) => name === tried.secret)?.note;
  const isExpired = tried.proof.verdict === "refused" && note?.expiresAt !== undefined && new Date(note.expiresAt) <= facts.now;
  const { message, details } = explainRefusal(facts, tried, isExpired ? note.expiresAt : undefined);
  const cause = isExpired ? "expired" : isNotYetEffective(facts, tried) ? "not-yet-effective" : causeOf(facts, tried);
  return { cause, secret: tried.secret, message, details, notes: [...ambiguities(facts, cause, tried), ...rewriteNotes(facts)] };
}

const causeOf = ({ noRepository }: ImageFacts, { proof }: TriedLogin): Cause =>
  proof.verdict === "not-found" && noRepository ? "no-repository" : proof.verdict;

/** How long Azure may need to apply a role assignment, in milliseconds (learn.microsoft.com, "Troubleshoot Azure RBAC"). */
const roleDelay = 10 * minute;

const mayWaitForRole: readonly Cause[] = ["refused", "denied", "out-of-scope"];

/** Whether the plugin created a login so recently that its role may not be in effect. Azure's answer is that for a wrong password. */
function isNotYetEffective({ secrets, now }: ImageFacts, { secret, byRole, proof }: TriedLogin): boolean {
  const note = secrets.find(({ name }) => name === secret)?.note;
  const age = now.getTime() - Date.parse(note?.createdAt ?? "");
  return byRole === true && note?.renewal === "made" && age < roleDelay && mayWaitForRole.includes(proof.verdict);
}

/** Whether an image does not exist. */
export const isMissing = (cause: Cause): boolean => cause === "not-found" || cause === "no-repository";

/** Whether the image or a Secret names a host of one region. A registry without replicas can have such hosts too. */
const hasReplicas = ({ azure, secrets }: ImageFacts): boolean =>
  azure !== undefined &&
  (azure.otherwise === "region" || secrets.some(({ servers = [] }) => servers.some((server) => isRegional(azure.loginServer, server))));

/** The causes that Azure's answer does not tell apart. */
function ambiguities(facts: ImageFacts, cause: Cause, tried: TriedLogin): string[] {
  const late = isMissing(cause) && hasReplicas(facts) ? ["a replica of the registry may not have a new image yet"] : [];
  return [...late, ...ambiguitiesInAzure(facts, cause, tried)];
}

function ambiguitiesInAzure({ azure, ref, otherTags }: ImageFacts, cause: Cause, { byRole }: TriedLogin): string[] {
  if (!azure) return [];
  if (cause === "refused") return ["the registry does not say whether the password is wrong, expired or deleted, or the token is disabled"];
  if (cause === "out-of-scope" && byRole)
    return ["the identity has no role for the repository, or a condition of its role (ABAC) excludes it"];
  if (cause !== "not-found") return [];
  if (otherTags === "unknown") return ["the login cannot list tags, so the repository may not exist either"];
  return otherTags.length > 0 && !ref.reference.includes(":") ? [`tags in the repository: ${joinNames(otherTags)}`] : [];
}

/**
 * A Secret was attached to the ServiceAccount after the pods were created. The pods need it to pull, so it must work, and the pods must be
 * recreated.
 */
function olderPod(facts: ImageFacts, login: TriedLogin): Finding {
  const message = `the pod was created before secret ${login.secret} was attached to serviceaccount/${facts.account}`;
  if (login.proof.verdict === "pulls") return { cause: "older-pod", message, advice: adviseRestart(facts, login.secret) };
  const finding = refused(facts, login);
  const { fix: first, notes = [] } = advise(finding.cause, facts, login.secret);
  const lacksTargets = first?.program === plugin("create").program && !first.words.includes("--where-used");
  const fix = lacksTargets ? { ...first, words: [...first.words, "--where-used"] } : first;
  const older = `the pod does not list secret ${login.secret}, because it was created before serviceaccount/${facts.account} listed it`;
  return { ...finding, advice: { fix, notes: [older, ...notes] } };
}
