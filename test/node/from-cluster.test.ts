import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { pullPodSelector } from "../../src/check/pull-pod.ts";
import { openCluster } from "../../src/kube/cluster.ts";
import { readWaiting } from "../../src/kubelet/message.ts";
import type { Pod } from "../../src/objects.ts";
import { run } from "../support/in-process.ts";
import { create, getJson, kubectl } from "../support/kubectl.ts";
import { reachWorld } from "../support/node-world.ts";
import { type FailingPull, failingLogin, failingPulls, secretOfType } from "../support/situations/failing-pulls.ts";
import { until } from "../support/until.ts";

const namespace = "from-cluster";
const server = "myregistry.azurecr.io";
const image = `${server}/app:2`;

type Situation = Omit<FailingPull, "message" | "causes"> & { readonly causes?: FailingPull["causes"]; readonly pulls?: true };

const auths = (password: string, key: string) => ({ auths: { [key]: { username: "failing", password } } });
const secretFor = (key: string) => (password: string) => [
  { type: "kubernetes.io/dockerconfigjson", stringData: { ".dockerconfigjson": JSON.stringify(auths(password, key)) } },
];

/** The pulls that fail in other tests, and pulls of an image that the node has: with a login, and without a matching one. */
const situations: readonly (Situation & { readonly tag?: string })[] = [
  ...failingPulls.filter(({ policy }) => policy === undefined),
  ...[
    { when: "the login is right", secrets: (password: string) => [failingLogin(password)], pulls: true as const },
    {
      when: "the second login is right",
      secrets: (password: string) => [failingLogin("wrong"), failingLogin(password)],
      pulls: true as const,
    },
    { when: "the key has a scheme and a path", secrets: secretFor(`https://${server}/v2/`), pulls: true as const },
    { when: "the key names the repository", secrets: secretFor(`${server}/app`), pulls: true as const },
    {
      when: "another Secret does not exist",
      secrets: (password: string) => [failingLogin(password)],
      nosuch: true as const,
      pulls: true as const,
    },
    {
      when: "another Secret has another type",
      secrets: (password: string) => [secretOfType("Opaque", { username: "failing", password }), failingLogin(password)],
      pulls: true as const,
    },
    {
      when: "the Secret has the old type",
      secrets: (password: string) => [
        { type: "kubernetes.io/dockercfg", stringData: { ".dockercfg": JSON.stringify(auths(password, server).auths) } },
      ],
      pulls: true as const,
    },
    { when: "the image is cached and the pod has no Secret" },
    { when: "the image is cached and the key is for another host", secrets: secretFor("other.azurecr.io") },
    { when: "the image is cached and the key has capitals", secrets: secretFor("MyRegistry.azurecr.io") },
    { when: "the image is cached and the key has a port", secrets: secretFor(`${server}:443`) },
  ].map((one) => ({ ...one, tag: "2" })),
];

type Item = { readonly serviceAccount: string; readonly cause: string; readonly proof: string; readonly message?: string };
let items: readonly Item[] = [];
let truth: ReadonlyMap<string, Pod> = new Map();

const accountOf = (index: number) => `case-${index}`;
const checkPods = async () => (await getJson<{ items: Pod[] }>("pods", "-n", namespace, "-l", pullPodSelector)).items;

beforeAll(async () => {
  const world = reachWorld(inject("world"));
  const [password] = await Promise.all([world.addToken("failing", ["app"]), world.push(image, "waits")]);
  // PodSecurity rejects pods that don't meet its strictest standard
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await create([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } }]);
  await create(situations.flatMap((one, index) => objectsOf(one, index, password)));
  await create(situations.map(podOf));
  const read = async () => (await getJson<{ items: Pod[] }>("pods", "-n", namespace, "-l", "truth")).items;
  await until(async () => (await read()).every(isSettled), 90);
  const { stdout } = await acrSecret("check", "-n", namespace, "--from-cluster", "-o", "json");
  items = JSON.parse(stdout).items;
  truth = new Map((await read()).map((pod) => [pod.metadata.name, pod]));
}, 180_000);

function objectsOf({ secrets = () => [], nosuch }: Situation, index: number, password: string): object[] {
  const made = secrets(password).map((secret, at) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace, name: `${accountOf(index)}-${at}` },
    ...secret,
  }));
  const names = [...made.map(({ metadata }) => metadata.name), ...(nosuch ? ["nosuch"] : [])];
  const account = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { namespace, name: accountOf(index) },
    imagePullSecrets: names.map((name) => ({ name })),
  };
  return [...made, account];
}

function podOf({ image: repository = `${server}/app`, tag = "1" }: (typeof situations)[number], index: number): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name: accountOf(index), labels: { truth: "" } },
    spec: {
      serviceAccountName: accountOf(index),
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "app",
          image: `${repository}:${tag}`,
          imagePullPolicy: "Always",
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  };
}

/** The causes that a kubelet reports for its pod; none while it pulls. */
function causesOf({ status }: Pod): string[] {
  const [container] = status?.containerStatuses ?? [];
  if (container?.imageID) return ["pulls"];
  return readWaiting(container?.state?.waiting ?? {}).map(({ cause }) => cause);
}

/** Whether a kubelet has pulled or failed. If it did not know the pod's Secrets yet, it tries again with them. */
function isSettled(pod: Pod): boolean {
  const { causes, pulls } = situations.find((_, index) => accountOf(index) === pod.metadata.name) ?? {};
  const needsLogin = pulls ?? (causes && !causes.includes("no-login"));
  const found = causesOf(pod);
  return found.length > 0 && !(needsLogin && found.includes("no-login"));
}

