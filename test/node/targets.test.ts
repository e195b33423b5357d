import { expect, inject, test } from "vitest";
import type { Pod } from "../../src/objects.ts";
import { create, getJson, kubectl } from "../support/kubectl.ts";
import { reachWorld } from "../support/node-world.ts";
import { takesAll } from "../support/sampled.ts";
import { until } from "../support/until.ts";

const world = reachWorld(inject("world"));
const server = "myregistry.azurecr.io";
const labels = { app: "web" };

/** Creates a namespace with a Secret `acr` that no list names yet, and the image that it can pull. */
async function prepare(namespace: string): Promise<string> {
  const image = `${server}/app:${namespace}`;
  const [password] = await Promise.all([
    world.addToken(namespace, ["app", "init"]),
    world.push(image, "waits"),
    world.push(`${server}/init:${namespace}`, "ends"),
  ]);
  await create([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }]);
  const login = [`--docker-server=${server}`, `--docker-username=${namespace}`, `--docker-password=${password}`];
  await kubectl(["create", "secret", "docker-registry", "acr", "-n", namespace, ...login]);
  await kubectl(["wait", "--for=create", "serviceaccount/default", "-n", namespace, "--timeout=20s"]);
  return image;
}

const template = (image: string, more: object = {}) => ({
  metadata: { labels },
  spec: {
    terminationGracePeriodSeconds: 0,
    initContainers: [{ name: "init", image: image.replace("/app:", "/init:") }],
    containers: [{ name: "app", image }],
    ...more,
  },
});
const apps =
  (kind: string, more: object = {}) =>
  (image: string) => ({
    apiVersion: "apps/v1",
    kind,
    spec: { selector: { matchLabels: labels }, template: template(image), ...more },
  });

const pods = async (namespace: string) => (await getJson<{ items: Pod[] }>("pods", "-n", namespace)).items;
const failing = ({ status }: Pod) =>
  [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].some(({ state }) =>
    ["ErrImagePull", "ImagePullBackOff"].includes(state?.waiting?.reason ?? ""),
  );
const ready = ({ status }: Pod) => (status?.conditions ?? []).some(({ type, status: holds }) => type === "Ready" && holds === "True");

test.for<{ kind: string; object: (image: string) => object; target?: string }>([
  { kind: "serviceaccount", object: apps("Deployment"), target: "sa/default" },
  { kind: "deployment", object: apps("Deployment") },
  { kind: "statefulset", object: apps("StatefulSet", { serviceName: "web" }) },
  { kind: "daemonset", object: apps("DaemonSet") },
  { kind: "replicaset", object: apps("ReplicaSet") },
  {
    kind: "replicationcontroller",
    object: (image) => ({ apiVersion: "v1", kind: "ReplicationController", spec: { selector: labels, template: template(image) } }),
  },
])(
  "starts the pods of a $kind that could not pull before attach",
  { concurrent: true, timeout: 120_000 } as const,
  async ({ kind, object, target = `${kind}/web` }) => {
    const namespace = `target-${kind}`;
    const image = await prepare(namespace);
    await create([{ ...object(image), metadata: { name: "web", namespace } }]);
    await until(async () => (await pods(namespace)).some(failing), 40);

    await kubectl(["acr-secret", "attach", "acr", target, "-n", namespace]);

    await until(async () => {
      const found = await pods(namespace);
      return found.length === 1 && found.every(ready);
    }, 60);
    expect((await pods(namespace)).map(({ spec }) => spec.imagePullSecrets)).toEqual([[{ name: "acr" }]]);
  },
);

// It waits for two runs, one per minute.
if (takesAll)
  test("pulls in the next run of a CronJob after attach", { concurrent: true, timeout: 150_000 } as const, async () => {
    const namespace = "target-cronjob";
    const image = await prepare(namespace);
    const jobTemplate = { spec: { template: template(image, { restartPolicy: "Never" }) } };
    const spec = { schedule: "* * * * *", concurrencyPolicy: "Replace", jobTemplate };
    await create([{ apiVersion: "batch/v1", kind: "CronJob", metadata: { name: "web", namespace }, spec }]);
    await until(async () => (await pods(namespace)).some(failing), 90);

    await kubectl(["acr-secret", "attach", "acr", "cronjob/web", "-n", namespace]);

    await until(async () => (await pods(namespace)).some(ready), 90);
  });

test("recreates a waiting pod, which then runs", { concurrent: true, timeout: 120_000 } as const, async () => {
  const namespace = "target-pod";
  const image = await prepare(namespace);
  await create([{ apiVersion: "v1", kind: "Pod", ...template(image), metadata: { name: "web", namespace } }]);
  await until(async () => (await pods(namespace)).some(failing), 40);

  const printed = await kubectl(["acr-secret", "attach", "acr", "pod/web", "-n", namespace, "--recreate"]);

  expect(printed).toBe("pod/web replaced\n");
  await until(async () => {
    const found = await pods(namespace);
    return found.length === 1 && found.every(ready);
  }, 60);
  expect((await pods(namespace)).map(({ spec }) => spec.imagePullSecrets)).toEqual([[{ name: "acr" }]]);
});
