import { type Fix, hasVerb, type KubectlCommand, type PluginCommand } from "../fix.ts";
import { advise } from "./advice.ts";
import type { Cause } from "./cause.ts";
import { type Advice, concerned, inOrder, joined, remake } from "./deliver.ts";
import type { ImageFacts, PodFacts, Tried } from "./facts.ts";
import { absence, refusal } from "./message.ts";

/** One line of a check: whether the image can be pulled, why not, and what mends it. */
export type Verdict = {
  readonly image: string;
  readonly namespace: string;
  /** Only there where several clusters are checked. */
  readonly context?: string;
  /** The one whose login the registry took, or those that were tried. */
  readonly secret: string;
  /** Names of the pods; none when the image was only named on the command line. */
  readonly pods: readonly string[];
  readonly cause: Cause;
  /** One sentence for a person; absent where there is nothing to say. */
  readonly message?: string | undefined;
  readonly fix?: Fix | undefined;
};

type Finding = Pick<Verdict, "cause" | "message"> & { readonly secret?: string | undefined; readonly advice?: Advice };

/** Judges one image as the kubelet would: a malformed Secret first, then any login that pulls, then why none does. */
export function judge(facts: ImageFacts): Verdict {
  const { image, namespace, tried } = facts;
  const { cause, message, secret, advice = advise(cause, facts, secret) } = find(facts);
  return {
    image,
    namespace,
    secret: secret ?? tried.map((each) => each.secret).join(","),
    pods: facts.pods.map(({ name }) => name),
    cause,
    message: joined([message, advice.because]),
    fix: advice.fix,
  };
}

function find(facts: ImageFacts): Finding {
  const { tried, poison, late } = facts;
  if (poison) {
    const message = `secret ${poison.secret} is malformed, and with it the kubelet gives up on all of them: ${poison.message}`;
    return { cause: "malformed-secret", secret: poison.secret, message };
  }
  const pulled = tried.find(({ proof }) => proof.verdict === "pulls");
  if (pulled) return onItsNode(facts, pulled.secret) ?? { cause: "pulls", secret: pulled.secret };
  if (late && concerned(facts).copied.length > 0) return tooLate(facts, late);
  const telling = mostTelling(facts);
  return telling ? refused(facts, telling) : withoutLogin(facts);
}

/** No login was to be tried: what the registry says to anybody. */
function withoutLogin(facts: ImageFacts): Finding {
  const { anonymous } = facts;
  if (anonymous === undefined) return onItsNode(facts, "", (says) => says) ?? { cause: "unknown" };
  if (anonymous.verdict === "pulls") return onItsNode(facts, "") ?? { cause: "anonymous", secret: "" };
  if (anonymous.verdict !== "refused" && anonymous.verdict !== "out-of-scope")
    return { cause: anonymous.verdict, message: anonymous.message };
  if (!facts.only && facts.pods.length > 0 && facts.pods.every(({ pulled }) => pulled))
    return { cause: "by-node", secret: "", message: "a node that does not have the image can pull it only with an identity of its own" };
  return { cause: "no-login", message: absence(facts) };
}

/** What a proof from here does not know of. The rest of a node's words are of the past: it tries again by itself. */
const lasting: readonly Cause[] = ["other-platform", "never-pulled", "unreachable", "untrusted", "blocked"];
const lastingOf = (says: PodFacts["says"]): PodFacts["says"] => says.filter(({ cause }) => lasting.includes(cause));

/** What the node of a pod says that still waits, as far as it `counts`. */
function onItsNode({ pods }: ImageFacts, secret: string, counts = lastingOf): Finding | undefined {
  const waiting = pods.filter(({ pulled }) => !pulled);
  const [found] = waiting.flatMap(({ name, says }) => counts(says).map((it) => ({ ...it, name })));
  return found && { cause: found.cause, secret, message: `the node of pod/${found.name} says: ${found.text}`, advice: {} };
}

/** Of several logins that do not pull, the one whose failure says most. */
function mostTelling({ tried, secrets }: ImageFacts): Tried | undefined {
  const ours = ({ secret }: Tried) => secrets.find(({ name }) => name === secret)?.note?.renewal === "made";
  const ofLogin = ({ proof }: Tried) => proof.verdict === "refused" || proof.verdict === "out-of-scope";
  return tried.find((each) => !ofLogin(each)) ?? tried.findLast(ours) ?? tried.at(-1);
}

function refused(facts: ImageFacts, tried: Tried): Finding {
  const note = facts.secrets.find(({ name }) => name === tried.secret)?.note;
  const over = tried.proof.verdict === "refused" && note?.expiresAt !== undefined && new Date(note.expiresAt) <= facts.now;
  return {
    cause: over ? "expired" : tried.proof.verdict,
    secret: tried.secret,
    message: refusal(facts, tried, over ? note.expiresAt : undefined),
  };
}

/** The ServiceAccount has got a Secret since the pods were made: they need it to pull, and it has to. */
function tooLate(facts: ImageFacts, late: Tried): Finding {
  const made = `made before serviceaccount/${facts.account} carried ${late.secret}`;
  if (late.proof.verdict === "pulls") return { cause: "older-pod", message: made, advice: remake(facts, late.secret) };
  const finding = refused(facts, late);
  const advice = advise(finding.cause, facts, late.secret);
  const isMade = advice.fix !== undefined && hasVerb(advice.fix, "create") && advice.fix.recreate === true;
  const then = remake(facts, isMade ? undefined : late.secret);
  const fix = advice.fix && inOrder([advice.fix, ...(then.fix ? [then.fix] : [])]);
  return {
    ...finding,
    message: joined([finding.message, made]),
    advice: { fix, because: joined([...new Set([advice.because, then.because])]) },
  };
}

/**
 * Makes one command of those that differ in what they name only: repositories for one Secret, pods to delete. Each verdict keeps its
 * place and gets the whole command.
 */
export function combine(verdicts: readonly Verdict[]): Verdict[] {
  const groups = Map.groupBy(
    verdicts.flatMap(({ fix }) => fix ?? []),
    alike,
  );
  return verdicts.map((verdict) => (verdict.fix ? { ...verdict, fix: (groups.get(alike(verdict.fix)) ?? []).reduce(both) } : verdict));
}

/**
 * The same text for commands that can be one. `create` without repositories takes all that pods use: that is not to be narrowed. The
 * login server's images have no less from a login that holds at regional hosts too.
 */
function alike(fix: Fix): string {
  if (isDeletion(fix)) return JSON.stringify({ ...fix, args: [] });
  if (!hasVerb(fix, "create")) return JSON.stringify(fix);
  return JSON.stringify({ ...fix, ...(isNaming(fix) && { repositories: ["*"] }), includeRegional: undefined });
}

const isDeletion = (fix: Fix): fix is KubectlCommand => "kubectl" in fix && fix.kubectl === "delete pod";

const isNaming = (fix: PluginCommand): fix is PluginCommand & { readonly repositories: readonly string[] } =>
  (fix.repositories ?? []).length > 0;

function both(a: Fix, b: Fix): Fix {
  if (isDeletion(a) && isDeletion(b)) return { ...a, args: [...new Set([...a.args, ...b.args])] };
  if (!hasVerb(a, "create") || !hasVerb(b, "create")) return a;
  const wide = a.includeRegional || b.includeRegional ? { ...a, includeRegional: true } : a;
  return isNaming(wide) && isNaming(b) ? { ...wide, repositories: [...new Set([...wide.repositories, ...b.repositories])].sort() } : wide;
}
