import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, inject, test } from "vitest";
import { type PullCause, readWaiting } from "../../src/kubelet/message.ts";
import type { Pod } from "../../src/objects.ts";
import { create, getJson, kubectl } from "../support/kubectl.ts";
import { reachWorld } from "../support/node-world.ts";

const namespace = "failures";
const server = "myregistry.azurecr.io";

/** A pod that cannot pull, and its kubelet's message. */
type Case = {
  readonly when: string;
  /** The pod's Secrets, given the password of the token `failing`, which may pull the repository app. */
  readonly secrets?: (password: string) => readonly object[];
  readonly image?: string;
  readonly policy?: "Never";
  /** IMAGE stands for the image's name. The address of a request, which containerd 1.7 adds, is left out. */
  readonly message: string;
  readonly causes: readonly PullCause[];
  /** The pod also names a Secret that does not exist. */
  readonly nosuch?: true;
};

const secret = (type: string, login: object) => ({
  type,
  stringData: { ".dockerconfigjson": JSON.stringify({ auths: { [server]: login } }) },
});
const pullSecret = (password: string) => secret("kubernetes.io/dockerconfigjson", { username: "failing", password });
const resolving = 'failed to pull and unpack image "IMAGE": failed to resolve reference "IMAGE": ';
const anonymous = `${resolving}failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized`;
const refused = `${resolving}failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized`;
const denied = `${resolving}pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`;

const cases: readonly Case[] = [
  { when: "the pod has no Secret", message: anonymous, causes: ["no-login"] },
  { when: "the password is wrong", secrets: () => [pullSecret("wrong")], message: refused, causes: ["refused"] },
  { when: "the Secret does not exist", nosuch: true, message: anonymous, causes: ["no-login"] },
  {
    when: "the Secret has another type",
    secrets: (password) => [secret("Opaque", { username: "failing", password })],
    message: anonymous,
    causes: ["no-login"],
  },
  {
    when: "the repository is out of the token's scope",
    secrets: (password) => [pullSecret(password)],
    image: `${server}/other`,
    message: denied,
    causes: ["out-of-scope"],
  },
  {
    when: "the tag does not exist",
    secrets: (password) => [pullSecret(password)],
    message: `rpc error: code = NotFound desc = ${resolving}IMAGE: not found`,
    causes: ["not-found"],
  },
  {
    when: "two logins fail in different ways",
    secrets: (password) => [pullSecret("wrong"), pullSecret(password)],
    image: `${server}/other`,
    message: `[${refused}, ${denied}]`,
    causes: ["refused", "out-of-scope"],
  },
  {
    when: "two logins fail in the same way",
    secrets: () => [pullSecret("wrong"), pullSecret("wrong too")],
    message: refused,
    causes: ["refused"],
  },
  {
    when: "one Secret is malformed",
    secrets: (password) => [pullSecret(password), secret("kubernetes.io/dockerconfigjson", { auth: "!" })],
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

type Event = { readonly reason: string; readonly message: string; readonly involvedObject: { readonly uid: string } };
let pods: readonly Pod[] = [];
let events: readonly Event[] = [];

beforeAll(async () => {
  const password = await reachWorld(inject("world")).addToken("failing", ["app"]);
  await create([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }]);
  await create(
    cases.flatMap(({ secrets = () => [] }, index) =>
      secrets(password).map((made, at) => ({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { namespace, name: `${nameOf(index)}-${at}` },
        ...made,
      })),
    ),
  );
  await create(cases.map((one, index) => podOf(one, index)));
  await look();
  // A kubelet may see a pod before the API server lets it read the pod's Secrets. It then pulls without them. Such a pod is recreated.
  for (let round = 0; round < 5; round++) {
    const early = cases.flatMap((one, index) => (!one.nosuch && missingOf(index).length > 0 ? [{ one, index }] : []));
    if (early.length === 0) break;
    await kubectl(["delete", "pod", "-n", namespace, "--now", ...early.map(({ index }) => nameOf(index))]);
    await create(early.map(({ one, index }) => podOf(one, index)));
    await look();
  }
}, 120_000);

/** Waits until every pod has a waiting reason, and reads the pods and their events. */
async function look(): Promise<void> {
  do {
    await sleep(500);
    pods = (await getJson<{ items: Pod[] }>("pods", "-n", namespace)).items;
  } while (!pods.every((pod) => readWaiting(waitingOf(pod)).length > 0));
  await sleep(1000); // events appear shortly after the status to which they belong
  events = (await getJson<{ items: Event[] }>("events", "-n", namespace)).items;
}

/** Returns the missing Secrets in the events of a case's pod. Ignores events of an earlier pod with the same name. */
function missingOf(index: number) {
  const uid = pods.find(({ metadata }) => metadata.name === nameOf(index))?.metadata.uid;
  const missing = events.filter(({ reason, involvedObject }) => reason === "FailedToRetrieveImagePullSecret" && involvedObject.uid === uid);
  return missing.map(({ message }) => /^Unable to retrieve some image pull secrets \(([^)]*)\)/.exec(message)?.[1]);
}

test.for(cases.map((one, index) => ({ ...one, index })))("parses the kubelet's message when $when", (one) => {
  const name = nameOf(one.index);
  const pod = pods.find(({ metadata }) => metadata.name === name);
  const waiting = pod ? waitingOf(pod) : {};
  const plain = (waiting.message ?? "")
    .replace(/^Back-off pulling image "[^"]*": ErrImagePull: /, "")
    .replaceAll(imageOf(one), "IMAGE")
    .replaceAll(/ from \w+ request to \S+(?=: )/g, "");

  expect(plain).toBe(one.message);
  expect(readWaiting(waiting).map(({ cause }) => cause)).toEqual(one.causes);

  expect(missingOf(one.index)).toEqual(one.nosuch ? ["nosuch"] : []);
});

function waitingOf({ status }: Pod): { reason?: string; message?: string } {
  return status?.containerStatuses?.[0]?.state?.waiting ?? {};
}

const nameOf = (index: number) => `case-${index}`;
const imageOf = ({ image = `${server}/app` }: Case) => `${image}:1`;

function podOf(one: Case, index: number): object {
  const name = nameOf(index);
  const names = (one.secrets?.("") ?? []).map((_, at) => `${name}-${at}`);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name },
    spec: {
      imagePullSecrets: [...names, ...(one.nosuch ? ["nosuch"] : [])].map((secretName) => ({ name: secretName })),
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "app", image: imageOf(one), ...(one.policy && { imagePullPolicy: one.policy }) }],
    },
  };
}
