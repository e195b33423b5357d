import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { create, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { until } from "../../support/until.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const labels = { app: "web" };
const spec = (tag: string, more: object = {}) => ({
  serviceAccountName: "app",
  nodeSelector: { nowhere: "true" },
  containers: [{ name: "app", image: `myregistry.azurecr.io/app/web:${tag}` }],
  ...more,
});
const template = (tag: string, more?: object) => ({ metadata: { labels }, spec: spec(tag, more) });
const selected = (tag: string, more: object = {}) => ({ selector: { matchLabels: labels }, template: template(tag), ...more });
const never = { restartPolicy: "Never" };
const withVolume = { volumes: [{ name: "model", image: { reference: "myregistry.azurecr.io/app/web:volume" } }] };

/** An object of each kind that has no pods. The image's tag is the kind's name. */
const idle = [
  { apiVersion: "apps/v1", kind: "Deployment", spec: selected("deployment", { replicas: 0 }) },
  { apiVersion: "apps/v1", kind: "StatefulSet", spec: selected("statefulset", { replicas: 0, serviceName: "web" }) },
  { apiVersion: "apps/v1", kind: "DaemonSet", spec: selected("daemonset") },
  { apiVersion: "apps/v1", kind: "ReplicaSet", spec: selected("replicaset", { replicas: 0 }) },
  { apiVersion: "v1", kind: "ReplicationController", spec: { replicas: 0, template: template("replicationcontroller") } },
  {
    apiVersion: "batch/v1",
    kind: "CronJob",
    spec: { schedule: "0 0 1 1 *", suspend: true, jobTemplate: { spec: { template: template("cronjob", never) } } },
  },
  { apiVersion: "batch/v1", kind: "Job", spec: { suspend: true, template: template("job", never) } },
  { apiVersion: "v1", kind: "PodTemplate", template: template("podtemplate") },
];

const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "debug", labels: { app: "debug" } }, spec: spec("pod", withVolume) };
const tags = [...idle.map(({ kind }) => kind.toLowerCase()), "pod", "volume"];

let namespace = "";
beforeAll(async () => {
  for (const tag of tags) await shell.azure.push(`myregistry.azurecr.io/app/web:${tag}`);
  namespace = await newNamespace([], (work) => afterAll(work));
  const metadata = { name: "web", namespace, labels: { team: "shop" } };
  await create([...idle.map((object) => ({ ...object, metadata })), { ...pod, metadata: { ...pod.metadata, namespace } }]);
  await until(async () => (await kubectl(["get", "pods", "-n", namespace])).includes("debug"));
});

/** Returns the rows as `TAG OWNER PODS`, sorted. */
async function rowsOf(): Promise<string[]> {
  const { stdout } = await shell.type(`kubectl acr-secret check -n ${namespace} -o json`);
  type Item = { image: string; owners: { kind: string; name: string }[]; pods: string[] };
  const { items } = JSON.parse(stdout) as { items: Item[] };
  return items
    .map(({ image, owners, pods }) => `${image.split(":")[1]} ${owners.map(({ kind, name }) => `${kind}/${name}`)} ${pods.length}`)
    .sort();
}

const kindRows = idle.map(({ kind }) => kind.toLowerCase()).map((kind) => `${kind} ${kind}/web 0`);
const podRows = ["pod pod/debug 1", "volume pod/debug 1"];

test("checks a template of each kind without pods, and image volumes", async () => {
  expect(await rowsOf()).toEqual([...kindRows, ...podRows].sort());
});

test("checks what the user may list, and names the other kinds once", async () => {
  const user = await userWith([
    { apiGroups: [""], resources: ["pods", "serviceaccounts"], verbs: ["list"] },
    { apiGroups: [""], resources: ["secrets"], verbs: ["get"] },
    { apiGroups: ["batch"], resources: ["cronjobs"], verbs: ["list"] },
  ]);

  const { stdout, stderr } = await shell.type(`kubectl acr-secret check -n ${namespace} --as ${user} --no-headers`);

  expect(stdout.match(/^\S+:(cronjob|pod|volume) {2,}/gm)).toHaveLength(3);
  expect(stderr).toMatch(/^Warning: cannot list deployments\.apps, .* and jobs\.batch: .*\n3 images: 3 fail\n$/m);
});

test("writes nothing to the cluster", async () => {
  const user = await userWith([{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
  const changes = async () =>
    (await readFile(inject("auditLog"), "utf8")).split("\n").filter((line) => line.includes(`"username":"${user}"`));

  for (const words of ["", "deployment/web", "--new-node --strict", "--image myregistry.azurecr.io/app/web:pod --serviceaccount app"])
    expect(await shell.type(`kubectl acr-secret check ${words} -n ${namespace} --as ${user}`)).toMatchObject({ code: 1 });
  await kubectl(["label", "serviceaccount", "app", "checked=true", "-n", namespace, "--as", user]);
  await until(async () => (await changes()).length > 0);

  const events: readonly { readonly verb: string; readonly requestURI: string }[] = (await changes()).map((line) => JSON.parse(line));
  // A new pod is only a dry run
  expect(events.flatMap(({ verb, requestURI }) => (requestURI.includes("dryRun=All") ? [] : verb))).toEqual(["patch"]);
});

/** Creates a user with these rights in the namespace. */
async function userWith(rules: readonly object[]): Promise<string> {
  const name = `check-${randomBytes(4).toString("hex")}`;
  const [apiVersion, apiGroup] = ["rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io"];
  const metadata = { name, namespace };
  await create([
    { apiVersion, kind: "Role", metadata, rules },
    { apiVersion, kind: "RoleBinding", metadata, subjects: [{ kind: "User", name, apiGroup }], roleRef: { apiGroup, kind: "Role", name } },
  ]);
  return name;
}
