/** The words of the VERDICT column, whether the image can be pulled if that is known, and the severity. */
type Row = { readonly words: string; readonly pulls: boolean | "unknown"; readonly severity: "fine" | "note" | "failure" };

/**
 * All causes of a pull's result, from a response of the registry, a message of the kubelet or the plugin's own analysis. Scripts compare
 * the ids (`acr-secret/v1`): they are added and never changed. A new verdict is a row.
 */
export const causes = {
  pulls: { words: "pulls", pulls: true, severity: "fine" },
  /** The registry requires no login. */
  anonymous: { words: "pulls without a credential", pulls: true, severity: "fine" },
  /** No pull secret has a login, and the pods' nodes have the image. It is unknown whether the nodes have an identity of their own. */
  "by-node": { words: "cached on its node, no credential", pulls: "unknown", severity: "note" },
  /** The registry requires the login on a host that the plugin does not send it to, or no request was possible. */
  "not-checked": { words: "not checked", pulls: "unknown", severity: "note" },
  /** The login is wrong or disabled. */
  refused: { words: "credential refused", pulls: false, severity: "failure" },
  /** The login is rejected, and its Secret records an expiry in the past. */
  expired: { words: "credential expired", pulls: false, severity: "failure" },
  /** The login is valid, but not for this repository. */
  "out-of-scope": { words: "not in the credential's scope", pulls: false, severity: "failure" },
  "not-found": { words: "no such image", pulls: false, severity: "failure" },
  /** The image exists, but not for the node's platform. */
  "other-platform": { words: "not for this platform", pulls: false, severity: "failure" },
  /** 403: the registry says that its firewall rejects this machine's address. */
  blocked: { words: "blocked by the registry's firewall", pulls: "unknown", severity: "failure" },
  /** 403 for another reason, which is only in the registry's own message. */
  denied: { words: "denied by the registry", pulls: "unknown", severity: "failure" },
  throttled: { words: "throttled", pulls: "unknown", severity: "failure" },
  unreachable: { words: "registry not reached", pulls: "unknown", severity: "failure" },
  /** The registry's certificate is not trusted. */
  untrusted: { words: "certificate not trusted", pulls: "unknown", severity: "failure" },
  /** The registry is accessed anonymously: no pull secret matches, or there is none. */
  "no-login": { words: "no credential", pulls: false, severity: "failure" },
  /** The pod was created before the Secret was attached to its ServiceAccount. */
  "older-pod": { words: "pod is older than its secret", pulls: false, severity: "failure" },
  /** The kubelet cannot read one Secret of the pod, so it uses none. */
  "malformed-secret": { words: "malformed secret", pulls: false, severity: "failure" },
  /** imagePullPolicy is Never, and the node does not have the image. */
  "never-pulled": { words: "never pulled", pulls: false, severity: "failure" },
  /** The image name is invalid. */
  "invalid-image": { words: "invalid image name", pulls: false, severity: "failure" },
  unknown: { words: "cannot be pulled", pulls: "unknown", severity: "failure" },
} as const satisfies Readonly<Record<string, Row>>;

export type Cause = keyof typeof causes;
