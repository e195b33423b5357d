import type { Proof } from "../context.ts";
import type { Create, Fix } from "../fix.ts";

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

/** One line of a check: whether the image can be pulled, why not, and the one command that mends it. */
export type Verdict = {
  readonly image: string;
  readonly secret: string;
  readonly pods: readonly string[];
  readonly ok: boolean;
  readonly verdict: string;
  readonly cause?: string;
  readonly fix?: Fix;
};

/** Judges one image as the kubelet would: a malformed Secret first, then any login that pulls, then why none does. */
export function judge(facts: ImageFacts): Verdict {
  const { image, pods, tried, anonymous, poison, namespace } = facts;
  const pulled = tried.find(({ proof }) => proof.verdict === "pulls");
  const row = { image, pods, secret: pulled?.secret ?? tried.map(({ secret }) => secret).join(",") };
  if (poison) {
    const cause = `secret ${poison.secret} is malformed, and with it the kubelet gives up on all of them: ${poison.message}`;
    return {
      ...row,
      secret: poison.secret,
      ok: false,
      verdict: "malformed secret",
      cause,
      ...create(facts, poison.secret, { force: true }),
    };
  }
  if (pulled) return { ...row, ok: true, verdict: "pulls" };
  const last = tried.at(-1);
  if (last) return { ...row, ok: false, ...refusal(facts, last) };
  if (anonymous?.verdict === "pulls") return { ...row, ok: true, verdict: "pulls without a credential" };
  if (anonymous && anonymous.verdict !== "refused" && anonymous.verdict !== "outOfScope")
    return { ...row, ok: false, ...refusal(facts, { secret: "", proof: anonymous }) };
  if (facts.tooLate) {
    const cause = `made before serviceaccount/${facts.account} carried ${facts.tooLate}: ${pods.join(", ")}`;
    return {
      ...row,
      ok: false,
      verdict: "pod is older than its secret",
      cause,
      fix: { do: "delete-pods", pods, namespace },
    };
  }
  return {
    ...row,
    ok: false,
    verdict: "no credential",
    cause: absence(facts),
    ...create(facts, undefined, { ...named(facts), serviceaccounts: [facts.account] }),
  };
}

function refusal(facts: ImageFacts, { secret, proof: { verdict, message } }: Tried): { verdict: string; cause: string; fix?: Fix } {
  const cause = secret ? `with secret ${secret}: ${message}` : message;
  switch (verdict) {
    case "refused":
      return { verdict: "credential refused", cause, ...create(facts, secret) };
    case "outOfScope":
      return { verdict: "not in the credential's scope", cause, ...create(facts, secret, named(facts)) };
    case "notFound":
      return { verdict: "no such image", cause, ...az(facts, { do: "show-tags", repository: repositoryOf(facts) }) };
    case "blocked":
      return { verdict: "blocked by the registry's firewall", cause, ...az(facts, { do: "show-network-rules" }) };
    case "throttled":
      return { verdict: "throttled", cause };
    case "untrusted":
      return { verdict: "certificate not trusted", cause };
    default:
      return { verdict: "registry not reached", cause };
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
