import { expect, test } from "vitest";
import type { ManagedFields, Metadata, Pod } from "../../../src/objects.ts";
import { writtenManifest } from "../../../src/targets/written-manifest.ts";
import { podOf } from "../../support/situations/pods.ts";

/** Returns the manifest as a request contains it. */
const manifest = (pod: Pod, names?: readonly string[]) => JSON.parse(JSON.stringify(writtenManifest(pod, names)));

const managed = (fieldsV1: object, subresource?: string): ManagedFields => ({
  manager: "m",
  operation: "Update",
  fieldsV1,
  ...(subresource && { subresource }),
});
const bare = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "demo" } };
const containers = [{ name: "web", image: "myregistry.azurecr.io/app/web:1" }];

test("writes the given list or the current list", () => {
  const pod = podOf({ spec: { imagePullSecrets: [{ name: "a" }, {}] } });
  expect(manifest(pod).spec.imagePullSecrets).toEqual([{ name: "a" }, { name: "" }]);
  expect(manifest(pod, ["a", "acr"])).toEqual({ ...bare, spec: { containers, imagePullSecrets: [{ name: "a" }, { name: "acr" }] } });
  expect(manifest(pod, [])).toEqual({ ...bare, spec: { containers } });
});

test.for<{ why: string; metadata: Partial<Metadata>; kept: object }>([
  {
    why: "fields of the server are removed",
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
    why: "fields of the author are kept",
    metadata: { labels: { "job-name": "p", "controller-uid": "uid-p" }, annotations: { note: "mine" }, ...{ generateName: "p-" } },
    kept: { labels: { "job-name": "p", "controller-uid": "uid-p" }, annotations: { note: "mine" }, generateName: "p-" },
  },
  {
    why: "finalizers of a deletion are removed",
    metadata: { finalizers: ["orphan", "example.com/hold", "foregroundDeletion"] },
    kept: { finalizers: ["example.com/hold"] },
  },
  {
    why: "owners that are not controllers are kept",
    metadata: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "c", uid: "u" }] },
    kept: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "c", uid: "u" }] },
  },
  {
    why: "annotations of a network plugin are removed",
    metadata: {
      annotations: { "cni.example.com/ip": "10.0.0.7", note: "mine", both: "1" },
      managedFields: [
        managed({ "f:metadata": { "f:annotations": { "f:cni.example.com/ip": {}, "f:both": {} } } }, "status"),
        managed({ "f:metadata": { "f:annotations": { "f:note": {}, "f:both": {} } } }),
      ],
    },
    kept: { annotations: { note: "mine", both: "1" } },
  },
])("filters the metadata: $why", ({ metadata, kept }) => {
  expect(manifest(podOf({ metadata })).metadata).toEqual({ name: "p", namespace: "demo", ...kept });
});

test("removes the status and fields that admission derives", () => {
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
  { why: "the scheduler set it: no owner", managedFields: owned("f:containers"), kept: false },
  { why: "the author set it", managedFields: owned("f:nodeName"), kept: true },
  { why: "managedFields are absent", kept: false },
  { why: "a status owns nothing of the spec", managedFields: [managed({ "f:spec": { "f:nodeName": {} } }, "status")], kept: false },
])("keeps only the author's node: $why", ({ managedFields, kept }) => {
  expect("nodeName" in manifest(podOf({ spec: { nodeName: "a" }, metadata: managedFields ? { managedFields } : {} })).spec).toBe(kept);
});

const unready = { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 };
const unreachable = { ...unready, key: "node.kubernetes.io/unreachable" };

test.for<{ why: string; tolerations: object[]; kept?: object[] }>([
  { why: "only what admission adds", tolerations: [unready, unreachable] },
  { why: "next to others", tolerations: [{ key: "gpu" }, unready], kept: [{ key: "gpu" }] },
  { why: "for longer", tolerations: [{ ...unready, tolerationSeconds: 600 }], kept: [{ ...unready, tolerationSeconds: 600 }] },
  { why: "of another effect", tolerations: [{ ...unready, effect: "NoSchedule" }], kept: [{ ...unready, effect: "NoSchedule" }] },
  { why: "of another operator", tolerations: [{ ...unready, operator: "Equal" }], kept: [{ ...unready, operator: "Equal" }] },
])("removes the default tolerations: $why", ({ tolerations, kept }) => {
  expect(manifest(podOf({ spec: { tolerations } })).spec.tolerations).toEqual(kept);
});

const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const token = { name: "kube-api-access-x1", projected: {} };
const mount = { name: token.name, mountPath: tokenPath };
const data = { name: "data", emptyDir: {} };

test.for<{ why: string; managedFields: ManagedFields[]; goes: boolean }>([
  { why: "admission added it: no owner", managedFields: owned("f:containers"), goes: true },
  {
    why: "the author added it",
    managedFields: [managed({ "f:spec": { "f:volumes": { 'k:{"name":"kube-api-access-x1"}': {} } } })],
    goes: false,
  },
  { why: "managedFields are absent", managedFields: [], goes: false },
])("removes the token volume that admission added: $why", ({ managedFields, goes }) => {
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
])("keeps a volume $why", ({ volume }) => {
  const spec = { volumes: [volume], containers: [{ name: "web", volumeMounts: [{ name: volume.name, mountPath: tokenPath }] }] };
  expect(manifest(podOf({ spec, metadata: { managedFields: owned("f:containers") } })).spec).toEqual(spec);
});
