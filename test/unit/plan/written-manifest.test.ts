import { expect, test } from "vitest";
import type { Job, ManagedFields, Metadata, Pod } from "../../../src/objects.ts";
import { writtenManifest } from "../../../src/plan/written-manifest.ts";
import { jobOf, podOf } from "../../support/situations/pods.ts";

/** Returns the manifest as a request contains it. */
const manifest = (object: Pod | Job, names?: readonly string[]) =>
  JSON.parse(JSON.stringify(object.kind === "Pod" ? writtenManifest("pod", object, names) : writtenManifest("job.batch", object, names)));

const managed = (fieldsV1: object, subresource?: string): ManagedFields => ({
  manager: "m",
  operation: "Update",
  fieldsV1,
  ...(subresource && { subresource }),
});
const bare = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "demo" } };
const containers = [{ name: "web", image: "myregistry.azurecr.io/app/web:1" }];

test("the list is the new one, or the old", () => {
  const pod = podOf({ spec: { imagePullSecrets: [{ name: "a" }, {}] } });
  expect(manifest(pod).spec.imagePullSecrets).toEqual([{ name: "a" }, { name: "" }]);
  expect(manifest(pod, ["a", "acr"])).toEqual({ ...bare, spec: { containers, imagePullSecrets: [{ name: "a" }, { name: "acr" }] } });
  expect(manifest(pod, [])).toEqual({ ...bare, spec: { containers } });
});

test.for<{ why: string; metadata: Partial<Metadata>; kept: object }>([
  {
    why: "what the server writes",
    metadata: {
      uid: "u",
      resourceVersion: "7",
      creationTimestamp: "2026-01-01T00:00:00Z",
      managedFields: [],
      deletionTimestamp: "2026-01-01T00:00:00Z",
      deletionGracePeriodSeconds: 30,
      ...{ generation: 3, selfLink: "/x" },
    },
    kept: {},
  },
  {
    why: "not what its author wrote",
    metadata: { labels: { "job-name": "p", "controller-uid": "uid-p" }, annotations: { note: "mine" }, ...{ generateName: "p-" } },
    kept: { labels: { "job-name": "p", "controller-uid": "uid-p" }, annotations: { note: "mine" }, generateName: "p-" },
  },
  {
    why: "the finalizers of a deletion",
    metadata: { finalizers: ["orphan", "example.com/hold", "foregroundDeletion"] },
    kept: { finalizers: ["example.com/hold"] },
  },
  {
    why: "owners that are no controllers stay",
    metadata: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "c", uid: "u" }] },
    kept: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "c", uid: "u" }] },
  },
  {
    why: "what a network plugin has noted",
    metadata: {
      annotations: { "cni.example.com/ip": "10.0.0.7", note: "mine", both: "1" },
      managedFields: [
        managed({ "f:metadata": { "f:annotations": { "f:cni.example.com/ip": {}, "f:both": {} } } }, "status"),
        managed({ "f:metadata": { "f:annotations": { "f:note": {}, "f:both": {} } } }),
      ],
    },
    kept: { annotations: { note: "mine", both: "1" } },
  },
])("metadata goes: $why", ({ metadata, kept }) => {
  expect(manifest(podOf({ metadata })).metadata).toEqual({ name: "p", namespace: "demo", ...kept });
});

test("what admission works out of other fields goes, and so does a status", () => {
  const spec = {
    priority: 7,
    priorityClassName: "high",
    preemptionPolicy: "Never",
    overhead: {},
    serviceAccount: "web",
    serviceAccountName: "web",
    ephemeralContainers: [{ name: "debug" }],
    enableServiceLinks: true,
  };
  expect(manifest(podOf({ spec, status: { phase: "Pending" } }))).toEqual({
    ...bare,
    spec: { containers, priorityClassName: "high", serviceAccountName: "web", enableServiceLinks: true },
  });
});

const owned = (...paths: string[]) => [managed({ "f:spec": Object.fromEntries(paths.map((path) => [path, {}])) })];

test.for<{ why: string; managedFields?: ManagedFields[]; kept: boolean }>([
  { why: "nobody owns it: the scheduler's", managedFields: owned("f:containers"), kept: false },
  { why: "its author's", managedFields: owned("f:nodeName"), kept: true },
  { why: "nothing is known of owners", kept: false },
  { why: "a status owns nothing of the spec", managedFields: [managed({ "f:spec": { "f:nodeName": {} } }, "status")], kept: false },
])("the node stays or goes: $why", ({ managedFields, kept }) => {
  expect("nodeName" in manifest(podOf({ spec: { nodeName: "a" }, metadata: managedFields ? { managedFields } : {} })).spec).toBe(kept);
});

const unready = { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 };
const unreachable = { ...unready, key: "node.kubernetes.io/unreachable" };

