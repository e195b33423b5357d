import { expect, inject, test } from "vitest";
import { create, kubectl } from "../support/kubectl.ts";
import { reachWorld } from "../support/node-world.ts";
import { sampled } from "../support/sampled.ts";

const world = reachWorld(inject("world"));
const server = "myregistry.azurecr.io";

/** Creates a namespace with a Secret `acr` that can pull the repositories app and init, and with new tags of their images. */
async function prepare(namespace: string): Promise<{ app: string; init: string; job: string }> {
  const images = { app: `${server}/app:${namespace}`, init: `${server}/init:${namespace}`, job: `${server}/job:${namespace}` };
  const [password] = await Promise.all([
    world.addToken(namespace, ["app", "init", "job"]),
    world.push(images.app, "waits"),
    world.push(images.init, "ends"),
    world.push(images.job, "ends"),
  ]);
  await create([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }]);
  const login = [`--docker-server=${server}`, `--docker-username=${namespace}`, `--docker-password=${password}`];
  await kubectl(["create", "secret", "docker-registry", "acr", "-n", namespace, ...login]);
  return images;
}

/** A pod gets its ServiceAccount's list when it is created, so this must run first. */
async function attach(namespace: string): Promise<void> {
  await kubectl(["wait", "--for=create", "serviceaccount/default", "-n", namespace, "--timeout=20s"]);
  await kubectl(["patch", "serviceaccount", "default", "-n", namespace, "-p", '{"imagePullSecrets":[{"name":"acr"}]}']);
}

const labels = { app: "web" };
const ownSecret = [{ name: "acr" }];
const meta = (namespace: string) => ({ namespace, name: "web" });

function podSpec({ app, init }: { app: string; init: string }) {
  return {
    terminationGracePeriodSeconds: 0,
    initContainers: [{ name: "init", image: init }],
    containers: [{ name: "app", image: app }],
  };
}

const workload = (kind: string) => (namespace: string, images: { app: string; init: string }) => ({
  apiVersion: "apps/v1",
  kind,
  metadata: meta(namespace),
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: podSpec(images) },
    ...(kind === "StatefulSet" && { serviceName: "web" }),
  },
});

const pod = (own: object) => (namespace: string, images: { app: string; init: string }) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { ...meta(namespace), labels },
  spec: { ...podSpec(images), ...own },
});

/** A workload that runs to its end, with an init container. */
const job = ({ job: image, init }: { job: string; init: string }) => ({
  template: {
    metadata: { labels },
    spec: { ...podSpec({ app: image, init }), restartPolicy: "Never" },
  },
});

const accounts = "serviceaccount";
const pods = "pod";

const rows = [
  { through: "a Pod, by its ServiceAccount", by: accounts, object: pod({}), is: "condition=Ready" },
  { through: "a Pod, by its own imagePullSecrets", by: pods, object: pod({ imagePullSecrets: ownSecret }), is: "condition=Ready" },
  { through: "a Deployment", by: accounts, object: workload("Deployment"), is: "condition=Ready" },
  { through: "a StatefulSet", by: accounts, object: workload("StatefulSet"), is: "condition=Ready" },
  { through: "a DaemonSet", by: accounts, object: workload("DaemonSet"), is: "condition=Ready" },
  {
    through: "a Job",
    by: accounts,
    object: (namespace: string, images: { job: string; init: string }) => ({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: meta(namespace),
      spec: job(images),
    }),
    is: "jsonpath={.status.phase}=Succeeded",
  },
  {
    through: "a CronJob, at its time",
    by: accounts,
    object: (namespace: string, images: { job: string; init: string }) => ({
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: meta(namespace),
      spec: { schedule: "* * * * *", jobTemplate: { spec: job(images) } },
    }),
    is: "jsonpath={.status.phase}=Succeeded",
  },
];

// A CronJob runs only in the next minute.
test.for(sampled(rows, ({ through }) => !through.startsWith("a CronJob")))(
  "$through pulls, its init container too",
  { concurrent: true, timeout: 120_000 } as const,
  async ({ through, by, object, is }) => {
    const namespace = `pulls-${through.replace(/\W+/g, "-").toLowerCase()}`;
    const images = await prepare(namespace);
    if (by === accounts) await attach(namespace);

    await create([object(namespace, images)]);
    await kubectl(["wait", "--for=create", "pod", "-l", "app=web", "-n", namespace, "--timeout=90s"]);
    await kubectl(["wait", `--for=${is}`, "pod", "-l", "app=web", "-n", namespace, "--timeout=30s"]);

    const granted = (await world.dataPlane()).filter(({ user, verdict }) => user === namespace && verdict === "found");
    expect(new Set(granted.map(({ repository }) => repository))).toEqual(new Set(["init", is.includes("Ready") ? "app" : "job"]));
  },
);
