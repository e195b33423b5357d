import { afterAll, expect, test } from "vitest";
import type { Pod, Secret } from "../../../src/objects.ts";
import { until, web } from "../../support/check-shell.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const command = (namespace: string, more = "") =>
  `kubectl acr-secret create -n ${namespace} --registry myregistry --repository app/web --serviceaccount app ${more}`;

const waits = (name: string) => ({ name, state: { waiting: { reason: "ImagePullBackOff", message: "401 Unauthorized" } } });
const runs = (name: string) => ({ name, state: { running: { startedAt: "2026-01-01T00:00:00Z" } } });

/** Its kubelet's words, since none runs here: a pod whose containers are so. */
const says = (statuses: readonly object[]) =>
  JSON.stringify({
    status: {
      phase: "Pending",
      containerStatuses: statuses.map((one) => ({ image: web, imageID: "", ready: false, restartCount: 0, ...one })),
    },
  });

const containers = (...names: string[]) => names.map((name) => ({ name, image: web }));
const pod = (...names: string[]) => ({
  metadata: { labels: { app: "web" } },
  spec: { serviceAccountName: "app", containers: containers(...names) },
});
const apps = (kind: string, spec: object, template: ReturnType<typeof pod>) => (namespace: string) => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name: "web", namespace },
  spec: { selector: { matchLabels: { app: "web" } }, template, ...spec },
});

/** The only pod of a namespace, once its controller has made it. */
async function onlyPod(namespace: string): Promise<Pod> {
  const pods = async () => (await getJson<{ items: Pod[] }>("pods", "-n", namespace)).items;
  await until(async () => (await pods()).length === 1);
  const [found] = await pods();
  if (!found) throw new Error("the pod has gone");
  return found;
}

test.for<{ why: string; object: (namespace: string) => object; statuses: object[]; told: RegExp; as?: string }>([
  {
    why: "a container of it runs",
    object: apps("StatefulSet", { serviceName: "web" }, pod("db", "exporter")),
    statuses: [runs("db"), waits("exporter")],
    told: /^Warning: pod\/web-0 was made before serviceaccount\/app carried acr-myregistry and does not wait for an image; if it cannot pull later:\n {2}kubectl delete pod -n \S+ web-0\n$/,
  },
  {
    why: "a Job would count it as failed, and be over",
    object: (namespace) => {
      const { metadata, spec } = pod("migrate");
      const template = { metadata, spec: { ...spec, restartPolicy: "Never" } };
      return { apiVersion: "batch/v1", kind: "Job", metadata: { name: "migrate", namespace }, spec: { backoffLimit: 0, template } };
    },
    statuses: [waits("migrate")],
    told: /^Warning: pod\/migrate-\S+ was made before .* and belongs to a Job, which would count a deleted pod as failed, so the Job has to be made anew:\n {2}kubectl acr-secret attach -n \S+ \S+ job\/migrate --recreate\n$/,
  },
  {
    why: "its ServiceAccount may not be written",
    object: apps("ReplicaSet", {}, pod("web")),
    statuses: [waits("web")],
    told: /^Error from server \(Forbidden\): serviceaccounts "app" is forbidden: /,
    as: "jane",
  },
])("a pod is left alone: $why", { timeout: 60_000 }, async ({ object, statuses, told, as }) => {
  const namespace = await newNamespace();
  await create([object(namespace)]);
  const { metadata } = await onlyPod(namespace);
  await kubectl(["patch", "pod", metadata.name, "-n", namespace, "--subresource=status", "--type=merge", "-p", says(statuses)]);
  if (as) await allowAllButServiceAccounts(namespace, as);

  const { stderr, code } = await shell.type(command(namespace, as && `--as ${as}`));

  expect(stderr).toMatch(told);
  expect(code).toBe(as ? 1 : 0);
  expect((await onlyPod(namespace)).metadata).toMatchObject({ uid: metadata.uid, name: metadata.name });
  expect((await onlyPod(namespace)).metadata.deletionTimestamp).toBeUndefined();
});

async function allowAllButServiceAccounts(namespace: string, name: string): Promise<void> {
  const metadata = { name, namespace };
  const rules = [
    { apiGroups: [""], resources: ["secrets", "pods", "pods/eviction", "namespaces"], verbs: ["*"] },
    { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["get", "list"] },
  ];
  const api = "rbac.authorization.k8s.io";
  await create([
    { apiVersion: `${api}/v1`, kind: "Role", metadata, rules },
    {
      apiVersion: `${api}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: api, kind: "Role", name },
      subjects: [{ apiGroup: api, kind: "User", name }],
    },
  ]);
}

test("a Secret is not deleted whose replacement the server would refuse", { timeout: 60_000 }, async () => {
  const namespace = await newNamespace();
  await kubectl(["create", "secret", "generic", "acr-myregistry", "--from-literal=color=blue", "-n", namespace]);
  const policy = { name: `no-pull-secrets-${namespace}` };
  const admission = "admissionregistration.k8s.io/v1";
  await create([
    {
      apiVersion: admission,
      kind: "ValidatingAdmissionPolicy",
      metadata: policy,
      spec: {
        matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["secrets"] }] },
        validations: [{ expression: "object.type != 'kubernetes.io/dockerconfigjson'", message: "no pull secrets here" }],
      },
    },
    {
      apiVersion: admission,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: policy,
      spec: {
        policyName: policy.name,
        validationActions: ["Deny"],
        matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
      },
    },
  ]);
  try {
    // The policy holds a moment after it was made
    const probe = ["create", "secret", "docker-registry", "probe", "--docker-username=u", "--docker-password=p", "--dry-run=server"];
    await until(async () =>
      kubectl([...probe, "-n", namespace]).then(
        () => false,
        () => true,
      ),
    );

    const { stdout, stderr, code } = await shell.type(command(namespace, "--force"));

    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toMatch(/no pull secrets here/);
    expect(await getJson<Secret>("secret", "acr-myregistry", "-n", namespace)).toMatchObject({
      type: "Opaque",
      data: { color: "Ymx1ZQ==" },
    });
    expect(shell.azure.world.registries.flatMap(({ tokens }) => tokens).filter(({ name }) => name.startsWith(namespace))).toEqual([]);
  } finally {
    await kubectl(["delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", policy.name]);
  }
});
