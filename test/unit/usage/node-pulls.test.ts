import { describe, expect, test } from "vitest";
import type { PodPull } from "../../../src/check/pull-pod.ts";
import { CliError, Interrupted } from "../../../src/errors.ts";
import { formatCommand } from "../../../src/hint.ts";
import { openInterruption } from "../../../src/interruption.ts";
import type { NodeAnswer } from "../../../src/kubelet/message.ts";
import type { Pod } from "../../../src/objects.ts";
import { openNodePulls } from "../../../src/usage/node-pulls.ts";
import { type Asked, losing, openAsking, refusing } from "../../support/fakes/asked.ts";
import { fakeCluster, namespace, stuckPod } from "../../support/fakes/cluster.ts";
import { killing } from "../../support/fakes/killing.ts";

const web: PodPull = {
  namespace: "demo",
  image: "myregistry.azurecr.io/app/web:1",
  account: "default",
  names: ["acr"],
  placement: undefined,
  near: undefined,
};

const waiting = (reason: string, message = ""): Pod["status"] => ({
  phase: "Pending",
  containerStatuses: [{ name: "pull", state: { waiting: { reason, message } } }],
});
const pulls = waiting("RunContainerError");
const withoutLogin = waiting("ErrImagePull", "failed to fetch anonymous token: unexpected status: 401 Unauthorized");

/** A cluster in memory whose node gives a pod its status once the time of the status is reached. */
function setting(statuses: Readonly<Record<number, Pod["status"]>> = { 1000: pulls }) {
  const asking = openAsking();
  const cluster = fakeCluster(asking);
  cluster.put(namespace("demo"));
  const start = Date.parse("2026-01-01T00:00:00Z");
  let time = start;
  cluster.about.now = () => time;
  const warnings: string[] = [];
  const pods = () => cluster.all("pod");

  function tick(milliseconds: number): void {
    time += milliseconds;
    const [, status] = Object.entries(statuses).findLast(([at]) => time - start >= Number(at)) ?? [];
    for (const pod of pods().filter(({ metadata }) => metadata.name.startsWith("acr-secret-check-")))
      if (status) cluster.put({ ...pod, spec: { ...pod.spec, nodeName: "n1" }, status });
  }

  /** Opens the pulls of one run. @param ahead milliseconds by which the clock of its machine is ahead */
  function open(ahead = 0) {
    const interruption = openInterruption();
    const port = cluster.open({ kube: { forward: [], requestTimeout: 0 }, interruption });
    const nodePulls = openNodePulls(port, undefined, {
      now: () => new Date(time + ahead),
      sleep: async (milliseconds) => {
        if (interruption.signal().aborted) throw new Interrupted();
        tick(milliseconds);
      },
      interrupted: () => interruption.interrupted,
      uninterrupted: interruption.uninterrupted,
      warn: (text, fix) => void warnings.push(`${text}: ${formatCommand(fix)}`.replace(/[0-9a-f]{16}/g, "ID")),
    });
    const pull = (hasLogin = false): Promise<NodeAnswer> => nodePulls.pull(web, hasLogin);
    return { interruption, nodePulls, pull };
  }

  return { asking, cluster, warnings, pods, tick, open, elapsed: () => time - start };
}

const isCall =
  (call: string) =>
  ({ call: asked, at, dryRun }: Asked): boolean =>
    asked === call && at.startsWith("pod demo/") && !dryRun;
const withoutNames = (calls: readonly string[]) => calls.map((call) => call.replace(/[0-9a-f]{16}/g, "ID"));
const lost = () => new CliError("unreachable", "Unable to connect to the server: EOF");

test("returns the answer of the node and deletes the pod", async () => {
  const { asking, pods, open } = setting();

  expect(await open().pull()).toEqual({ node: "n1", failures: [] });
  expect(pods()).toEqual([]);
  expect(withoutNames(asking.all)).toEqual([
    "delete pod demo/acr-secret-check-ID (dry run)",
    "list pod demo",
    "create pod demo/acr-secret-check-ID",
    "get pod demo/acr-secret-check-ID",
    "get pod demo/acr-secret-check-ID",
    "get pod demo/acr-secret-check-ID",
    "delete pod demo/acr-secret-check-ID",
  ]);
});

test("prepares a namespace once for many images", async () => {
  const { asking, open } = setting();
  const { pull } = open();
  await Promise.all([pull(), pull(), pull()]);

  expect(asking.all.filter((call) => call.startsWith("list"))).toHaveLength(1);
  expect(asking.writes).toHaveLength(6);
});

