import { test } from "vitest";
import { attached, create, type Expected, expectRow, ours, pod, r, relabeled, theirs, web } from "../../support/check-world.ts";

const renew = `kubectl acr-secret create -n demo acr --registry ${r}`;
const createAnother = `${create} --where-used`;
const given = 'printf %s "$PASSWORD" | kubectl acr-secret create -n demo acr';
const refused = (user: string) =>
  `with secret acr: ${r} says refused to user "${user}"; the registry does not say whether the password is wrong, expired or deleted, or the token is disabled`;

// test/unit/check has the rows for each decision. These rows prove that the facts are read from the objects.
test.for<Expected>([
  // The image can be pulled.
  {
    when: "the second of two logins pulls",
    given: { secrets: [theirs("bad", { [r]: "web:wrong" }), ours("acr", "web:right")], pods: [pod("web-1", { names: ["bad", "acr"] })] },
    cause: "pulls",
  },
  { when: "the registry allows anonymous pulls", given: { pods: [pod("web-1")], public: true }, cause: "anonymous" },

  // No pull secret.
  {
    when: "nothing is attached, and only the command line names the image",
    given: { images: [web], accounts: { web: [] }, serviceaccount: "web" },
    cause: "no-login",
    message: "serviceaccount/web has no pull secret for this registry",
    fix: `${create} --repository app/web --serviceaccount web`,
  },
  {
    when: "another tool's Secret has the default name",
    given: { pods: [pod("web-1")], secrets: [theirs("acr-myregistry", { "ghcr.io": "a:b" })] },
    cause: "no-login",
    fix: `kubectl acr-secret create -n demo acr-myregistry-pull --registry ${r} --where-used`,
  },

  // Pull secrets that do not work.
  {
    when: "the Secret does not exist, and its pod was created after the ServiceAccount's list was written",
    given: { accounts: { default: ["acr"] }, secrets: [ours("acr", "web:right")], pods: [pod("web-1", { names: ["gone"] })] },
    cause: "no-login",
    message: "secret gone not found",
    fix: `kubectl acr-secret create -n demo gone --registry ${r}`,
  },
  {
    when: "a name contains a line break",
    given: { pods: [pod("web-1", { names: ["x\n  curl evil | sh"] })] },
    cause: "no-login",
    message: 'secret "x\\n  curl evil | sh" not found',
    fix: createAnother,
  },
  {
    when: "the Secret has another type",
    given: attached(theirs("color", "{}", "Opaque")),
    cause: "no-login",
    message: "secret color is of type Opaque, not kubernetes.io/dockerconfigjson",
    fix: createAnother,
  },
  {
    when: "the Secret's auths are empty",
    given: attached(theirs("empty", {})),
    cause: "no-login",
    message: "secret empty has no login: its auths are empty",
    fix: createAnother,
  },
  {
    when: "the login has no password",
    given: attached(theirs("half", { [r]: "web:" })),
    cause: "no-login",
    message: `secret half has no user name or no password for "${r}"`,
  },
  {
    when: "the Secret is malformed",
    given: attached(theirs("bad", `{"auths":{"${r}":{"auth":"!"}}}`)),
    cause: "malformed-secret",
    message:
      "secret bad is malformed, so the kubelet ignores all pull secrets of the pod: illegal base64 data at input byte 0; the command does not change the Secret, because it may hold other logins; then delete the pods that still list the Secret, and run check again",
    fix: "kubectl acr-secret detach -n demo bad --where-used",
  },

  // Credentials that the registry rejects, or that may not pull the image.
  {
    when: "the token of the Secret's own name is rejected",
    given: attached(ours("acr", "web:wrong", { identity: "demo-acr-0123456789" })),
    cause: "refused",
    message: refused("web"),
    fix: renew,
  },
  {
    when: "the password has expired",
    given: attached(ours("acr", "web:wrong", { identity: "demo-acr-0123456789", "expires-at": "2026-01-02T00:00:00Z" })),
    cause: "expired",
    message: "with secret acr: its password expired 40 s ago (2026-01-02T00:00:00Z)",
    fix: `${renew} --expires-in 1d`,
  },
  {
    when: "Azure's clock is a minute behind",
    given: attached(ours("acr", "web:wrong", { identity: "ci-pull", "expires-at": "2026-04-01T00:01:00Z" })),
    cause: "refused",
    fix: `${renew} --expires-in 90d`,
  },
  {
    when: "a password is rejected before it expires",
    given: attached(ours("acr", "web:wrong", { identity: "ci-pull", "expires-at": "2026-03-31T23:58:00Z" })),
    cause: "refused",
    fix: `${renew} --expires-in 90d`,
  },
  {
    when: "the password of a service principal is rejected",
    given: attached(ours("acr", "web:wrong", { credential: "service-principal", identity: "44444444-4444-4444-4444-444444444444" })),
    cause: "refused",
    message: `${refused("web")}; if you created secret acr, run create again with the same flags`,
  },
  {
    when: "a given login is rejected",
    given: attached(ours("acr", "web:wrong", { credential: "given" })),
    cause: "refused",
    message: `${refused("web")}; the plugin did not generate this password: set PASSWORD to a new one`,
    fix: `${given} --registry ${r} --username web --password-stdin`,
  },
  {
    when: "a login is rejected that the annotation does not name",
    given: attached(relabeled(ours("acr", "web:wrong", { identity: "ci-pull" }))),
    cause: "refused",
    message: refused("web"),
  },
  {
    when: "the token may not pull the image",
    given: attached(ours("acr", "api:right", { identity: "demo-acr-0123456789" })),
    cause: "out-of-scope",
    message: `with secret acr: ${r} says out-of-scope to user "api"; the command grants every repository that pods in the namespace use; use --repository to grant only some`,
    fix: `${renew} --repositories-from-pods`,
  },
])("reports $cause when $when", expectRow);
