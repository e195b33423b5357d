import { expect, test } from "vitest";
import { readTargetWords } from "../../../cmd/line/target-words.ts";
import { bare, create, judged, ours, pod, r, type Situation, web } from "../../support/check-world.ts";

const spec = (image: string, { names = [], account }: { names?: readonly string[]; account?: string } = {}) => ({
  ...(account && { serviceAccountName: account }),
  ...(names.length > 0 && { imagePullSecrets: names.map((name) => ({ name })) }),
  containers: [{ name: "app", image }],
});

type Options = { names?: readonly string[]; account?: string; image?: string; owner?: { kind: string; name: string }; more?: object };

/** Returns an object with a pod template below `spec.template`. */
const workload = (kind: string, name: string, { image = web, owner, more, ...list }: Options = {}) => ({
  apiVersion: "apps/v1",
  kind,
  metadata: {
    name,
    namespace: "demo",
    ...(owner && { ownerReferences: [{ apiVersion: "v1", uid: "u", controller: true, ...owner }] }),
  },
  spec: { template: { spec: spec(image, list) }, ...more },
});

const cronjob = (name: string, options: Options = {}) => {
  const { spec: job, ...rest } = workload("CronJob", name, options);
  return { ...rest, spec: { suspend: true, jobTemplate: { spec: job } } };
};

const podtemplate = (name: string) => {
  const { spec: inside, ...rest } = workload("PodTemplate", name);
  return { ...rest, template: inside.template };
};

const acr = ours("acr", "all:right");
const withAccount = { accounts: { default: ["acr"] }, secrets: [acr] } satisfies Situation;
const deployments = (...objects: object[]) => ({ "deployment.apps": objects });
const crons = (...objects: object[]) => ({ "cronjob.batch": objects });
const jobs = (...objects: object[]) => ({ "job.batch": objects });

/** Returns the rows as `IMAGE OWNERS PODS CAUSE`. The registry's name is omitted. */
const rowsOf = async (situation: Situation) =>
  (await judged(situation)).rows.map(({ image, owners, pods, cause }) => `${image.replace(`${r}/`, "")} ${owners} ${pods} ${cause}`);

const targets = (...words: string[]) =>
  readTargetWords(words, { serviceaccount: [], "all-serviceaccounts": false, all: false, selector: undefined, "where-used": false }).targets
    .picks;

type Case = { readonly when: string; readonly given: Situation; readonly rows: readonly string[] };

const withoutPods: readonly Case[] = [
  { when: "a Deployment has no pods", given: { templates: deployments(workload("Deployment", "web")) }, rows: ["deployment/web 0"] },
  { when: "a CronJob is suspended", given: { templates: crons(cronjob("report")) }, rows: ["cronjob/report 0"] },
  { when: "a Job has no pods yet", given: { templates: jobs(workload("Job", "load")) }, rows: ["job/load 0"] },
  {
    when: "a CronJob has started a Job without pods",
    given: {
      templates: { ...crons(cronjob("report")), ...jobs(workload("Job", "report-1", { owner: { kind: "CronJob", name: "report" } })) },
    },
    rows: ["cronjob/report 0"],
  },
  {
    when: "a StatefulSet has no pods",
    given: { templates: { "statefulset.apps": [workload("StatefulSet", "db")] } },
    rows: ["statefulset/db 0"],
  },
  {
    when: "a DaemonSet has no pods",
    given: { templates: { "daemonset.apps": [workload("DaemonSet", "log")] } },
    rows: ["daemonset/log 0"],
  },
  {
    when: "a ReplicaSet has no controller",
    given: { templates: { "replicaset.apps": [workload("ReplicaSet", "rs")] } },
    rows: ["replicaset/rs 0"],
  },
  {
    when: "a ReplicationController has no pods",
    given: { templates: { replicationcontroller: [workload("ReplicationController", "rc")] } },
    rows: ["replicationcontroller/rc 0"],
  },
  { when: "a PodTemplate exists", given: { templates: { podtemplate: [podtemplate("bare")] } }, rows: ["podtemplate/bare 0"] },
  {
    when: "another controller's ReplicaSet has replicas but no pods",
    given: {
      templates: {
        "replicaset.apps": [workload("ReplicaSet", "web-2", { owner: { kind: "Rollout", name: "web" }, more: { replicas: 1 } })],
      },
    },
    rows: ["rollout/web 0"],
  },
];

test.for(withoutPods)("checks a template when $when", async ({ given, rows }) => {
  expect(await rowsOf({ ...withAccount, ...given })).toEqual(rows.map((row) => `app/web:1 ${row} pulls`));
});

const ended = { status: { conditions: [{ type: "Complete", status: "True" }] } };
const replicaset = (name: string, owner: { kind: string; name: string }) => workload("ReplicaSet", name, { owner, more: { replicas: 0 } });

