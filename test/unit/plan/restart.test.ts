import { expect, test } from "vitest";
import { nameOf } from "../../../src/kinds.ts";
import { type PullingPod, planRestarts, type RestartOptions } from "../../../src/plan/restart.ts";

type Attached = Parameters<typeof planRestarts>[0][number];

const account = { kind: "serviceaccount", namespace: "demo", name: "default" } as const;
const accounts: readonly Attached[] = [{ to: account, names: ["theirs", "acr"] }];
const pod = (more: Partial<PullingPod>): PullingPod => ({
  to: { kind: "pod", namespace: "demo", name: "web-1" },
  uid: "u1",
  account: "default",
  repositories: ["app/web"],
  names: ["theirs"],
  waits: "image",
  fails: true,
  owner: { kind: "ReplicaSet", name: "web" },
  ...more,
});

/** Returns a pod that no controller would recreate. */
const bare = (more: Partial<PullingPod>): PullingPod => {
  const { owner: _, ...without } = pod(more);
  return without;
};

const planned = (pods: readonly PullingPod[], mayPull: (repository: string) => boolean = (repository) => repository === "app/web") =>
  planRestarts(accounts, pods, { secret: "acr", restart: "stuck", mayPull });

test.for<{ why: string; pod: PullingPod; restarts: number; told: (string | RegExp)[] }>([
  { why: "made before the attach, and made anew by its controller", pod: pod({}), restarts: 1, told: [] },
  { why: "of a StatefulSet", pod: pod({ owner: { kind: "StatefulSet", name: "web" } }), restarts: 1, told: [] },
  { why: "of a DaemonSet", pod: pod({ owner: { kind: "DaemonSet", name: "web" } }), restarts: 1, told: [] },
  { why: "of a ReplicationController", pod: pod({ owner: { kind: "ReplicationController", name: "web" } }), restarts: 1, told: [] },
  { why: "made after it", pod: pod({ names: ["theirs", "acr"] }), restarts: 0, told: [] },
  {
    why: "nobody would make it anew",
    pod: bare({}),
    restarts: 0,
    told: [/ and has no controller, so it must be recreated$/],
  },
  {
    why: "a Job counts a deleted pod as failed",
    pod: pod({ owner: { kind: "Job", name: "web" } }),
    restarts: 0,
    told: [/ and belongs to a Job, which counts a deleted pod as failed, so the Job must be recreated$/],
  },
  {
    why: "a controller that nobody knows",
    pod: pod({ owner: { kind: "Rollout", name: "web" } }),
    restarts: 0,
    told: [/belongs to a Rollout/],
  },
  {
    why: "it waits for a node, where it may well pull later",
    pod: pod({ waits: "node" }),
    restarts: 0,
    told: [/and waits for a node; if its pull fails there, delete it$/],
  },
  {
    why: "it does not wait for an image",
    pod: pod({ waits: "other" }),
    restarts: 0,
    told: [/and does not wait for an image; if a later pull fails, delete it$/],
  },
  {
    why: "its template may list its own, which would come back",
    pod: pod({ names: ["own"] }),
    restarts: 0,
    told: [
      /^pod\/web-1 has other imagePullSecrets than serviceaccount\/default; add acr to its template, or delete the pod if its template lists none$/,
    ],
  },
  { why: "of a ServiceAccount that is not attached", pod: pod({ account: "other", fails: false }), restarts: 0, told: [] },
  { why: "waits for what the Secret may not pull", pod: pod({ repositories: ["base/nginx"] }), restarts: 0, told: [/base\/nginx/] },
  {
    why: "one image may be pulled, the other not",
    pod: pod({ repositories: ["app/web", "base/nginx"] }),
    restarts: 1,
    told: [/base\/nginx/],
  },
  {
    why: "carries the Secret, which may not pull what it waits for",
    pod: pod({ names: ["theirs", "acr"], repositories: ["base/nginx"] }),
    restarts: 0,
    told: [/base\/nginx/],
  },
])("$why", ({ pod, restarts, told }) => {
  const changes = planned([pod]);

  expect(changes).toHaveLength(restarts + told.length);
  expect(changes.filter(({ act }) => act === "restart")).toHaveLength(restarts);
  expect(changes.flatMap((change) => (change.act === "warn" ? change.message : []))).toEqual(
    told.map((text) => expect.stringMatching(text)),
  );
});

test("what the Secret may not pull is told with the flags that add it", () => {
  const told = planned([pod({ repositories: ["app/web", "base/nginx", "base/redis"] })], (repository) => repository.startsWith("app/"));

  expect(told.filter(({ act }) => act === "warn")).toMatchObject([
    {
      message:
        "pod/web-1 waits for base/nginx and base/redis, which secret/acr cannot pull; add --repository base/nginx --repository base/redis",
    },
  ]);
});

