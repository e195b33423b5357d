import { expect, test } from "vitest";
import { kubectl, plugin } from "../../../src/hint.ts";
import { nameOf, type Ref } from "../../../src/kinds.ts";
import { type RestartOptions, restartsOf } from "../../../src/targets/restart.ts";
import type { PullingPod } from "../../../src/usage/pods.ts";

type Attached = Parameters<typeof restartsOf>[0][number];

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
  restartsOf(accounts, pods, { secret: "acr", restart: "stuck", mayPull });

test.for<{ why: string; pod: PullingPod; restarts: number; expected: (string | RegExp)[] }>([
  { why: "created before the attach, and recreated by its controller", pod: pod({}), restarts: 1, expected: [] },
  { why: "created before its ServiceAccount had any Secret", pod: pod({ names: [] }), restarts: 1, expected: [] },
  { why: "of a StatefulSet", pod: pod({ owner: { kind: "StatefulSet", name: "web" } }), restarts: 1, expected: [] },
  { why: "of a DaemonSet", pod: pod({ owner: { kind: "DaemonSet", name: "web" } }), restarts: 1, expected: [] },
  { why: "of a ReplicationController", pod: pod({ owner: { kind: "ReplicationController", name: "web" } }), restarts: 1, expected: [] },
  { why: "created after it", pod: pod({ names: ["theirs", "acr"] }), restarts: 0, expected: [] },
  {
    why: "no controller recreates it",
    pod: bare({}),
    restarts: 0,
    expected: [/ and has no controller, so it must be recreated$/],
  },
  {
    why: "a Job counts a deleted pod as failed",
    pod: pod({ owner: { kind: "Job", name: "web" } }),
    restarts: 0,
    expected: [/ and belongs to a Job, which counts a deleted pod as failed; delete the Job and create it again$/],
  },
  {
    why: "its controller is of an unknown kind",
    pod: pod({ owner: { kind: "Rollout", name: "web" } }),
    restarts: 0,
    expected: [/belongs to a Rollout/],
  },
  {
    why: "it waits for a node and may pull later",
    pod: pod({ waits: "node" }),
    restarts: 0,
    expected: [/and waits for a node; if its pull fails there, delete it$/],
  },
  {
    why: "it does not wait for an image",
    pod: pod({ waits: "other" }),
    restarts: 0,
    expected: [/and does not wait for an image; if a later pull fails, delete it$/],
  },
  {
    why: "its template may have its own list",
    pod: pod({ names: ["own"] }),
    restarts: 0,
    expected: [
      /^pod\/web-1 has other imagePullSecrets than serviceaccount\/default, so it was not restarted; if its template lists them, add acr there, otherwise delete the pod$/,
    ],
  },
  {
    why: "its author wrote the same list",
    pod: pod({ own: true }),
    restarts: 0,
    expected: [/^pod\/web-1 has other imagePullSecrets than .*; add acr to its template$/],
  },
  { why: "of a ServiceAccount that is not attached", pod: pod({ account: "other", fails: false }), restarts: 0, expected: [] },
  {
    why: "waits for an image that the Secret cannot pull",
    pod: pod({ repositories: ["base/nginx"] }),
    restarts: 0,
    expected: [/base\/nginx/],
  },
  {
    why: "the Secret can pull only one of two images",
    pod: pod({ repositories: ["app/web", "base/nginx"] }),
    restarts: 1,
    expected: [/base\/nginx/],
  },
  {
    why: "has the Secret, which cannot pull its image",
    pod: pod({ names: ["theirs", "acr"], repositories: ["base/nginx"] }),
    restarts: 0,
    expected: [/base\/nginx/],
  },
])("decides about the restart of a pod: $why", ({ pod, restarts, expected }) => {
  const decided = planned([pod]);

  expect(decided.restarts).toHaveLength(restarts);
  expect(decided.warnings.map(({ message }) => message)).toEqual(expected.map((text) => expect.stringMatching(text)));
});

test("warns about images that the Secret cannot pull with the flags that add them", () => {
  const pods = [pod({ repositories: ["app/web", "base/nginx", "base/redis"] })];

  expect(planned(pods, (repository) => repository.startsWith("app/")).warnings).toMatchObject([
    {
      message: "pod/web-1 waits for base/nginx and base/redis, which secret/acr cannot pull; add --repository base/nginx,base/redis",
    },
  ]);
});

