import { expect, test } from "vitest";
import type { Pod, PodSpec } from "../../../src/objects.ts";
import { usersOf } from "../../../src/state/plan-input.ts";
import type { TargetObject } from "../../../src/state/targets.ts";

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
const replicaSet = (metadata: object): TargetObject => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: "web-1", ...metadata },
  spec: { template: { spec: spec() } },
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
  { why: "a template that names its own", targets: [deployment("web", spec(own))], used: ["Deployment/web"] },
  {
    why: "a list of entries without names still counts as its own",
    targets: [deployment("web", spec({ imagePullSecrets: [{}] }))],
    used: ["Deployment/web"],
  },
  {
    why: "two that run as one ServiceAccount",
    targets: [deployment("web", spec()), deployment("api", spec())],
    used: ["ServiceAccount/default"],
  },
  {
    why: "what a Deployment made counts by it",
    targets: [deployment("web", spec(own)), replicaSet(owned("Deployment"))],
    used: ["Deployment/web"],
  },
  { why: "a ReplicaSet of a controller that nobody knows", targets: [replicaSet(owned("Rollout"))], used: ["ServiceAccount/default"] },
  { why: "a Job that goes on, by its ServiceAccount", targets: [job(spec({ serviceAccountName: "app" }))], used: ["ServiceAccount/app"] },
  { why: "a Job that names its own cannot be changed", targets: [job(spec(own))], used: [] },
  { why: "a Job that is over", targets: [job(spec(), { conditions: [{ type: "Complete", status: "True" }] })], used: [] },
  { why: "a pod that stands for itself", pods: [pod(spec())], used: ["ServiceAccount/default"] },
  { why: "a pod of a controller that nobody knows", pods: [pod(spec(), owned("Workflow"))], used: ["ServiceAccount/default"] },
  { why: "a pod that a template made is known by that", pods: [pod(spec(), owned("ReplicaSet"))], used: [] },
  { why: "a pod that names its own", pods: [pod(spec(own), { creationTimestamp: "2026-01-02T00:00:00Z" })], used: [] },
  { why: "a pod that is over", pods: [pod(spec(), {}, "Succeeded")], used: [] },
  { why: "what is on its way out", targets: [deployment("web", spec(), { deletionTimestamp: "2026-01-01T00:00:00Z" })], used: [] },
  { why: "a ServiceAccount that is not there", targets: [deployment("web", spec({ serviceAccountName: "gone" }))], used: [] },
])("whose pods pull from the registry: $why", ({ targets = [], pods = [], used }) => {
  const accounts = [account("default"), account("app"), account("idle")];

  const found = usersOf(["myregistry.azurecr.io"], { targets: [...accounts, ...targets], pods });

  expect(found.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual(used);
});

test("regional hosts count as the registry's", () => {
  const regional = deployment("web", spec({ containers: [{ name: "app", image: "myregistry.eastus.geo.azurecr.io/app/web:1" }] }));

  const found = usersOf(["myregistry.azurecr.io", "myregistry.eastus.geo.azurecr.io"], {
    targets: [account("default"), regional],
    pods: [],
  });

  expect(found.map(({ metadata }) => metadata.name)).toEqual(["default"]);
});