test.for<{ why: string; tolerations: object[]; kept?: object[] }>([
  { why: "only what admission adds", tolerations: [unready, unreachable] },
  { why: "beside others", tolerations: [{ key: "gpu" }, unready], kept: [{ key: "gpu" }] },
  { why: "for longer", tolerations: [{ ...unready, tolerationSeconds: 600 }], kept: [{ ...unready, tolerationSeconds: 600 }] },
  { why: "of another effect", tolerations: [{ ...unready, effect: "NoSchedule" }], kept: [{ ...unready, effect: "NoSchedule" }] },
  { why: "of another operator", tolerations: [{ ...unready, operator: "Equal" }], kept: [{ ...unready, operator: "Equal" }] },
])("tolerations: $why", ({ tolerations, kept }) => {
  expect(manifest(podOf({ spec: { tolerations } })).spec.tolerations).toEqual(kept);
});

const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const token = { name: "kube-api-access-x1", projected: {} };
const mount = { name: token.name, mountPath: tokenPath };
const data = { name: "data", emptyDir: {} };

test.for<{ why: string; managedFields: ManagedFields[]; goes: boolean }>([
  { why: "nobody owns it: admission's", managedFields: owned("f:containers"), goes: true },
  { why: "its author's", managedFields: [managed({ "f:spec": { "f:volumes": { 'k:{"name":"kube-api-access-x1"}': {} } } })], goes: false },
  { why: "nothing is known of owners", managedFields: [], goes: false },
])("the volume with the token: $why", ({ managedFields, goes }) => {
  const web = { name: "web", volumeMounts: [{ name: "data", mountPath: "/data" }, mount] };
  const spec = { volumes: [data, token], containers: [web], initContainers: [{ name: "setup", volumeMounts: [mount] }] };
  const without = {
    volumes: [data],
    containers: [{ name: "web", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
    initContainers: [{ name: "setup" }],
  };
  expect(manifest(podOf({ spec, metadata: { managedFields } })).spec).toEqual(goes ? without : spec);
});

test.for([
  { why: "of another name", volume: { name: "data", projected: {} } },
  { why: "that is not projected", volume: { name: "kube-api-access-x1", emptyDir: {} } },
])("a volume $why stays", ({ volume }) => {
  const spec = { volumes: [volume], containers: [{ name: "web", volumeMounts: [{ name: volume.name, mountPath: tokenPath }] }] };
  expect(manifest(podOf({ spec, metadata: { managedFields: owned("f:containers") } })).spec).toEqual(spec);
});

const given = {
  "controller-uid": "uid-j",
  "batch.kubernetes.io/controller-uid": "uid-j",
  "job-name": "j",
  "batch.kubernetes.io/job-name": "j",
};
const selector = { matchLabels: { "batch.kubernetes.io/controller-uid": "uid-j" } };

test.for<{ why: string; labels?: object; template?: object; own?: object; templates?: object }>([
  { why: "none but the server's", template: given },
  {
    why: "those of the template, as the server gave them to the Job too",
    labels: { app: "r", ...given },
    template: { app: "r", ...given },
    templates: { app: "r" },
  },
  { why: "labels of its own", labels: { team: "a" }, template: { app: "r", ...given }, own: { team: "a" }, templates: { app: "r" } },
  { why: "the same, by its author", labels: { app: "r" }, template: { app: "r", ...given }, own: { app: "r" }, templates: { app: "r" } },
  {
    why: "one that came later",
    labels: { app: "r", ...given, team: "a" },
    template: { app: "r", ...given },
    own: { app: "r", team: "a" },
    templates: { app: "r" },
  },
  {
    why: "of another Job",
    template: { "job-name": "k", "controller-uid": "uid-k" },
    templates: { "job-name": "k", "controller-uid": "uid-k" },
  },
])("a Job's labels: $why", ({ labels, template, own, templates }) => {
  const job = manifest(jobOf({ metadata: { labels } as object, template: { labels: template } as object, selector }));
  expect(job.metadata).toEqual({ name: "j", namespace: "demo", ...(own && { labels: own }) });
  expect(job.spec.selector).toBeUndefined();
  expect(job.spec.template.metadata.labels).toEqual(templates);
});

test("a selector that its author chose stays, with its labels", () => {
  const job = jobOf({ manualSelector: true, selector, metadata: { labels: given }, template: { labels: given } });
  expect(manifest(job)).toMatchObject({
    metadata: { labels: given },
    spec: { manualSelector: true, selector, template: { metadata: { labels: given } } },
  });
});

test("a Job of an older server is not tracked anew by its note", () => {
  expect(
    manifest(jobOf({ metadata: { annotations: { "batch.kubernetes.io/job-tracking": "", note: "mine" } } })).metadata.annotations,
  ).toEqual({
    note: "mine",
  });
});
