import type { Proof } from "../context.ts";
import type { Create, Fix } from "../fix.ts";
import type { Cause } from "./cause.ts";

/** A login that a pod offers for an image, and what the registry said to it. */
export type Tried = { readonly secret: string; readonly proof: Proof };

/** What is known of one image as some pods of a namespace would pull it. */
export type ImageFacts = {
  readonly image: string;
  /** The registry's host. */
  readonly host: string;
  /** Whether that is a registry in Azure: of others we know no command that mends anything. */
  readonly inAzure: boolean;
  readonly namespace: string;
  readonly account: string;
  /** Names of the pods; none when the image was only named on the command line. */
  readonly pods: readonly string[];
  /** The logins in the kubelet's order, up to the first that pulls. */
  readonly tried: readonly Tried[];
  /** What the registry says without a login; only asked when there is none. */
  readonly anonymous?: Proof;
  /** A pull secret that spoils all of the pod's. */
  readonly poison?: { readonly secret: string; readonly message: string };
  /** Pull secrets that are named but do not exist. */
  readonly missing: readonly string[];
  /** Pull secrets that the kubelet passes over, and why. */
  readonly skipped: readonly { readonly secret: string; readonly because: string }[];
  /** A pull secret of the ServiceAccount that would match, but came after the pods. */
  readonly tooLate?: string;
};

/** One line of a check: whether the image can be pulled, why not, and what mends it. */
export type Verdict = {
  readonly image: string;
  readonly secret: string;
  readonly pods: readonly string[];
  readonly cause: Cause;
  /** One sentence for a person; absent where there is nothing to say. */
  readonly message?: string;
  readonly fix?: Fix;
};

/** Judges one image as the kubelet would: a malformed Secret first, then any login that pulls, then why none does. */
export function judge(facts: ImageFacts): Verdict {
  const { image, pods, tried, anonymous, poison, namespace, account } = facts;
  const pulled = tried.find(({ proof }) => proof.verdict === "pulls");
  const row = { image, pods, secret: pulled?.secret ?? tried.map(({ secret }) => secret).join(",") };
  if (poison) {
    const message = `secret ${poison.secret} is malformed, and with it the kubelet gives up on all of them: ${poison.message}`;
    return { ...row, secret: poison.secret, cause: "malformed-secret", message, ...create(facts, poison.secret, { force: true }) };
  }
  if (pulled) return { ...row, cause: "pulls" };
  const last = tried.at(-1);
  if (last) return { ...row, ...refusal(facts, last) };
  if (anonymous?.verdict === "pulls") return { ...row, cause: "anonymous" };
  if (anonymous && anonymous.verdict !== "refused" && anonymous.verdict !== "out-of-scope")
    return { ...row, ...refusal(facts, { secret: "", proof: anonymous }) };
  if (facts.tooLate) {
    const message = `made before serviceaccount/${account} carried ${facts.tooLate}: ${pods.join(", ")}`;
    return { ...row, cause: "older-pod", message, fix: { do: "delete-pods", pods, namespace } };
  }
  const advice = create(facts, undefined, { ...named(facts), serviceaccounts: [account] });
  return { ...row, cause: "no-login", message: absence(facts), ...advice };
}

function refusal(
  facts: ImageFacts,
  { secret, proof: { verdict: cause, message: said } }: Tried,
): Pick<Verdict, "cause" | "message" | "fix"> {
  const message = secret ? `with secret ${secret}: ${said}` : said;
  switch (cause) {
    case "refused":
      return { cause, message, ...create(facts, secret) };
    case "out-of-scope":
      return { cause, message, ...create(facts, secret, named(facts)) };
    case "not-found":
      return { cause, message, ...az(facts, { do: "show-tags", repository: repositoryOf(facts) }) };
    case "blocked":
      return { cause, message, ...az(facts, { do: "show-network-rules" }) };
    default:
      return { cause, message };
  }
}

function absence({ missing, skipped, pods, account }: ImageFacts): string {
  if (missing.length > 0) return `secret ${missing.join(", ")} does not exist`;
  const [first] = skipped;
  if (first) return `secret ${first.secret} ${first.because}`;
  return pods.length > 0
    ? "the pod has no pull secret for this registry"
    : `serviceaccount/${account} has no pull secret for this registry`;
}

type Advice = Pick<Verdict, "fix">;

const advise = ({ inAzure }: ImageFacts, fix: Fix): Advice => (inAzure ? { fix } : {});

function create(facts: ImageFacts, secret: string | undefined, more: Partial<Create> = {}): Advice {
  return advise(facts, { do: "create", secret: secret || undefined, registry: facts.host, ...more, namespace: facts.namespace });
}

function az(facts: ImageFacts, what: { do: "show-network-rules" } | { do: "show-tags"; repository: string }): Advice {
  return advise(facts, { ...what, registry: facts.host.split(".")[0] ?? "" });
}

/** What pods use, `create` finds by itself; an image that was only named is to be named there too. */
function named(facts: ImageFacts): Partial<Create> {
  return facts.pods.length > 0 ? {} : { repositories: [repositoryOf(facts)] };
}

const repositoryOf = ({ image, host }: ImageFacts) => image.slice(host.length + 1).replace(/[:@].*$/, "");