test.for([
  { when: "a Job has ended", templates: jobs({ ...workload("Job", "load"), ...ended }) },
  { when: "a ReplicaSet is of a Deployment", templates: { "replicaset.apps": [replicaset("web-1", { kind: "Deployment", name: "web" })] } },
  { when: "a ReplicaSet is an old version", templates: { "replicaset.apps": [replicaset("web-1", { kind: "Rollout", name: "web" })] } },
  { when: "its image is of another registry", templates: deployments(workload("Deployment", "web", { image: "nginx" })) },
])("skips a template when $when", async ({ templates }) => {
  expect(await rowsOf({ ...withAccount, templates })).toEqual([]);
});

const running = { phase: "Running", status: { imageID: "sha256:1" } };

const combined: readonly Case[] = [
  {
    when: "its pods show the image",
    given: { ...withAccount, pods: [pod("web-1", { names: ["acr"] })], templates: deployments(workload("Deployment", "web")) },
    rows: ["app/web:1 deployment/web 1 pulls"],
  },
  {
    when: "its pods have an older list",
    given: { ...withAccount, pods: [pod("web-1")], templates: deployments(workload("Deployment", "web")) },
    rows: ["app/web:1 deployment/web 1 older-pod"],
  },
  {
    when: "other pods pull the same image with the same list",
    given: { ...withAccount, pods: [pod("web-1", { names: ["acr"] })], templates: crons(cronjob("report")) },
    rows: ["app/web:1 deployment/web,cronjob/report 1 pulls"],
  },
  {
    when: "its pods are those of its Job",
    given: {
      ...withAccount,
      pods: [pod("report-1-x", { names: ["acr"], owner: { kind: "Job", name: "report-1" }, labels: {} })],
      templates: { ...crons(cronjob("report")), ...jobs(workload("Job", "report-1", { owner: { kind: "CronJob", name: "report" } })) },
    },
    rows: ["app/web:1 cronjob/report 1 pulls"],
  },
  {
    when: "only a node has the image",
    given: { pods: [pod("web-1", running)], templates: crons(cronjob("report")) },
    rows: ["app/web:1 deployment/web,cronjob/report 1 not-visible"],
  },
];

test.for(combined)("prints a template in the row of its pods when $when", async ({ given, rows }) => {
  expect(await rowsOf(given)).toEqual(rows);
});

const several: Situation = {
  ...withAccount,
  accounts: { default: ["acr"], other: [] },
  pods: [
    pod("web-1", { names: ["acr"] }),
    pod("api-1", { names: ["acr"], image: `${r}/app/api:1`, owner: { kind: "ReplicaSet", name: "api-5f679b78dd" } }),
    pod("debug", { image: `${r}/app/web:2`, account: "other", owner: bare }),
    pod("report-1-x", { names: ["acr"], owner: { kind: "Job", name: "report-1" }, labels: {} }),
  ],
  templates: {
    ...deployments(workload("Deployment", "web"), workload("Deployment", "api", { image: `${r}/app/api:1` })),
    ...crons(cronjob("report", { image: `${r}/app/web:2` })),
    ...jobs(workload("Job", "report-1", { owner: { kind: "CronJob", name: "report" } })),
    "statefulset.apps": [workload("StatefulSet", "db", { account: "other" })],
  },
};

test.for([
  { words: ["pod/debug"], rows: ["app/web:2 pod/debug 1 no-login"] },
  { words: ["pod/web-1"], rows: ["app/web:1 deployment/web 1 pulls"] },
  { words: ["pod/*-1"], rows: ["app/api:1 deployment/api 1 pulls", "app/web:1 deployment/web 1 pulls"] },
  { words: ["deployment/web"], rows: ["app/web:1 deployment/web 1 pulls"] },
  { words: ["deployment/*"], rows: ["app/api:1 deployment/api 1 pulls", "app/web:1 deployment/web 1 pulls"] },
  {
    words: ["deploy,cj", "web*", "rep*"],
    rows: ["app/web:1 deployment/web,cronjob/report 2 pulls", "app/web:2 cronjob/report 0 pulls"],
  },
  { words: ["cronjob/report"], rows: ["app/web:1 cronjob/report 1 pulls", "app/web:2 cronjob/report 0 pulls"] },
  { words: ["job/report-1"], rows: ["app/web:1 cronjob/report 1 pulls"] },
  { words: ["sa/other"], rows: ["app/web:1 statefulset/db 0 no-login", "app/web:2 pod/debug 1 no-login"] },
  { words: ["pod/gone"], error: 'pods "gone" not found' },
  { words: ["deployment/x*"], error: 'no deployment in namespace "demo" matches x*' },
])("checks only the target $words", async ({ words, rows, error }) => {
  const checking = rowsOf({ ...several, picks: targets(...words) });
  if (error === undefined) expect(await checking).toEqual(rows);
  else await expect(checking).rejects.toThrow(error);
});

