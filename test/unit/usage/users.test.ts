import { expect, test } from "vitest";
import type { Pod, PodSpec } from "../../../src/objects.ts";
import type { TargetObject } from "../../../src/usage/targets.ts";
import { usersOf } from "../../../src/usage/users.ts";

const ours = "myregistry.azurecr.io/app/web:1";

const account = (name: string, ...names: string[]): TargetObject => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name },
  imagePullSecrets: names.map((each) => ({ name: each })),
});

const spec = (more: Partial<PodSpec> = {}): PodSpec => ({ containers: [{ name: "app", image: ours }], ...more });
const owned = (kind: string) => ({ ownerReferences: [{ apiVersion: "x", kind, name: "web", uid: "u", controller: true }] });

const deployment = (name: string, of: PodSpec, metadata: object = {}): TargetObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, ...metadata },
  spec: { template: { spec: of } },
});
const replicaSet = (metadata: object, of = spec()): TargetObject => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: "web-1", ...metadata },
  spec: { template: { spec: of } },
});
const cronJob = (of: PodSpec): TargetObject => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: "report" },
  spec: { jobTemplate: { spec: { template: { spec: of } } } },
});
const job = (of: PodSpec, status: object = {}): TargetObject => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "migrate" },
  spec: { template: { spec: of } },
  status,
});
const pod = (of: PodSpec, metadata: object = {}, phase = "Running"): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web-1-x", ...metadata },
  spec: of,
  status: { phase },
});

const own = { imagePullSecrets: [{ name: "theirs" }] };
const other = { containers: [{ name: "app", image: "docker.io/library/nginx:1" }] };

test.for<{ why: string; targets?: TargetObject[]; pods?: Pod[]; used: string[] }>([
  { why: "nothing", used: [] },
  { why: "a template at zero replicas runs as default", targets: [deployment("web", spec())], used: ["ServiceAccount/default"] },
  { why: "a CronJob between runs", targets: [cronJob(spec({ serviceAccountName: "app" }))], used: ["ServiceAccount/app"] },
  { why: "an image of another registry", targets: [deployment("web", spec(other))], used: [] },
  {
    why: "an init container",
    targets: [deployment("web", spec({ ...other, initContainers: [{ name: "init", image: ours }] }))],
    used: ["ServiceAccount/default"],
  },
  {
    why: "an ephemeral container of a pod",
    pods: [pod(spec({ ...other, ephemeralContainers: [{ name: "debug", image: ours }] }))],
    used: ["ServiceAccount/default"],
  },
  {
    why: "an image volume",
    targets: [deployment("web", spec({ ...other, volumes: [{ name: "v", image: { reference: ours } }] }))],
    used: ["ServiceAccount/default"],
  },
  { why: "a template with its own list", targets: [deployment("web", spec(own))], used: ["Deployment/web"] },
  {
    why: "a list of entries without names counts as its own",
    targets: [deployment("web", spec({ imagePullSecrets: [{}] }))],
    used: ["Deployment/web"],
  },
  {
    why: "two templates of one ServiceAccount",
    targets: [deployment("web", spec()), deployment("api", spec())],
    used: ["ServiceAccount/default"],
  },
  {
    why: "a ReplicaSet counts by its Deployment",
    targets: [deployment("web", spec(own)), replicaSet(owned("Deployment"))],
    used: ["Deployment/web"],
  },
  { why: "a ReplicaSet of an unknown controller", targets: [replicaSet(owned("Rollout"))], used: ["ServiceAccount/default"] },
  { why: "an unfinished Job, by its ServiceAccount", targets: [job(spec({ serviceAccountName: "app" }))], used: ["ServiceAccount/app"] },
  { why: "a Job with its own list cannot be changed", targets: [job(spec(own))], used: [] },
  { why: "a finished Job", targets: [job(spec(), { conditions: [{ type: "Complete", status: "True" }] })], used: [] },
  { why: "a pod without a controller", pods: [pod(spec())], used: ["ServiceAccount/default"] },
  { why: "a pod of an unknown controller", pods: [pod(spec(), owned("Workflow"))], used: ["ServiceAccount/default"] },
  {
    why: "a pod whose image differs from its template's",
    targets: [replicaSet({ name: "web" }, spec(other))],
    pods: [pod(spec(), owned("ReplicaSet"))],
    used: ["ServiceAccount/default"],
  },
  { why: "a pod with its own list", pods: [pod(spec(own), { creationTimestamp: "2026-01-02T00:00:00Z" })], used: [] },
  { why: "a finished pod", pods: [pod(spec(), {}, "Succeeded")], used: [] },
  { why: "an object that is being deleted", targets: [deployment("web", spec(), { deletionTimestamp: "2026-01-01T00:00:00Z" })], used: [] },
  { why: "a missing ServiceAccount", targets: [deployment("web", spec({ serviceAccountName: "gone" }))], used: [] },
])("finds the targets whose pods pull from the registry: $why", ({ targets = [], pods = [], used }) => {
  const accounts = [account("default"), account("app"), account("idle")];

  const found = usersOf(["myregistry.azurecr.io"], { targets: [...accounts, ...targets], pods });

  expect(found.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual(used);
});

test("treats regional hosts as the same registry", () => {
  const regional = deployment("web", spec({ containers: [{ name: "app", image: "myregistry.eastus.geo.azurecr.io/app/web:1" }] }));

  const found = usersOf(["myregistry.azurecr.io", "myregistry.eastus.geo.azurecr.io"], {
    targets: [account("default"), regional],
    pods: [],
  });

  expect(found.map(({ metadata }) => metadata.name)).toEqual(["default"]);
});