test.for<{ why: string; pods: PullingPod[]; expected: string[] }>([
  {
    why: "two of one, and one of another",
    pods: [pod({ account: "app" }), pod({ account: "app" }), pod({ account: "batch" })],
    expected: [
      "pod/web-1 (and 1 more) cannot pull an image and uses serviceaccount/app; add --serviceaccount app",
      "pod/web-1 cannot pull an image and uses serviceaccount/batch; add --serviceaccount batch",
    ],
  },
  {
    why: "the Secret can pull one of its images",
    pods: [pod({ account: "app", repositories: ["app/api", "app/web"] })],
    expected: ["pod/web-1 cannot pull an image and uses serviceaccount/app; add --serviceaccount app"],
  },
  { why: "it has the Secret", pods: [pod({ account: "app", names: ["acr"] })], expected: [] },
  { why: "its node has not tried yet", pods: [pod({ account: "app", fails: false })], expected: [] },
  { why: "the Secret cannot pull its images", pods: [pod({ account: "app", repositories: ["app/api"] })], expected: [] },
  { why: "it waits for something else", pods: [pod({ account: "app", waits: "node" })], expected: [] },
])("warns about a pod of another ServiceAccount and does not restart it: $why", ({ pods, expected }) => {
  expect(planned(pods)).toEqual({ restarts: [], warnings: expected.map((message) => ({ to: pod({}).to, message })) });
});

test("does not warn about other ServiceAccounts when no target is selected", () => {
  expect(restartsOf([], [pod({ account: "app" })], { secret: "acr", restart: "stuck", mayPull: () => true })).toEqual({
    restarts: [],
    warnings: [],
  });
});

test("makes a restart and a warning depend on the attach of the ServiceAccount", () => {
  expect(planned([pod({}), bare({})])).toMatchObject({ restarts: [{ needs: account }], warnings: [{ needs: account }] });
});