test("checks the template of a target when its pods have another list", async () => {
  const templates = deployments(workload("Deployment", "web"));

  expect(await rowsOf({ ...withAccount, pods: [pod("web-1")], templates, picks: targets("deployment/web") })).toEqual([
    "app/web:1 deployment/web 1 older-pod",
    "app/web:1 deployment/web 0 pulls",
  ]);
});

test("reports a namespace instead of its target when it does not exist", async () => {
  await expect(judged({ noNamespace: true, picks: targets("pod/x") })).rejects.toThrow('namespaces "demo" not found');
});

test("checks every container and image volume of a pod and a template", async () => {
  const images = {
    initContainers: [
      { name: "init", image: `${r}/init:1` },
      { name: "side", image: `${r}/side:1`, restartPolicy: "Always" },
    ],
    containers: [{ name: "app", image: `${r}/main:1` }],
    volumes: [{ name: "model", image: { reference: `${r}/model:1` } }, { name: "tmp" }],
  };
  const own = pod("web-1", { owner: bare });
  const pods = [{ ...own, spec: { ...own.spec, ...images, ephemeralContainers: [{ name: "debug", image: `${r}/debug:1` }] } }];
  const report = cronjob("report");
  report.spec.jobTemplate.spec.template.spec = images;

  const expected = ["init:1", "main:1", "model:1", "side:1"];
  expect((await rowsOf({ pods })).map((row) => row.split(" ")[0])).toEqual(["debug:1", ...expected]);
  expect((await rowsOf({ templates: crons(report) })).map((row) => row.split(" ")[0])).toEqual(expected);
});

test("knows that a node has the image of a volume when a container that mounts it has started", async () => {
  const volumes = [{ name: "model", image: { reference: `${r}/model:1` } }];
  const mounting = [{ name: "app", image: "nginx", volumeMounts: [{ name: "model", mountPath: "/model" }] }];
  const podWith = (state: object) => {
    const { spec: inside, ...rest } = pod("web-1");
    return { ...rest, spec: { ...inside, containers: mounting, volumes }, status: { containerStatuses: [{ name: "app", state }] } };
  };

  expect(await rowsOf({ pods: [podWith({ running: {} })] })).toEqual(["model:1 deployment/web 1 not-visible"]);
  expect(await rowsOf({ pods: [podWith({ waiting: { reason: "ContainerCreating" } })] })).toEqual(["model:1 deployment/web 1 no-login"]);
});

test("ignores what nodes have when pods are checked for a new node", async () => {
  const pods = [pod("web-1", running)];

  expect(await rowsOf({ pods })).toEqual(["app/web:1 deployment/web 1 not-visible"]);
  expect(await rowsOf({ pods, newNode: true })).toEqual(["app/web:1 deployment/web 1 no-login"]);
});

test.for([
  {
    when: "it uses the list of its ServiceAccount",
    given: { templates: crons(cronjob("report", { account: "web" })), accounts: { web: [] }, secrets: [acr] },
    fix: "kubectl acr-secret attach -n demo acr --where-used",
  },
  {
    when: "it has its own list",
    given: {
      templates: crons(cronjob("report", { names: ["other"] })),
      secrets: [acr, ours("other", "web:right", {}, "other.azurecr.io")],
    },
    fix: "kubectl acr-secret attach -n demo acr --where-used",
  },
  {
    when: "it has its own list and the Secret is the ServiceAccount's",
    given: { ...withAccount, templates: crons(cronjob("report", { names: ["none"] })) },
    fix: "kubectl acr-secret attach -n demo acr --where-used",
  },
  {
    when: "no Secret can pull",
    given: { templates: deployments(workload("Deployment", "web")) },
    fix: `${create} --where-used`,
  },
  {
    when: "its image has a port",
    given: { ...withAccount, templates: crons(cronjob("report", { image: `${r}:443/app/web:1` })) },
    fix: `kubectl set image -n demo cronjob/report app=${r}/app/web:1`,
  },
])("prints the fix for a template when $when", async ({ given, fix }) => {
  expect((await judged(given)).rows.map((row) => row.fix)).toEqual([fix]);
});

test("names the Job to create again when its template has its own list", async () => {
  const [row] = (await judged({ templates: jobs(workload("Job", "load", { names: ["none"] })), secrets: [acr] })).rows;

  expect(row).toMatchObject({
    fix: "",
    message: expect.stringContaining("imagePullSecrets of job/load: create it again with secret acr in the list"),
  });
});