describe("cleans up", () => {
  test("deletes the pod when reading it is forbidden", async () => {
    const { asking, pods, open } = setting();
    asking.around(refusing(isCall("get"), () => new CliError("forbidden", "Error from server (Forbidden): no")));

    await expect(open().pull()).rejects.toMatchObject({
      kind: "forbidden",
      hint: "--from-cluster requires the rights to create, delete, get and list pods",
    });
    expect(pods()).toEqual([]);
  });

  test("deletes the pod when its creation has no response", async () => {
    const { asking, pods, open } = setting();
    asking.around(losing(isCall("create"), lost));

    expect(await open().pull()).toEqual({ node: "n1", failures: [] });
    expect(pods()).toEqual([]);
  });

  test("deletes the pod when its deletion has no response", async () => {
    const { asking, pods, warnings, open } = setting();
    asking.around(losing(isCall("delete"), lost));

    expect(await open().pull()).toEqual({ node: "n1", failures: [] });
    expect({ pods: pods(), warnings }).toEqual({ pods: [], warnings: [] });
  });

  test.for(["create", "get", "delete"])("deletes the pod after Ctrl-C during %s", async (call) => {
    const { asking, pods, warnings, open } = setting();
    const { interruption, pull, nodePulls } = open();
    asking.around(async (asked, next) => {
      if (isCall(call)(asked)) interruption.interrupt();
      return next();
    });

    await pull().catch((error: unknown) => expect(error).toBeInstanceOf(Interrupted));
    await nodePulls.close();
    expect({ pods: pods(), warnings }).toEqual({ pods: [], warnings: [] });
  });

  test("deletes the pod after Ctrl-C when its creation has no response", async () => {
    const { asking, pods, warnings, open } = setting();
    const { interruption, pull } = open();
    asking.around(losing(isCall("create"), () => new Interrupted()));
    asking.around(async (asked, next) => {
      if (isCall("create")(asked)) interruption.interrupt();
      return next();
    });

    await expect(pull()).rejects.toBeInstanceOf(Interrupted);
    expect({ pods: pods(), warnings }).toEqual({ pods: [], warnings: [] });
  });

  test("deletes every pod before close returns when the caller has stopped waiting", async () => {
    const { asking, pods, open } = setting();
    const { interruption, pull, nodePulls } = open();
    const answers = [pull(), pull(), pull()].map((answer) => answer.catch(() => undefined));
    await expect.poll(() => asking.writes.length).toBeGreaterThan(1);
    interruption.interrupt();
    await nodePulls.close();

    expect(pods()).toEqual([]);
    await Promise.all(answers);
  });
});

test("creates no pod after Ctrl-C", async () => {
  const { asking, open } = setting();
  const { interruption, pull } = open();
  interruption.interrupt();

  await expect(pull()).rejects.toBeInstanceOf(Interrupted);
  expect(asking.writes).toEqual([]);
});

test("names the pod in a command when it can't be deleted", async () => {
  const { asking, warnings, open } = setting();
  asking.around(refusing(isCall("delete"), () => new CliError("forbidden", "Error from server (Forbidden): no")));

  expect(await open().pull()).toEqual({ node: "n1", failures: [] });
  expect(warnings).toEqual(["pod/acr-secret-check-ID could not be deleted: kubectl delete pod -n demo acr-secret-check-ID"]);
});

test("reports a pod that another user deletes", async () => {
  const { asking, cluster, open } = setting();
  asking.around(async (asked, next) => {
    const answer = await next();
    if (isCall("create")(asked)) cluster.remove("pod", "demo", asked.at.slice("pod demo/".length));
    return answer;
  });

  expect(await open().pull()).toEqual({
    unproven: expect.stringMatching(/^pod\/acr-secret-check-\S+ was deleted before its node answered$/),
  });
});

const server = (kind: "forbidden" | "invalid" | "unreachable" | "notFound", message: string) => new CliError(kind, message);
const forbidden = 'Error from server (Forbidden): pods "x" is forbidden: ';

test.for([
  {
    when: "PodSecurity rejects the pod",
    error: server("forbidden", `${forbidden}violates PodSecurity "restricted:latest"`),
    unproven: 'the API server rejected the pod: pods "x" is forbidden: violates PodSecurity "restricted:latest"',
  },
  {
    when: "a quota is used up",
    error: server("forbidden", `${forbidden}exceeded quota: q, requested: pods=1`),
    unproven: 'the API server rejected the pod: pods "x" is forbidden: exceeded quota: q, requested: pods=1',
  },
  {
    when: "a webhook rejects the pod in several lines",
    error: server("invalid", 'Error from server (BadRequest): admission webhook "w" denied the request:\n\n  no'),
    unproven: 'the API server rejected the pod: admission webhook "w" denied the request: no',
  },
  {
    when: "a field is invalid",
    error: server("invalid", 'The Pod "x" is invalid: spec: no'),
    unproven: 'the API server rejected the pod: The Pod "x" is invalid: spec: no',
  },
  {
    when: "a webhook can't be called",
    error: server("unreachable", 'Error from server (InternalError): failed calling webhook "w"'),
    unproven: 'the API server rejected the pod: failed calling webhook "w"',
  },
])("returns the API server's words when $when", async ({ error, unproven }) => {
  const { asking, pods, open } = setting();
  asking.around(refusing(isCall("create"), () => error));

  expect(await open().pull()).toEqual({ unproven });
  expect(pods()).toEqual([]);
});

