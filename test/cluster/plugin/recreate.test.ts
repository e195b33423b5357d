import { mkdtemp, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import type { Pod } from "../../../src/objects.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { ended, newNamespace, openShell } from "../../support/plugin.ts";
import { image, pod, rich } from "../../support/situations/rich-pod.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const folder = await mkdtemp(join(shell.folder, "recreate-"));
const savedFiles = () => readdir(folder);

async function newPlace(): Promise<string> {
  const namespace = await newNamespace();
  await create([pullSecret(namespace, "acr", { "myregistry.azurecr.io": { auth: Buffer.from("a:b").toString("base64") } })]);
  return namespace;
}

const attach = (namespace: string, more = "--recreate") =>
  shell.type(`kubectl acr-secret attach -n ${namespace} acr pod/p ${more}`, { cwd: folder });
const saved = (namespace: string) => `pod/p is saved in pod-${namespace}-p.json until it is recreated\n`;
const podIn = (namespace: string) => getJson<Pod>("pod", "p", "-n", namespace);

const setStatus = (namespace: string, status: object) =>
  kubectl(["patch", "pod/p", "-n", namespace, "--subresource=status", "--type=merge", "-p", JSON.stringify({ status })]);

const bind = (namespace: string) =>
  kubectl(
    ["create", "--raw", `/api/v1/namespaces/${namespace}/pods/p/binding`, "-f", "-"],
    JSON.stringify({
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: "p" },
      target: { apiVersion: "v1", kind: "Node", name: "node-a" },
    }),
  );

const waitingFor = (name: string) => ({
  name,
  image,
  imageID: "",
  ready: false,
  restartCount: 0,
  state: { waiting: { reason: "ImagePullBackOff" } },
});

/** Returns a pod without the fields that differ after each creation. */
function essence({ metadata, spec }: { metadata: object; spec: object }) {
  const { uid, resourceVersion, creationTimestamp, managedFields, generation, ...kept } = metadata as Record<string, unknown>;
  // The name of the token's volume differs each time.
  const text = JSON.stringify({ metadata: kept, spec }).replaceAll(/kube-api-access-\w+/g, "kube-api-access");
  return JSON.parse(uid === undefined ? text : text.replaceAll(String(uid), "UID"));
}

test("recreates a pod unchanged except for the Secret after its other names", async () => {
  const namespace = await newPlace();
  await kubectl(["apply", "-f", "-"], JSON.stringify(rich(namespace)));
  const before = await podIn(namespace);

  expect(await attach(namespace, "")).toEqual({
    stdout: "",
    stderr: expect.stringContaining(`kubectl acr-secret attach -n ${namespace} acr pod/p --recreate\n`),
    code: 1,
  });
  expect(await attach(namespace, "--recreate --dry-run=server")).toMatchObject({
    stdout: "pod/p replaced (server dry run)\n",
    stderr: "",
    code: 0,
  });
  expect((await podIn(namespace)).metadata.uid).toBe(before.metadata.uid);

  expect(await attach(namespace)).toEqual({ stdout: "pod/p replaced\n", stderr: saved(namespace), code: 0 });
  const after = await podIn(namespace);
  expect(after.metadata.uid).not.toBe(before.metadata.uid);
  const wanted = essence(before);
  expect(essence(after)).toEqual({ ...wanted, spec: { ...wanted.spec, imagePullSecrets: [{ name: "theirs" }, { name: "acr" }] } });
  expect(await savedFiles()).toEqual([]);

  expect(await attach(namespace)).toEqual({ stdout: "pod/p unchanged\n", stderr: "", code: 0 });
  expect(await shell.type(`kubectl acr-secret detach -n ${namespace} acr pod/p --recreate`, { cwd: folder })).toEqual({
    stdout: "pod/p replaced\n",
    stderr: saved(namespace),
    code: 0,
  });
  expect(essence(await podIn(namespace))).toEqual(wanted);
});

