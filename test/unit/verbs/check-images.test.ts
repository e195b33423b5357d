import { test } from "vitest";
import { attached, bare, type Expected, expectRow, ours, pod, r, type Situation, theirs, web } from "../../support/check-world.ts";

/** An image that only the command line names, and a Secret with this login. */
const named = (image: string, login: string): Situation => ({ ...attached(ours("acr", login)), pods: [], images: [image] });
const waiting = (message: string) => ({ imageID: "", state: { waiting: { reason: "ErrImagePull", message } } });

test.for<Expected>([
  // Pods that are older than their Secret.
  {
    when: "a pod with a rejected Secret was created before another one was attached",
    given: {
      accounts: { default: ["old", "acr"] },
      secrets: [theirs("old", { [r]: "web:wrong" }), ours("acr", "web:right")],
      pods: [pod("web-1", { names: ["old"] })],
    },
    cause: "older-pod",
    fix: "kubectl acr-secret attach -n demo acr --where-used",
  },
  {
    when: "the pod names a rejected Secret itself and was created after the ServiceAccount's list was written",
    given: {
      accounts: { default: ["old", "acr"] },
      listWritten: "2025-12-31T00:00:00Z",
      secrets: [theirs("old", { [r]: "web:wrong" }), ours("acr", "web:right")],
      pods: [pod("web-1", { names: ["old"] })],
    },
    cause: "refused",
    fix: `kubectl acr-secret create -n demo --registry ${r} --where-used`,
  },

  // The image, the connection to the registry, and the node's messages.
  {
    when: "the tag does not exist",
    given: named(`${r}/app/web:9`, "web:right"),
    cause: "not-found",
    fix: "az acr repository show-tags --name myregistry --repository app/web",
  },
  {
    when: "the repository does not exist",
    given: named(`${r}/app/gone:1`, "all:right"),
    cause: "no-repository",
    message: 'with secret acr: repository "app/gone" not found in myregistry.azurecr.io; the command only lists the repositories',
    fix: "az acr repository list --name myregistry",
  },
  {
    when: "the repository does not exist, and the registry lists a similar name",
    given: { ...named(`${r}/app/gone:1`, "all:right"), catalog: ["app/web", "app/gnoe", "App/gone"] },
    cause: "no-repository",
    message:
      'with secret acr: repository "app/gone" not found in myregistry.azurecr.io; did you mean "app/gnoe"?; the command only lists the repositories',
  },
  {
    when: "the image name is invalid",
    given: { pods: [pod("web-1", { image: `${r}/App/Web:1` })] },
    cause: "invalid-image",
    message: `couldn't parse image name "${r}/App/Web:1": invalid reference format: repository name (App/Web) must be lowercase`,
  },
  {
    when: "the login pulls from here, but the node cannot reach the registry",
    given: {
      secrets: [ours("acr", "web:right")],
      pods: [pod("web-1", { names: ["acr"], status: waiting('failed to do request: Head "https://x": no such host') })],
    },
    cause: "unreachable",
    message:
      'the node of pod/web-1 says: failed to do request: Head "https://x": no such host; this machine can pull the image; the node retries within five minutes',
  },
  {
    when: "only the node's message tells about a registry without a login",
    given: {
      pods: [pod("web-1", { image: "team/app:1", status: waiting("pull access denied: insufficient_scope: authorization failed") })],
    },
    cause: "out-of-scope",
    message: "the node of pod/web-1 says: pull access denied: insufficient_scope: authorization failed",
  },

  // Other names of a registry, and other registries.
  {
    when: "the image names the port",
    given: {
      secrets: [ours("acr", "web:right")],
      pods: [pod("web-1", { names: ["acr"], image: `${r}:443/app/web:1` })],
    },
    cause: "no-login",
    message: `secret acr has a login for ${r} only (the port matters: the image has ${r}:443); use the image name ${web}`,
    fix: `kubectl set image -n demo deployment/web app=${web}`,
  },
  {
    when: "the image names the registry in capitals",
    given: {
      secrets: [ours("acr", "web:right")],
      pods: [pod("own", { names: ["acr"], owner: bare, image: "MyRegistry.azurecr.io/app/web:1" })],
    },
    cause: "no-login",
    fix: `kubectl set image -n demo pod/own app=${web}`,
  },
  {
    when: "the image names a regional endpoint",
    given: { pods: [pod("web-1", { image: "myregistry.eastus.geo.azurecr.io/app/web:1" })] },
    cause: "no-login",
    fix: `kubectl set image -n demo deployment/web app=${web}`,
  },
  {
    when: "a login for the port pulls",
    given: {
      secrets: [theirs("port", { [`${r}:443`]: "web:right" })],
      pods: [pod("web-1", { names: ["port"], image: `${r}:443/app/web:1` })],
    },
    cause: "pulls",
  },
  {
    when: "the login is for Docker Hub",
    given: {
      secrets: [theirs("hub", { "https://index.docker.io/v1/": "a:b" })],
      pods: [pod("web-1", { names: ["hub"], image: "team/app:1" })],
    },
    cause: "not-checked",
    message: 'with secret hub: docker.io says not-checked to user "a"',
  },
  {
    when: "the command line names an image of another registry",
    given: { images: ["nginx"] },
    cause: "not-checked",
    message: "docker.io says not-checked to an anonymous pull",
  },
  {
    when: "the command line names an image of another registry that is public",
    given: { images: ["quay.io/app/web:1"], public: true },
    cause: "anonymous",
  },

  // One Secret by its name.
  {
    when: "the named Secret has no login for the image",
    given: {
      name: "typo",
      secrets: [theirs("typo", { "myregistri.azurecr.io": "a:b" })],
      pods: [pod("web-1", { status: { imageID: "x" } })],
    },
    cause: "no-login",
    message: `secret typo has a login for myregistri.azurecr.io only (did you mean ${r}?)`,
    fix: "",
  },
])("reports $cause when $when", expectRow);