test.for([
  {
    when: "the right to create pods is missing",
    error: server("forbidden", `${forbidden}User "u" cannot create resource "pods" in API group ""`),
  },
  { when: "the namespace doesn't exist", error: server("notFound", 'Error from server (NotFound): namespaces "demo" not found') },
  { when: "the API server can't be reached", error: lost() },
])("fails when $when", async ({ error }) => {
  const { asking, open } = setting();
  asking.around(refusing(isCall("create"), () => error));

  await expect(open().pull()).rejects.toMatchObject({ kind: error.kind, message: error.message });
});

test("creates no pod when the right to delete it is missing", async () => {
  const { asking, open } = setting();
  asking.around(
    refusing(
      ({ call }) => call === "delete",
      () => new CliError("forbidden", `${forbidden}User "u" cannot delete resource "pods"`),
    ),
  );

  await expect(open().pull()).rejects.toMatchObject({ kind: "forbidden", hint: expect.stringContaining("delete") });
  expect(asking.writes).toEqual([]);
});

test.for([
  {
    when: "the scheduler finds no node",
    statuses: { 1000: { conditions: [{ type: "PodScheduled", status: "False", message: "0/3 nodes are available" }] } },
    hasLogin: false,
    answer: { unproven: "no node runs the pod: 0/3 nodes are available" },
    after: 30_000,
  },
  { when: "no node has answered", statuses: {}, hasLogin: false, answer: { unproven: "no node runs the pod after 120 s" }, after: 120_000 },
  { when: "the pod has no login", statuses: { 500: withoutLogin }, hasLogin: false, answer: { cause: "no-login" }, after: 500 },
  {
    when: "the kubelet has read the Secret too late",
    statuses: { 500: withoutLogin, 12000: pulls },
    hasLogin: true,
    answer: "pulled",
    after: 12_000,
  },
  {
    when: "the kubelet never uses the login",
    statuses: { 500: withoutLogin },
    hasLogin: true,
    answer: { cause: "no-login" },
    after: 25_000,
  },
])("waits until the answer is final when $when", async ({ statuses, hasLogin, answer, after }) => {
  const { pods, open, elapsed } = setting(statuses);
  const found = await open().pull(hasLogin);

  expect("failures" in found ? (found.failures[0] ?? "pulled") : found).toEqual(
    typeof answer === "string" ? answer : expect.objectContaining(answer),
  );
  expect({ after: elapsed(), pods: pods() }).toEqual({ after, pods: [] });
});

describe("a killed run", () => {
  const calls = Array.from({ length: 7 }, (_, index) => [
    { at: index + 1, after: false },
    { at: index + 1, after: true },
  ]).flat();

  test.for(calls)("leaves a pod that the next run deletes after its deadline (call $at, applied: $after)", async ({ at, after }) => {
    const { asking, pods, tick, open } = setting();
    const kill = killing(at, after);
    const revive = asking.around(kill);
    void open().pull();
    await kill.killed;
    revive();
    const left = pods().length;

    await open().pull();
    expect(pods()).toHaveLength(left);
    tick(151_000);
    await open().pull();
    expect(pods()).toEqual([]);
  });
});

test("keeps the pod of another run when the clock of its machine is ahead", async () => {
  const { asking, pods, open } = setting();
  const kill = killing(3, true);
  const revive = asking.around(kill);
  void open().pull();
  await kill.killed;
  revive();
  expect(pods()).toHaveLength(1);

  await open(600_000).pull();

  expect(pods()).toHaveLength(1);
});

test("keeps a pod that only has the labels", async () => {
  const { cluster, pods, open } = setting();
  const { metadata, ...pod } = stuckPod("demo", "acr-secret-check-0123456789abcdef", web.image, { owner: "" });
  const labels = { "app.kubernetes.io/managed-by": "kubectl-acr-secret", "acr-secret/purpose": "pull-check" };
  const annotations = { "acr-secret/expires-at": "2020-01-01T00:00:00Z" };
  cluster.put({ ...pod, metadata: { ...metadata, labels, annotations } });
  await open().pull();

  expect(pods()).toHaveLength(1);
});