test.for([
  { why: "the scheduler selected", spec: {}, keeps: false },
  { why: "its manifest names", spec: { nodeName: "node-a" }, keeps: true },
])("keeps the node that $why: $keeps", async ({ spec, keeps }) => {
  const namespace = await newPlace();
  await create([pod(namespace, spec)]);
  if (!keeps) await bind(namespace);
  await setStatus(namespace, { phase: "Pending", containerStatuses: [waitingFor("web")] });

  expect(await attach(namespace)).toEqual({ stdout: "pod/p replaced\n", stderr: saved(namespace), code: 0 });
  const { spec: after } = await podIn(namespace);
  expect((after as { nodeName?: string }).nodeName).toBe(keeps ? "node-a" : undefined);
});

test.for([
  {
    why: "quota",
    forbid: async (namespace: string) => {
      await create([{ apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "full", namespace }, spec: { hard: { pods: "1" } } }]);
      await vi.waitFor(
        async () => expect(await kubectl(["get", "quota", "full", "-n", namespace, "-o", "jsonpath={.status.used.pods}"])).toBe("1"),
        {
          timeout: 20_000,
        },
      );
    },
    message: "exceeded quota",
  },
  {
    why: "PodSecurity",
    forbid: (namespace: string) => kubectl(["label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted"]),
    message: "violates PodSecurity",
  },
])("deletes nothing that $why forbids to recreate", { timeout: 40_000 }, async ({ forbid, message }) => {
  const namespace = await newPlace();
  await create([pod(namespace)]);
  await forbid(namespace);
  const before = await podIn(namespace);

  const { stdout, stderr, code } = await attach(namespace);
  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("rehearsal");
  expect(await podIn(namespace)).toEqual(before);
  expect(await savedFiles()).toEqual([]);
});

test("leaves a file that creates the pod as it was when the run is killed after the delete", { timeout: 60_000 }, async () => {
  const namespace = await newPlace();
  await create([
    pod(namespace, { terminationGracePeriodSeconds: 300, containers: [{ name: "web", image, env: [{ name: "A", value: "b" }] }] }),
  ]);
  await bind(namespace); // no kubelet confirms its deletion
  const before = await podIn(namespace);

  const child = shell.start("kubectl", ["acr-secret", "attach", "acr", "pod/p", "--recreate", "-n", namespace], { cwd: folder });
  const killed = ended(child);
  await vi.waitFor(async () => expect((await podIn(namespace)).metadata.deletionTimestamp).toBeDefined(), {
    timeout: 20_000,
    interval: 50,
  });
  child.kill("SIGKILL");
  expect(await killed).toMatchObject({ stderr: saved(namespace), code: null });
  const file = `pod-${namespace}-p.json`;
  expect(await savedFiles()).toEqual([file]);
  expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  await kubectl(["delete", "pod", "p", "-n", namespace, "--force", "--grace-period=0"]);

  expect(await attach(namespace)).toMatchObject({ stderr: expect.stringContaining('pods "p" not found'), code: 1 });
  expect(await shell.type(`kubectl create -f ${file} && rm ${file}`, { cwd: folder })).toMatchObject({ code: 0 });
  const wanted = essence(before);
  const { nodeName: _, ...spec } = wanted.spec;
  expect(essence(await podIn(namespace))).toEqual({ ...wanted, spec });
  expect(await attach(namespace)).toEqual({ stdout: "pod/p replaced\n", stderr: saved(namespace), code: 0 });
  expect(await savedFiles()).toEqual([]);
});

test("waits for a pod with a finalizer", async () => {
  const namespace = await newPlace();
  await create([pod(namespace, {}, { finalizers: ["example.com/hold"] })]);
  const { uid } = (await podIn(namespace)).metadata;
  const letGo = () => kubectl(["patch", "pod", "p", "-n", namespace, "--type=merge", "-p", '{"metadata":{"finalizers":null}}']);

  const run = attach(namespace);
  await vi.waitFor(async () => expect((await podIn(namespace)).metadata.deletionTimestamp).toBeDefined(), {
    timeout: 20_000,
    interval: 50,
  });
  await letGo();
  expect(await run).toEqual({ stdout: "pod/p replaced\n", stderr: saved(namespace), code: 0 });
  const { metadata } = await podIn(namespace);
  expect(metadata.uid).not.toBe(uid);
  expect(metadata.finalizers).toEqual(["example.com/hold"]);
  await letGo();
});
