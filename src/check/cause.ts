/** What a cause comes to: the words of the VERDICT column, whether the image can be pulled as far as that is known, how bad it is. */
type Row = { readonly words: string; readonly pulls: boolean | "unknown"; readonly severity: "fine" | "note" | "failure" };

/**
 * Every way in which the pull of an image ends, as a registry's answer, the kubelet's words or our own reading tell it.
 * The ids are what scripts compare (`acr-secret/v1`): one may come, none changes. A new verdict is a row.
 */
export const causes = {
  pulls: { words: "pulls", pulls: true, severity: "fine" },
  /** Nobody has to log in. */
  anonymous: { words: "pulls without a credential", pulls: true, severity: "fine" },
  /** No pull secret has a login, and the pods' nodes have the image. Whether the nodes have an identity of their own is not known. */
  "by-node": { words: "cached on its node, no credential", pulls: "unknown", severity: "note" },
  /** The registry wants the login at a host that we do not send it to, or nobody could be asked. */
  "not-checked": { words: "not checked", pulls: "unknown", severity: "note" },
  /** The login is wrong, or disabled. */
  refused: { words: "credential refused", pulls: false, severity: "failure" },
  /** The login is refused, and its Secret notes that it has ended. */
  expired: { words: "credential expired", pulls: false, severity: "failure" },
  /** The login is good, but not for this repository. */
  "out-of-scope": { words: "not in the credential's scope", pulls: false, severity: "failure" },
  "not-found": { words: "no such image", pulls: false, severity: "failure" },
  /** The image is there, but not for the node's platform. */
  "other-platform": { words: "not for this platform", pulls: false, severity: "failure" },
  /** 403: the registry says that its firewall rejects this machine's address. */
  blocked: { words: "blocked by the registry's firewall", pulls: "unknown", severity: "failure" },
  /** 403 for another reason, which only the registry's own words tell. */
  denied: { words: "denied by the registry", pulls: "unknown", severity: "failure" },
  throttled: { words: "throttled", pulls: "unknown", severity: "failure" },
  unreachable: { words: "registry not reached", pulls: "unknown", severity: "failure" },
  /** The registry's certificate. */
  untrusted: { words: "certificate not trusted", pulls: "unknown", severity: "failure" },
  /** The registry is asked anonymously: no pull secret matches, or none is there. */
  "no-login": { words: "no credential", pulls: false, severity: "failure" },
  /** The pod was made before its ServiceAccount carried the Secret. */
  "older-pod": { words: "pod is older than its secret", pulls: false, severity: "failure" },
  /** One Secret of the pod cannot be read, so none is used. */
  "malformed-secret": { words: "malformed secret", pulls: false, severity: "failure" },
  /** imagePullPolicy Never, and the node does not have it. */
  "never-pulled": { words: "never pulled", pulls: false, severity: "failure" },
  /** The name of the image is none. */
  "invalid-image": { words: "invalid image name", pulls: false, severity: "failure" },
  unknown: { words: "cannot be pulled", pulls: "unknown", severity: "failure" },
} as const satisfies Readonly<Record<string, Row>>;

export type Cause = keyof typeof causes;
