import type { PullCause } from "../../../src/kubelet/message.ts";

const server = "myregistry.azurecr.io";

/** A pod that cannot pull, and its kubelet's message. */
export type FailingPull = {
  readonly when: string;
  /** The pod's Secrets, given the password of the token `failing`, which may pull the repository app. */
  readonly secrets?: (password: string) => readonly object[];
  readonly image?: string;
  readonly policy?: "Never";
  /** IMAGE stands for the image's name, DIGEST for that of a config or a layer. The address of a request, which containerd 1.7 adds, is left out. */
  readonly message: string;
  readonly causes: readonly PullCause[];
  /** The pod also names a Secret that does not exist. */
  readonly nosuch?: true;
};

export const secretOfType = (type: string, login: object) => ({
  type,
  stringData: { ".dockerconfigjson": JSON.stringify({ auths: { [server]: login } }) },
});
export const failingLogin = (password: string) => secretOfType("kubernetes.io/dockerconfigjson", { username: "failing", password });
const resolving = 'failed to pull and unpack image "IMAGE": failed to resolve reference "IMAGE": ';
const anonymous = `${resolving}failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized`;
const refused = `${resolving}failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized`;
const denied = `${resolving}pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`;

export const failingPulls: readonly FailingPull[] = [
  { when: "the pod has no Secret", message: anonymous, causes: ["no-login"] },
  { when: "the password is wrong", secrets: () => [failingLogin("wrong")], message: refused, causes: ["refused"] },
  { when: "the Secret does not exist", nosuch: true, message: anonymous, causes: ["no-login"] },
  {
    when: "the Secret has another type",
    secrets: (password) => [secretOfType("Opaque", { username: "failing", password })],
    message: anonymous,
    causes: ["no-login"],
  },
  {
    when: "the repository is out of the token's scope",
    secrets: (password) => [failingLogin(password)],
    image: `${server}/other`,
    message: denied,
    causes: ["out-of-scope"],
  },
  {
    when: "the tag does not exist",
    secrets: (password) => [failingLogin(password)],
    message: `rpc error: code = NotFound desc = ${resolving}IMAGE: not found`,
    causes: ["not-found"],
  },
  {
    when: "two logins fail in different ways",
    secrets: (password) => [failingLogin("wrong"), failingLogin(password)],
    image: `${server}/other`,
    message: `[${refused}, ${denied}]`,
    causes: ["refused", "out-of-scope"],
  },
  {
    when: "two logins fail in the same way",
    secrets: () => [failingLogin("wrong"), failingLogin("wrong too")],
    message: refused,
    causes: ["refused"],
  },
  {
    when: "one Secret is malformed",
    secrets: (password) => [failingLogin(password), secretOfType("kubernetes.io/dockerconfigjson", { auth: "!" })],
    message: "illegal base64 data at input byte 0",
    causes: ["malformed-secret"],
  },
  {
    when: "the registry is unreachable",
    image: "nosuchregistry.azurecr.io/app",
    message: `${resolving}failed to do request: Head "https://nosuchregistry.azurecr.io/v2/app/manifests/1": Bad Gateway`,
    causes: ["unreachable"],
  },
  {
    when: "imagePullPolicy is Never",
    policy: "Never",
    message: 'Container image "IMAGE" is not present with pull policy of Never',
    causes: ["never-pulled"],
  },
  {
    when: "the image name is invalid",
    image: `${server}/App`,
    message: `Failed to apply default image tag "IMAGE": couldn't parse image name "IMAGE": invalid reference format: repository name (App) must be lowercase`,
    causes: ["invalid-image"],
  },
];

/** Pulls whose manifest arrives, but not their config: a firewall is in front of the storage. */
export const blockedLayers: readonly FailingPull[] = [
  {
    when: "the storage denies the layers",
    image: "deniedlayers.azurecr.io/app",
    message: `failed to pull and unpack image "IMAGE": failed to copy: httpReadSeeker: failed open: unexpected status code https://deniedlayers.azurecr.io/v2/app/blobs/DIGEST: 403 Forbidden`,
    causes: ["data-blocked"],
  },
  {
    when: "the storage is unreachable",
    image: "lostlayers.azurecr.io/app",
    message: `failed to pull and unpack image "IMAGE": failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://westeuropemanaged1.blob.core.windows.net/DIGEST": EOF`,
    causes: ["data-blocked"],
  },
];