test("restarts exactly the pod that was read and says why", () => {
  expect(planned([pod({})]).restarts).toEqual([
    {
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
function steps(targets: readonly Attached[], pods: readonly PullingPod[], restart: RestartOptions): string[] {
  const order = { secret: "acr", restart, mayPull: (repository: string) => repository === "app/web" };
  const { restarts, warnings } = restartsOf(targets, pods, order);
  const text = ({ to, needs }: { readonly to: Ref; readonly needs?: Ref }) => `${nameOf(to)}${needs ? ` needs ${nameOf(needs)}` : ""}`;
  return [...restarts.map((one) => `restart ${text(one)}`), ...warnings.map((one) => `warn ${text(one)}`)];
}

test.for<{
  why: string;
  targets?: readonly Attached[];
  pods: PullingPod[];
  restart: RestartOptions;
  steps: string[];
}>([
  { why: "stuck: a running pod is kept", pods: [pod({ waits: "nothing", ...hash })], restart: "stuck", steps: [] },
  {
    why: "all: its Deployment rolls it out",
    pods: [pod({ waits: "nothing", ...hash })],
    restart: "all",
    steps: ["restart deployment.apps/web needs serviceaccount/default"],
  },
  {
    why: "all: one rollout for all of its pods, including stuck ones",
    pods: [pod({ waits: "nothing", ...hash }), pod({ ...hash })],
    restart: "all",
    steps: ["restart deployment.apps/web needs serviceaccount/default"],
  },
  {
    why: "all: a StatefulSet waits for its stuck pod, which is restarted too",
    pods: [pod({ owner: { kind: "StatefulSet", name: "db" } })],
    restart: "all",
    steps: ["restart statefulset.apps/db needs serviceaccount/default", "restart pod/web-1 needs serviceaccount/default"],
  },
  { why: "all: it has the Secret already", pods: [pod({ waits: "nothing", names: ["acr"], ...hash })], restart: "all", steps: [] },
  { why: "all: its template lists its own", pods: [pod({ waits: "nothing", names: ["own"], ...hash })], restart: "all", steps: [] },
  {
    why: "all: the Secret cannot pull its images",
    pods: [pod({ waits: "nothing", repositories: ["x"], ...hash })],
    restart: "all",
    steps: [],
  },
  { why: "all: a pod without a controller is not rolled out", pods: [bare({ waits: "nothing" })], restart: "all", steps: [] },
  {
    why: "all: a ReplicaSet does not roll out",
    pods: [pod({ waits: "nothing", owner: { kind: "ReplicaSet", name: "web" } })],
    restart: "all",
    steps: [],
  },
  { why: "none: only a warning", pods: [pod({})], restart: "none", steps: ["warn pod/web-1 needs serviceaccount/default"] },
  {
    why: "the change of its Deployment rolls it out",
    targets: [{ to: deployment, names: ["acr"] }],
    pods: [pod({ ...hash, names: [] })],
    restart: "stuck",
    steps: [],
  },
  {
    why: "the change of its Deployment rolls it out, and its ServiceAccount is a target too",
    targets: [...accounts, { to: deployment, names: ["acr"] }],
    pods: [pod({ ...hash })],
    restart: "stuck",
    steps: [],
  },
  {
    why: "the StatefulSet is a target and waits for its stuck pod",
    targets: [{ to: { kind: "statefulset.apps", namespace: "demo", name: "db" }, names: ["own", "acr"] }],
    pods: [pod({ owner: { kind: "StatefulSet", name: "db" }, names: [] })],
    restart: "stuck",
    steps: ["restart pod/web-1 needs statefulset.apps/db"],
  },
  {
    why: "the ReplicaSet is a target and does not roll out",
    targets: [{ to: { kind: "replicaset.apps", namespace: "demo", name: "web" }, names: ["acr"] }],
    pods: [pod({ owner: { kind: "ReplicaSet", name: "web" }, names: [] })],
    restart: "stuck",
    steps: ["restart pod/web-1 needs replicaset.apps/web"],
  },
])("plans restarts: $why", ({ targets = accounts, pods, restart, steps: wanted }) => {
  expect(steps(targets, pods, restart)).toEqual(wanted);
});

test("suggests the command that deletes the pod with --restart=none", () => {
  const there = pod({ to: { kind: "pod", namespace: "demo", name: "web-1" } });
  expect(restartsOf(accounts, [there], { secret: "acr", restart: "none", mayPull: () => true }).warnings).toMatchObject([
    {
      message: "pod/web-1 was created before acr was added to serviceaccount/default, so it must be recreated",
      fix: { ...kubectl("delete pod", "web-1"), namespace: "demo" },
    },
  ]);
});

test.for<{ why: string; pods: PullingPod[]; renewed?: boolean; expected: string[] }>([
  {
    why: "one young pod",
    pods: [pod({ names: ["acr"], retries: 26 })],
    expected: ["pod/web-1 already lists secret/acr; the kubelet retries within 26 seconds"],
  },
  {
    why: "several pods, with the longest retry",
    pods: [pod({ names: ["acr"], retries: 26 }), pod({ names: ["acr"], retries: 316 })],
    expected: ["pod/web-1 (and 1 more) already list secret/acr; the kubelet retries within 6 minutes"],
  },
  { why: "the Secret is unchanged", pods: [pod({ names: ["acr"] })], renewed: false, expected: [] },
  { why: "its node has not failed yet", pods: [pod({ names: ["acr"], fails: false })], expected: [] },
  { why: "it waits for something else", pods: [pod({ names: ["acr"], waits: "other" })], expected: [] },
  { why: "the Secret cannot pull all of its images", pods: [pod({ names: ["acr"], repositories: ["app/web", "app/api"] })], expected: [] },
])("reports pods that recover with the written Secret: $why", ({ pods, renewed = true, expected }) => {
  const order = { secret: "acr", restart: "stuck", renewed, mayPull: (repository: string) => repository === "app/web" } as const;

  expect(restartsOf([], pods, order).warnings).toEqual(expected.map((message) => ({ to: pod({}).to, message, isInfo: true })));
});

test.for([
  { why: "a pod without a controller", owner: undefined, target: "pod/web-1" },
  { why: "no command for a Job", owner: { kind: "Job", name: "report" }, target: undefined },
  { why: "no command for an unknown kind", owner: { kind: "Workflow", name: "w" }, target: undefined },
])("suggests the command that recreates an object: $why", ({ owner, target }) => {
  const { restarts, warnings } = planned([owner ? pod({ owner }) : bare({})]);
  const fix = target && plugin("attach", "acr", target, "--recreate");
  expect({ restarts, fixes: warnings.map((one) => one.fix) }).toEqual({ restarts: [], fixes: [fix] });
});