type Ended = { readonly stdout: string; readonly stderr: string; readonly code: number | null };

const start = (...args: readonly string[]): ChildProcess =>
  spawn("kubectl", ["acr-secret", ...args], { stdio: ["ignore", "pipe", "pipe"] });

async function acrSecret(...args: readonly string[]): Promise<Ended> {
  const child = start(...args);
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      printed[name] += text;
    });
  const [code] = await once(child, "close");
  return { ...printed, code };
}

describe("check --from-cluster", () => {
  test.for(situations.map((one, index) => ({ ...one, account: accountOf(index) })))(
    "agrees with the kubelet when $when",
    ({ account, pulls }) => {
      const item = items.find(({ serviceAccount }) => serviceAccount === account);
      const pod = truth.get(account);

      expect(pod && causesOf(pod)).toContain(item?.cause);
      expect(item).toMatchObject(
        pulls ? { cause: "pulls", proof: "cluster" } : { proof: item?.cause === "invalid-image" ? "registry" : "cluster" },
      );
    },
  );
});

test("deletes every pod", async () => {
  expect(items).toHaveLength(situations.length);
  expect(await checkPods()).toEqual([]);
});

const named = ["check", "-n", namespace, "--image", image, "--serviceaccount", accountOf(11), "--from-cluster"];

test("pulls on the named node", async () => {
  const { stdout, code } = await acrSecret(...named, "--node", "sandbox", "-o", "json");

  expect({ item: JSON.parse(stdout).items[0], code }).toMatchObject({ item: { cause: "pulls", proof: "cluster" }, code: 0 });
});

test("reports a quota that rejects the pod", async () => {
  const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { namespace, name: "none" }, spec: { hard: { pods: "0" } } };
  await create([quota]);
  onTestFinished(async () => void (await kubectl(["delete", "resourcequota", "none", "-n", namespace])));
  await until(async () => (await kubectl(["get", "resourcequota", "none", "-n", namespace, "-o", "jsonpath={.status.hard.pods}"])) === "0");
  const { stdout, code } = await acrSecret(...named, "-o", "json");

  expect({ item: JSON.parse(stdout).items[0], code }).toMatchObject({
    item: {
      cause: "not-checked",
      proof: "registry",
      message: expect.stringContaining("exceeded quota: none"),
      notes: ["from this machine: ready"],
    },
    code: 1,
  });
});

describe("checks as a user with few rights", () => {
  /** Runs the check as a user with these rights to pods, who may also read Secrets and ServiceAccounts. */
  async function as(user: string, verbs: readonly string[]): Promise<Ended> {
    const role = (name: string, resource: string, of: readonly string[]) =>
      kubectl(["create", "role", name, "-n", namespace, `--verb=${of.join(",")}`, `--resource=${resource}`]);
    await Promise.all([role(`${user}-pods`, "pods", verbs), role(`${user}-reads`, "secrets,serviceaccounts", ["get"])]);
    for (const name of [`${user}-pods`, `${user}-reads`])
      await kubectl(["create", "rolebinding", name, "-n", namespace, `--role=${name}`, `--user=${user}`]);
    return acrSecret(...named, "--as", user);
  }

  test("proves a pull with the rights of docs/rbac.md", async () => {
    expect(await as("checker", ["create", "delete", "get", "list"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/ready$/m) });
  });

  test.for(["create", "delete", "get", "list"])("leaves no pod without the right to %s", async (missing) => {
    const { code, stderr } = await as(
      `no-${missing}`,
      ["create", "delete", "get", "list"].filter((verb) => verb !== missing),
    );

    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(`cannot ${missing} resource "pods"`) });
    expect(stderr).toContain("hint: --from-cluster requires the rights to create, delete, get and list pods\n");
    expect(await checkPods()).toEqual([]);
  });
});

describe("cleans up", () => {
  /** Starts a check of a pod that no node can run. */
  async function startWaiting(): Promise<ChildProcess> {
    const child = start(...named, "--node", "nosuch");
    await until(async () => (await checkPods()).length === 1);
    return child;
  }

  test("deletes its pod after Ctrl-C", async () => {
    const child = await startWaiting();
    child.kill("SIGINT");
    const [code] = await once(child, "close");

    expect({ code, pods: await checkPods() }).toEqual({ code: 130, pods: [] });
  });

  test("leaves its pod to the next run after SIGKILL", async () => {
    const child = await startWaiting();
    child.kill("SIGKILL");
    await once(child, "close");
    const next = (later: number) =>
      run(named, {
        cluster: ({ kube, interruption }) => {
          const cluster = openCluster({
            kube,
            env: process.env,
            trace: () => {},
            signal: interruption.signal,
            stdin: "ignore",
            stderr: { write: () => {} },
            userAgent: "kubectl-acr-secret/test",
            now: () => new Date(),
            sleep: (milliseconds: number) => sleep(milliseconds),
            onWarning: () => {},
          });
          return { ...cluster, now: () => cluster.now() + later };
        },
        registry: { prove: async () => ({ verdict: "pulls", message: "" }) },
        sleep: (milliseconds: number) => sleep(milliseconds),
        now: () => new Date(Date.now() + later),
      });

    // Another run may still wait for it
    expect(await next(0)).toMatchObject({ code: 0 });
    expect(await checkPods()).toHaveLength(1);
    expect(await next(160_000)).toMatchObject({ code: 0 });
    expect(await checkPods()).toEqual([]);
  });
});
