import { bare, ours, pod, r, theirs } from "../check-world.ts";
import { create, type Expected, web } from "./words.ts";

/** Problems of the image name, the connection, and the registry name. */
export const images: readonly Expected[] = [
  // The image and the connection to the registry.
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
    what: "the repository does not exist",
    given: { images: [`${r}/app/gone:1`], accounts: { default: ["acr"] }, secrets: [ours("acr", "all:right")] },
    cause: "not-found",
    message: 'with secret acr: repository "app/gone" not found in myregistry.azurecr.io',
    fix: "az acr repository list --name myregistry",
  },
  {
    what: "the repository does not exist, and the registry lists a similar name",
    given: {
      images: [`${r}/app/gone:1`],
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "all:right")],
      catalog: ["app/web", "app/gnoe", "App/gone"],
    },
    cause: "not-found",
    message: 'with secret acr: repository "app/gone" not found in myregistry.azurecr.io; did you mean "app/gnoe"?',
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

  // Other names of a registry.
  {
    what: "the image names the port",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:right")],
      pods: [pod("web-1", { names: ["acr"], image: `${r}:443/app/web:1` })],
    },
    cause: "no-login",
    message: `secret acr has a login for ${r} only (the port counts: the image says ${r}:443); name the image ${web}`,
    fix: `kubectl set image -n demo deployment/web app=${web}`,
  },
  {
    what: "the image names the port, and nothing is attached",
    given: { pods: [pod("web-1", { image: `${r}:443/app/web:1` })] },
    cause: "no-login",
    // The pods' image name differs from the registry's name, so `create` could not detect the repositories that they use.
    fix: `${create} --repository app/web --serviceaccount default && kubectl set image -n demo deployment/web app=${web}`,
  },
  {
    what: "the image is in capitals",
    given: {
      accounts: { default: ["acr"] },
      secrets: [ours("acr", "web:right")],
      pods: [pod("own", { names: ["acr"], owner: bare, image: "MyRegistry.azurecr.io/app/web:1" })],
    },
    cause: "no-login",
    fix: `kubectl set image -n demo pod/own app=${web}`,
  },
  {
    what: "the port is named on the command line",
    given: { images: [`${r}:443/app/web:1`] },
    cause: "no-login",
    fix: `kubectl acr-secret check -n demo --image ${web} --serviceaccount default`,
  },
  {
    what: "the image names a regional endpoint",
    given: { pods: [pod("web-1", { image: "myregistry.eastus.geo.azurecr.io/app/web:1" })] },
    cause: "no-login",
    fix: `${create} --serviceaccount default --include-regional`,
  },
  {
    what: "a login for the port pulls",
    given: {
      secrets: [theirs("port", { [`${r}:443`]: "web:right" })],
      pods: [pod("web-1", { names: ["port"], image: `${r}:443/app/web:1` })],
    },
    cause: "pulls",
  },

  // Other registries.
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
    fix: `printf %s "$PASSWORD" | kubectl acr-secret create -n demo g --registry ghcr.io --username web --password-stdin`,
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

  // One Secret by its name.
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
    fix: `printf %s "$PASSWORD" | kubectl acr-secret create -n demo typo --registry ${r} --username ci --password-stdin`,
  },
  {
    what: "it is somebody else's, with other logins",
    given: { name: "reg", secrets: [theirs("reg", { [r]: "web:wrong", "ghcr.io": "a:b" })], pods: [pod("web-1")] },
    cause: "refused",
    fix: "",
  },
];
