import { type Json, objectOf, textOf, textsOf } from "../json.ts";
import { minorOf } from "../objects.ts";

/** How a kubelet treats the images that its node has: KubeletConfiguration (kubelet.config.k8s.io/v1beta1). */
type StartRules = {
  /** The feature gate KubeletEnsureSecretPulledImages (KEP-2535): it asks for a login also for an image that its node has. */
  readonly ensures: boolean;
  /** imagePullCredentialsVerificationPolicy. */
  readonly policy: string;
  /** preloadedImagesVerificationAllowlist: names of images, and prefixes that end in `/*`. */
  readonly allowlist: readonly string[];
};

/** A login of a Secret. `secret` identifies the Secret by namespace, name and uid. The hash is of the user name and the password. */
export type HeldLogin = { readonly secret: string; readonly hash: string };

/** The kubelet's record of an image, for one name of the image. */
type PullRecord = {
  /** It was once pulled anonymously or with a login of the node: every pod of the node has access. */
  readonly isOpen?: true;
  readonly logins?: readonly HeldLogin[];
  /** The ServiceAccounts whose tokens a credential provider has used. */
  readonly accounts?: readonly string[];
};

/** A container that is about to start on a node. */
type Starting = {
  readonly pullPolicy?: string | undefined;
  /** The name of the image, without tag and digest. */
  readonly image: string;
  /** The node has the image. */
  readonly isPresent: boolean;
  /** Undefined if this kubelet has never pulled it: preloaded, imported, or pulled by a kubelet that keeps no records. */
  readonly record: PullRecord | undefined;
  /** The matching logins of the pod. */
  readonly logins: readonly HeldLogin[];
  readonly account: string;
  readonly rules: StartRules;
};

/** A kubelet stops to compare only the identity of a Secret if so many are recorded (writeRecordWhileMatchingLimit). */
const mostRecorded = 100;

/**
 * The rules of a kubelet (k8s.io/kubernetes 1.37, pkg/kubelet/images/image_manager.go and pullmanager/image_pull_manager.go). The first that
 * holds decides. If none holds, the container needs a pull.
 */
export const startRules = {
  always: ({ pullPolicy }) => pullPolicy === "Always",
  missing: ({ isPresent }) => !isPresent,
  "gate-off": ({ rules }) => !rules.ensures,
  "never-verify": ({ rules }) => rules.policy === "NeverVerify",
  preloaded: ({ rules, record }) => rules.policy === "NeverVerifyPreloadedImages" && !record,
  allowlisted: ({ rules, image }) => rules.policy === "NeverVerifyAllowlistedImages" && rules.allowlist.some((one) => isListed(image, one)),
  open: ({ record }) => record?.isOpen === true,
  "same-login": (it) => pairs(it).some(([held, known]) => known.hash !== "" && held.hash === known.hash),
  "same-secret": (it) => (it.record?.logins ?? []).length < mostRecorded && pairs(it).some(([held, known]) => held.secret === known.secret),
  "same-account": ({ record, account }) => record?.accounts?.includes(account) === true,
} as const satisfies Readonly<Record<string, (starting: Starting) => boolean>>;

const pairs = ({ logins, record }: Starting) => logins.flatMap((held) => (record?.logins ?? []).map((known) => [held, known] as const));

const isListed = (image: string, pattern: string): boolean =>
  pattern.endsWith("/*") ? image.startsWith(pattern.slice(0, -1)) : image === pattern;

const ids = Object.keys(startRules) as (keyof typeof startRules)[];

/**
 * Decides whether a container gets its image, and by which rule: `other` if none of the table holds.
 * @param canPull whether a pull with the pod's logins would succeed
 */
export function decideStart(starting: Starting, canPull: boolean) {
  const rule: keyof typeof startRules | "other" = ids.find((id) => startRules[id](starting)) ?? "other";
  const needsPull = rule === "always" || rule === "missing" || rule === "other";
  return { starts: !needsPull || (canPull && starting.pullPolicy !== "Never"), rule, needsPull };
}

/** The minor versions of Kubernetes 1 since which a kubelet has the gate, and since which it is on by default. */
const [gateSince, gateOnSince] = [33, 35];

const defaultPolicy = "NeverVerifyPreloadedImages";
const withPolicy = (policy: string): StartRules => ({ ensures: true, policy, allowlist: [] });
const gateOff: StartRules = { ...withPolicy(defaultPolicy), ensures: false };

/**
 * Returns the rules that a kubelet may have; several if its configuration is not visible, the default first. An allowlist exempts an image
 * or not, as `NeverVerify` and `AlwaysVerify` do.
 * @param configz the response of `/configz`, which omits the defaults of the version; undefined if you can't read it
 */
export function startRulesOf(version: string, configz: Json | undefined): readonly [StartRules, ...StartRules[]] {
  const minor = minorOf(version);
  if (minor < gateSince) return [gateOff];
  const byDefault = minor < gateOnSince ? gateOff : withPolicy(defaultPolicy);
  if (!configz || Number.isNaN(minor)) return [byDefault, gateOff, withPolicy(defaultPolicy), withPolicy("AlwaysVerify")];
  const { featureGates, imagePullCredentialsVerificationPolicy: policy, preloadedImagesVerificationAllowlist: list } = configOf(configz);
  const { KubeletEnsureSecretPulledImages: gate, AllBeta: all = byDefault.ensures, AllAlpha } = objectOf(featureGates);
  const ensures = gate ?? (minor < gateOnSince ? AllAlpha : all);
  return [{ ensures: ensures === true, policy: textOf(policy) || defaultPolicy, allowlist: textsOf(list) }];
}

const configOf = (configz: Json): Json => objectOf(configz["kubeletconfig"]);

/** The most names of one image in the status of a node (MaxNamesPerImageInNodeStatus). */
export const mostListedNames = 5;

/** The most images that a kubelet lists in the status of its node (nodeStatusMaxImages); -1 means all. */
export function mostListedImages(configz: Json | undefined): number {
  const { nodeStatusMaxImages: most = 50 } = configz ? configOf(configz) : {};
  return most === -1 ? Number.POSITIVE_INFINITY : Number(most);
}

/**
 * Parses an Event of reason `Pulled`. Anyone who may create Events can write it.
 * @returns how a container got its image: by a pull, or from the node because the kubelet gave its pod access
 */
export function readPulled(message: string): { readonly image: string; readonly by: "pull" | "access" } | undefined {
  const [, pulled, present] =
    /^(?:Successfully pulled image "([^"]*)"|Container image "([^"]*)" already present on machine and can be accessed by the pod)/.exec(
      message,
    ) ?? [];
  const image = pulled ?? present;
  return image === undefined ? undefined : { image, by: pulled === undefined ? "access" : "pull" };
}