test.for<{ why: string; pods: PullingPod[]; told: string[] }>([
  {
    why: "two of one, and one of another",
    pods: [pod({ account: "app" }), pod({ account: "app" }), pod({ account: "batch" })],
    told: [
      "pod/web-1 (and 1 more) cannot pull an image and uses serviceaccount/app; add --serviceaccount app",
      "pod/web-1 cannot pull an image and uses serviceaccount/batch; add --serviceaccount batch",
    ],
  },
  {
    why: "the Secret would help with one of its images",
    pods: [pod({ account: "app", repositories: ["app/api", "app/web"] })],
    told: ["pod/web-1 cannot pull an image and uses serviceaccount/app; add --serviceaccount app"],
  },
  { why: "it has the Secret", pods: [pod({ account: "app", names: ["acr"] })], told: [] },
  { why: "its node has not tried yet", pods: [pod({ account: "app", fails: false })], told: [] },
  { why: "the Secret would not help", pods: [pod({ account: "app", repositories: ["app/api"] })], told: [] },
  { why: "it waits for something else", pods: [pod({ account: "app", waits: "node" })], told: [] },
])("a pod of a ServiceAccount that is not named is told, and stays: $why", ({ pods, told }) => {
  expect(planned(pods)).toEqual(told.map((message) => ({ act: "warn", to: pod({}).to, message })));
});

test("where no ServiceAccount is named, none is missed", () => {
  expect(planRestarts([], [pod({ account: "app" })], { secret: "acr", restart: "stuck", mayPull: () => true })).toEqual([]);
});

test("a restart needs its ServiceAccount to be attached, and so does what is told of a pod", () => {
  expect(planned([pod({}), bare({})]).map(({ act, needs }) => [act, needs])).toEqual([
    ["restart", account],
    ["warn", account],
  ]);
});

test("what is done comes before what is left to do", () => {
  const pods = [pod({ owner: { kind: "Job", name: "web" } }), pod({}), bare({}), pod({ owner: { kind: "DaemonSet", name: "web" } })];

  expect(planned(pods).map(({ act }) => act)).toEqual(["restart", "restart", "warn", "warn"]);
});

test("the pod that is meant is the one that was looked at, and why it goes is said", () => {
  expect(planned([pod({})])).toEqual([
    {
      act: "restart",
      needs: account,
      to: { kind: "pod", namespace: "demo", name: "web-1" },
      uid: "u1",
      because: "created before acr was added to serviceaccount/default",
    },
  ]);
});

const hash = { owner: { kind: "ReplicaSet", name: "web-5d" }, above: { kind: "Deployment", name: "web" } };
const deployment = { kind: "deployment.apps", namespace: "demo", name: "web" } as const;

/** Formats each step as a line. */
const steps = (targets: readonly Attached[], pods: readonly PullingPod[], restart: RestartOptions) =>
  planRestarts(targets, pods, { secret: "acr", restart, mayPull: (repository) => repository === "app/web" }).map(
    ({ act, to, needs }) => `${act} ${nameOf(to)}${[needs ?? []].flat().map((ref) => ` needs ${nameOf(ref)}`)}`,
  );

