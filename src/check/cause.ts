/** The words of the VERDICT column, whether the image can be pulled, and the severity. */
type Row = { readonly words: string; readonly pulls: boolean | "unknown"; readonly severity: "fine" | "note" | "failure" };

/** The results of a check. Scripts compare the ids (`acr-secret/v1`), so ids are added and never changed. */
export const causes = {
  pulls: { words: "ready", pulls: true, severity: "fine" },
  anonymous: { words: "ready without credential", pulls: true, severity: "fine" },
  /** The nodes have their own identity, or the image is only cached. The API server doesn't say which. */
  "by-node": { words: "cached on its node, no credential", pulls: "unknown", severity: "note" },
  /** The command line or an Event says that nodes pull from the registry by an identity. The image itself was not checked. */
  "by-identity": { words: "pulled by its node", pulls: "unknown", severity: "fine" },
  /** The registry checks logins at a host to which the plugin doesn't send them, or no request was possible. */
  "not-checked": { words: "not checked", pulls: "unknown", severity: "note" },
  refused: { words: "credential rejected", pulls: false, severity: "failure" },
  /** The registry rejects the login, and the Secret's annotation has an expiry in the past. */
  expired: { words: "credential expired", pulls: false, severity: "failure" },
  /** The registry rejects a login whose rights come from a role, and that the plugin created in the last minutes. */
  "not-yet-effective": { words: "not yet in effect", pulls: "unknown", severity: "failure" },
  "out-of-scope": { words: "repository not in scope", pulls: false, severity: "failure" },
  "not-found": { words: "image not found", pulls: false, severity: "failure" },
  /** The registry says that the repository does not exist, to a login that may list its tags. To others it says only `not-found`. */
  "no-repository": { words: "repository not found", pulls: false, severity: "failure" },
  "other-platform": { words: "wrong platform", pulls: false, severity: "failure" },
  /** 403 from the registry's firewall, for this machine's address or the node's. */
  blocked: { words: "blocked by firewall", pulls: "unknown", severity: "failure" },
  /** The registry redirects to its data endpoint or blob storage, which is unreachable or denies the blob. Only with --deep. */
  "data-blocked": { words: "data endpoint blocked", pulls: "unknown", severity: "failure" },
  /** 403 for another reason. */
  denied: { words: "denied by registry", pulls: "unknown", severity: "failure" },
  throttled: { words: "throttled", pulls: "unknown", severity: "failure" },
  unreachable: { words: "registry unreachable", pulls: "unknown", severity: "failure" },
  untrusted: { words: "untrusted certificate", pulls: "unknown", severity: "failure" },
  /** The host of a private endpoint, which no certificate names. */
  "private-host": { words: "host of a private endpoint", pulls: false, severity: "failure" },
  /** The registry's own login for the source of an artifact cache rule. */
  "cache-rule": { words: "cache rule rejected", pulls: false, severity: "failure" },
  /** No pull secret matches, and the registry rejects anonymous pulls. */
  "no-login": { words: "missing credential", pulls: false, severity: "failure" },
  /** Like `no-login`, and a Secret of that name exists in another namespace only. */
  "other-namespace": { words: "secret in another namespace", pulls: false, severity: "failure" },
  /** Like `no-login`, and the login is for the registry of that name in another Azure cloud. */
  "other-cloud": { words: "registry in another cloud", pulls: false, severity: "failure" },
  /** Like `no-login`, and the pod's template names another registry or repository. */
  rewritten: { words: "image rewritten", pulls: false, severity: "failure" },
  /** The pod was created before the Secret was attached to its ServiceAccount. */
  "older-pod": { words: "pod older than secret", pulls: false, severity: "failure" },
  /** The kubelet uses no Secret of a pod if one is malformed. */
  "malformed-secret": { words: "malformed secret", pulls: false, severity: "failure" },
  "never-pulled": { words: "pull policy Never", pulls: false, severity: "failure" },
  /** What only time or a change of the node fixes, and this machine can't see. */
  "node-disk-full": { words: "no space on node", pulls: "unknown", severity: "failure" },
  "node-content": { words: "wrong digest on node", pulls: "unknown", severity: "failure" },
  "node-interrupted": { words: "pull interrupted on node", pulls: "unknown", severity: "failure" },
  "node-limit": { words: "pull limit of node", pulls: "unknown", severity: "failure" },
  "invalid-image": { words: "invalid image name", pulls: false, severity: "failure" },
  unknown: { words: "unknown error", pulls: "unknown", severity: "failure" },
} as const satisfies Readonly<Record<string, Row>>;

export type Cause = keyof typeof causes;
