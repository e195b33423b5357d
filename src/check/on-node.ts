import type { NodeAnswer, PullFailure } from "../kubelet/message.ts";
import type { Proof } from "../registry/port.ts";
import { advise, nodesMayPass } from "./advice.ts";
import { type Cause, causes } from "./cause.ts";
import type { ImageFacts, TriedLogin } from "./facts.ts";
import { judge, type Verdict } from "./verdict.ts";

/** Judges one image by a pull of a node. The requests from this machine only explain a failure and its fix. */
export function judgeOnNode(given: ImageFacts, answer: NodeAnswer): Verdict {
  const here = judge(given);
  // The node reads the Secrets that this machine may not read
  const unread = given.unread.map((secret): TriedLogin => ({ secret, proof: { verdict: "not-checked", message: "" } }));
  const facts = { ...given, unread: [], tried: [...given.tried, ...unread] };
  if ("unproven" in answer) {
    // The pod was rejected, or no node has answered. That says nothing about the image, so a failure that this machine found remains
    const { unproven: message } = answer;
    if (causes[here.cause].severity === "failure") return withNote(`not proven in the cluster: ${message}`, here);
    return { ...here, cause: "not-checked", message, registryMessages: undefined, notes: [fromHere(here)], fix: undefined };
  }
  const verdict = answer.failures.length === 0 ? pulled(facts, answer.node) : failed(facts, here, answer);
  return { ...verdict, notes: verdict.notes?.filter((note) => note !== nodesMayPass), proof: "cluster" };
}

const fromHere = ({ cause }: Verdict) => `from this machine: ${causes[cause].words}`;

function pulled(facts: ImageFacts, node: string): Verdict {
  // A failed pull of the same node is older
  const isPolicy = ({ cause }: PullFailure) => cause === "never-pulled";
  const pods = facts.pods.map((pod) => (pod.node === node ? { ...pod, failures: pod.failures.filter(isPolicy) } : pod));
  const now = { ...facts, pods };
  if (facts.tried.some(({ proof }) => proof.verdict === "pulls")) return judge(now);
  const verdict = judge(withProofs(now, [{ verdict: "pulls", message: "" }]));
  // The node doesn't say which login it has used
  return facts.tried.length > 1 ? { ...verdict, secret: facts.tried.map(({ secret }) => secret).join(",") } : verdict;
}

/** Replaces the responses of the registry to this machine by those to a node: one for each login, or one for all. */
function withProofs(facts: ImageFacts, proofs: readonly Proof[]): ImageFacts {
  const { tried, names, attachedLater } = facts;
  const [proof = undefined] = proofs;
  const last = proofs.at(-1);
  if (!proof || !last) return facts;
  if (tried.length > 0)
    return { ...facts, malformed: undefined, tried: tried.map((one, index) => ({ ...one, proof: proofs[index] ?? last })) };
  // Admission gave the pod the current list of the ServiceAccount, which older pods don't have
  if (names.length === 0 && attachedLater) return { ...facts, attachedLater: { ...attachedLater, proof } };
  return { ...facts, malformed: undefined, anonymous: proof, attachedLater: proof.verdict === "pulls" ? undefined : attachedLater };
}

function failed(facts: ImageFacts, here: Verdict, { node, failures }: Extract<NodeAnswer, { readonly node: string }>): Verdict {
  const { cause, text } = mostSpecific(failures, here);
  const message = `node ${node} says: ${text}`;
  // The reason that this machine found is more precise: the expiry, a similar name, the other tags
  if (agree(here, cause)) return withNote(message, here);
  const proofs = failures.flatMap((failure) => proofOf(failure, node));
  if (proofs.length === failures.length) return contrasted(here, judge(withProofs(facts, proofs)));
  if (cause === "no-login" && facts.tried.length === 0) return withNote(message, judge(withoutAnonymous(facts)));
  return contrasted(here, { ...here, registryMessages: undefined, notes: undefined, ...advise(cause, facts, here.secret), cause, message });
}

const withNote = (note: string, verdict: Verdict): Verdict => ({ ...verdict, notes: [note, ...(verdict.notes ?? [])] });

const mirror = "if the container runtime of the node has a mirror for the registry, the answer may be that of the mirror";

const contrasted = (here: Verdict, verdict: Verdict): Verdict => {
  if (causes[here.cause].pulls !== true) return verdict;
  const isAnswered = ["refused", "out-of-scope", "not-found", "denied", "throttled"].includes(verdict.cause);
  return withNote(fromHere(here), isAnswered ? withNote(mirror, verdict) : verdict);
};

/** A new pod gets no image that only the nodes of existing pods have. */
function withoutAnonymous(facts: ImageFacts): ImageFacts {
  const pods = facts.pods.every(({ pulled }) => pulled) ? facts.pods.map((pod) => ({ ...pod, pulled: false })) : facts.pods;
  return { ...facts, pods, anonymous: { verdict: "refused", message: "" } };
}

const proofOf = ({ cause, text }: PullFailure, node: string): Proof[] =>
  isAnswer(cause) ? [{ verdict: cause, message: `node ${node} says: ${text}` }] : [];

/** The registry gives this machine every other failure too. */
const ofNode = ["no-login", "malformed-secret", "never-pulled", "invalid-image", "private-host", "unknown"] as const;
type OfNode = (typeof ofNode)[number] | `node-${string}`;
const isAnswer = (cause: PullFailure["cause"]): cause is Exclude<PullFailure["cause"], OfNode> =>
  !ofNode.some((one) => one === cause) && !cause.startsWith("node-");

/** The causes that the registry's answer to a node does not tell apart. */
const refinements: Partial<Record<PullFailure["cause"], readonly Cause[]>> = {
  refused: ["expired", "not-yet-effective"],
  "out-of-scope": ["not-yet-effective"],
  "not-found": ["no-repository"],
  "no-login": ["other-cloud", "other-namespace", "rewritten"],
};

const agree = (here: Verdict, cause: PullFailure["cause"]): boolean =>
  here.cause === cause || (refinements[cause] ?? []).includes(here.cause);

/** Returns the failure that this machine found too, else one that is not about a login, else the last. */
function mostSpecific(failures: readonly PullFailure[], here: Verdict): PullFailure {
  const isOther = ({ cause }: PullFailure) => !["refused", "out-of-scope", "no-login"].includes(cause);
  const found = failures.find(({ cause }) => agree(here, cause)) ?? failures.find(isOther) ?? failures.at(-1);
  return found ?? { cause: "unknown", text: "" };
}
