import { expect, test } from "vitest";
import type { Pod, PodSpec, ServiceAccount } from "../../../src/objects.ts";
import type { NamespaceState } from "../../../src/state/namespace-state.ts";
import { isAuthoredBy, warningInputsOf } from "../../../src/state/plan-input.ts";
import type { TargetObject } from "../../../src/state/targets.ts";

const host = "myregistry.azurecr.io";
const written = "2026-01-02T00:00:00Z";
const account = (names: readonly string[], more: object = {}): ServiceAccount => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name: "app", managedFields: [{ time: written, fieldsV1: { "f:imagePullSecrets": {} } }], ...more },
  imagePullSecrets: names.map((name) => ({ name })),
});
const spec = (names: readonly string[], image = `${host}/app/web:1`): PodSpec => ({
  serviceAccountName: "app",
  containers: [{ name: "app", image }],
  imagePullSecrets: names.map((name) => ({ name })),
});
const deployment = (of: PodSpec, more: object = {}): TargetObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", ...more },
  spec: { template: { spec: of } },
});
const replicaSet = (of: PodSpec): TargetObject => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: "web-1", ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "u", controller: true }] },
  spec: { template: { spec: of } },
});
const pod = (of: PodSpec, creationTimestamp: string, more: Partial<Pod> & { readonly metadata?: object } = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  spec: of,
  ...more,
  metadata: { name: "alone", creationTimestamp, ...more.metadata },
});
const state = (more: Partial<NamespaceState>): NamespaceState => ({
  scope: {} as NamespaceState["scope"],
  secret: undefined,
  targets: [],
  objects: more.targets ?? [],
  pods: [],
  warningObjects: [],
  ...more,
});
const listersIn = (more: Partial<NamespaceState>) =>
  warningInputsOf(state({ targets: [account(["acr"])], ...more }), [host]).listers.map(({ of, names }) => `${of.kind}/${of.name} ${names}`);

const later = "2026-01-03T00:00:00Z";
const earlier = "2026-01-01T00:00:00Z";

test.for<{ why: string; state: Partial<NamespaceState>; listers: string[] }>([
  { why: "a template that was read", state: { objects: [deployment(spec(["theirs"]))] }, listers: ["Deployment/web theirs"] },
  {
    why: "one that was read for this alone",
    state: { warningObjects: [deployment(spec(["theirs"]))] },
    listers: ["Deployment/web theirs"],
  },
  { why: "a template without a list", state: { objects: [deployment(spec([]))] }, listers: [] },
  { why: "a template of another registry", state: { objects: [deployment(spec(["theirs"], "docker.io/library/nginx"))] }, listers: [] },
  { why: "a template that another makes", state: { objects: [replicaSet(spec(["theirs"]))] }, listers: [] },
  { why: "a template that is going", state: { objects: [deployment(spec(["theirs"]), { deletionTimestamp: later })] }, listers: [] },
  {
    why: "a pod that came after the list, and has another",
    state: { pods: [pod(spec(["theirs"]), later)] },
    listers: ["Pod/alone theirs"],
  },
  { why: "a pod that came before it may have an older copy", state: { pods: [pod(spec(["theirs"]), earlier)] }, listers: [] },
  { why: "a pod that has the list", state: { pods: [pod(spec(["acr"]), later)] }, listers: [] },
  { why: "a pod that has none", state: { pods: [pod(spec([]), later)] }, listers: [] },
  { why: "a pod that has ended", state: { pods: [pod(spec(["theirs"]), later, { status: { phase: "Succeeded" } })] }, listers: [] },
  { why: "a pod of another registry", state: { pods: [pod(spec(["theirs"], "docker.io/library/nginx"), later)] }, listers: [] },
  { why: "a pod of a ServiceAccount that was not read", state: { targets: [], pods: [pod(spec(["theirs"]), later)] }, listers: [] },
])("own lists: $why", ({ state: more, listers }) => {
  expect(listersIn(more)).toEqual(listers);
});

test("a pod comes from what rolls its owner's pods out", () => {
  const owned = {
    name: "web-5c7d4-1",
    labels: { "pod-template-hash": "5c7d4" },
    ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5c7d4", uid: "u", controller: true }],
  };
  const isAuthored = isAuthoredBy([{ of: { kind: "Deployment", name: "web" }, account: "app", names: ["theirs"] }]);

  expect(isAuthored(pod(spec([]), later, { metadata: owned }))).toBe(true);
  expect(isAuthored(pod(spec([]), later))).toBe(false);
});

test.for<{ says: string | undefined; strict: boolean }>([
  { says: "true", strict: true },
  { says: "1", strict: true },
  { says: "True", strict: true },
  { says: "false", strict: false },
  { says: "yes", strict: false },
  { says: undefined, strict: false },
])("an annotation that says $says: $strict", ({ says, strict }) => {
  const annotations = says === undefined ? {} : { "kubernetes.io/enforce-mountable-secrets": says };
  const warningObjects = [account(["acr"], { annotations })];

  expect(warningInputsOf(state({ warningObjects }), [host]).accounts).toEqual([{ name: "app", names: ["acr"], mountableOnly: strict }]);
});