test.for<{
  why: string;
  targets?: readonly Attached[];
  pods: PullingPod[];
  restart: RestartOptions;
  steps: string[];
}>([
  { why: "one that runs stays", pods: [pod({ waits: "nothing", ...hash })], restart: "stuck", steps: [] },
  {
    why: "all: its Deployment rolls it out",
    pods: [pod({ waits: "nothing", ...hash })],
    restart: "all",
    steps: ["restart deployment.apps/web needs serviceaccount/default"],
  },
  {
    why: "all: once for all of its pods, and those that are stuck come with it",
    pods: [pod({ waits: "nothing", ...hash }), pod({ ...hash })],
    restart: "all",
    steps: ["restart deployment.apps/web needs serviceaccount/default"],
  },
  {
    why: "all: a StatefulSet waits for its stuck pod, which goes too",
    pods: [pod({ owner: { kind: "StatefulSet", name: "db" } })],
    restart: "all",
    steps: ["restart statefulset.apps/db needs serviceaccount/default", "restart pod/web-1 needs serviceaccount/default"],
  },
  { why: "all: it has the Secret already", pods: [pod({ waits: "nothing", names: ["acr"], ...hash })], restart: "all", steps: [] },
  { why: "all: its template lists its own", pods: [pod({ waits: "nothing", names: ["own"], ...hash })], restart: "all", steps: [] },
  { why: "all: the Secret would not help", pods: [pod({ waits: "nothing", repositories: ["x"], ...hash })], restart: "all", steps: [] },
  { why: "all: nothing rolls out a pod of its own", pods: [bare({ waits: "nothing" })], restart: "all", steps: [] },
  {
    why: "all: a ReplicaSet rolls nothing out",
    pods: [pod({ waits: "nothing", owner: { kind: "ReplicaSet", name: "web" } })],
    restart: "all",
    steps: [],
  },
  { why: "none: it is only told", pods: [pod({})], restart: "none", steps: ["warn pod/web-1 needs serviceaccount/default"] },
  {
    why: "of a Deployment that is a target: the change itself rolls it out",
    targets: [{ to: deployment, names: ["acr"] }],
    pods: [pod({ ...hash, names: [] })],
    restart: "stuck",
    steps: [],
  },
  {
    why: "of a Deployment that is a target, and so is its ServiceAccount",
    targets: [...accounts, { to: deployment, names: ["acr"] }],
    pods: [pod({ ...hash })],
    restart: "stuck",
    steps: [],
  },
  {
    why: "of a StatefulSet that is a target: it waits for its stuck pod",
    targets: [{ to: { kind: "statefulset.apps", namespace: "demo", name: "db" }, names: ["own", "acr"] }],
    pods: [pod({ owner: { kind: "StatefulSet", name: "db" }, names: [] })],
    restart: "stuck",
    steps: ["restart pod/web-1 needs statefulset.apps/db"],
  },
  {
    why: "of a ReplicaSet that is a target: it rolls nothing out",
    targets: [{ to: { kind: "replicaset.apps", namespace: "demo", name: "web" }, names: ["acr"] }],
    pods: [pod({ owner: { kind: "ReplicaSet", name: "web" }, names: [] })],
    restart: "stuck",
    steps: ["restart pod/web-1 needs replicaset.apps/web"],
  },
])("$why", ({ targets = accounts, pods, restart, steps: wanted }) => {
  expect(steps(targets, pods, restart)).toEqual(wanted);
});

test("who wants nothing restarted is told the command, for the pod's own cluster", () => {
  const there = pod({ to: { kind: "pod", context: "prod", namespace: "demo", name: "web-1" } });
  expect(planRestarts(accounts, [there], { secret: "acr", restart: "none", mayPull: () => true })).toMatchObject([
    {
      message: "pod/web-1 was created before acr was added to serviceaccount/default, so it must be recreated",
      fix: { kubectl: "delete pod", args: ["web-1"], namespace: "demo", context: "prod" },
    },
  ]);
});

test.for<{ why: string; pods: PullingPod[]; renewed?: boolean; told: string[] }>([
  {
    why: "one, a moment after it was made",
    pods: [pod({ names: ["acr"], retries: 26 })],
    told: ["pod/web-1 already lists secret/acr; the kubelet retries within 26 seconds"],
  },
  {
    why: "several, by the one that waits longest",
    pods: [pod({ names: ["acr"], retries: 26 }), pod({ names: ["acr"], retries: 316 })],
    told: ["pod/web-1 (and 1 more) already list secret/acr; the kubelet retries within 6 minutes"],
  },
  { why: "a Secret that stays as it is changes nothing", pods: [pod({ names: ["acr"] })], renewed: false, told: [] },
  { why: "its node has not failed yet", pods: [pod({ names: ["acr"], fails: false })], told: [] },
  { why: "it waits for something else", pods: [pod({ names: ["acr"], waits: "other" })], told: [] },
  { why: "the Secret may not pull all of it", pods: [pod({ names: ["acr"], repositories: ["app/web", "app/api"] })], told: [] },
])("a pod that names a Secret which is written recovers alone: $why", ({ pods, renewed = true, told }) => {
  const order = { secret: "acr", restart: "stuck", renewed, mayPull: (repository: string) => repository === "app/web" } as const;

  expect(planRestarts([], pods, order)).toEqual(told.map((message) => ({ act: "warn", to: pod({}).to, message, isInfo: true })));
});

test.for([
  { why: "a pod without a controller", owner: undefined, target: "pod/web-1" },
  { why: "a Job", owner: { kind: "Job", name: "report" }, target: "job/report" },
  { why: "not what is unknown", owner: { kind: "Workflow", name: "w" }, target: undefined },
])("what has to be made anew is told with the command that does it: $why", ({ owner, target }) => {
  const [change] = planned([owner ? pod({ owner }) : bare({})]);
  const fix = target && { verb: "attach", secret: "acr", targets: [target], recreate: true };
  expect(change).toMatchObject({ act: "warn", ...(fix && { fix }) });
  expect(change?.act === "warn" && change.fix !== undefined).toBe(fix !== undefined);
});
