import { describe, expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { Pod } from "../../../src/objects.ts";
import { judged, mutatorKinds, ours, pod, r, type Situation, web } from "../../support/check-world.ts";

const [webhooks, policies] = mutatorKinds;

type Labels = Readonly<Record<string, string>>;

const cronjob = (name: string, image = web, labels: Labels = {}, account = "default") => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name, namespace: "demo" },
  spec: {
    jobTemplate: {
      spec: { template: { metadata: { labels }, spec: { serviceAccountName: account, containers: [{ name: "app", image }] } } },
    },
  },
});

const crons = (...objects: object[]): Situation => ({ templates: { "cronjob.batch": objects }, secrets: [ours("acr", "web:right")] });

/** Adds a pull secret to pods with these labels, as a policy does. */
const adds =
  (secret: string, labels: Labels = {}) =>
  (given: Pod): Pod => {
    const matches = Object.entries(labels).every(([key, value]) => given.metadata.labels?.[key] === value);
    const { imagePullSecrets = [] } = given.spec;
    return matches ? { ...given, spec: { ...given.spec, imagePullSecrets: [...imagePullSecrets, { name: secret }] } } : given;
  };

/** Changes the images of pods, as a webhook does. */
const rewrites =
  (from: string, to: string) =>
  (given: Pod): Pod => {
    const containers = given.spec.containers.map((one) => ({ ...one, image: one.image?.replace(from, to) }));
    return { ...given, spec: { ...given.spec, containers } } as Pod;
  };

const refuses =
  (message: string, kind: CliError["kind"] = "invalid") =>
  () => {
    throw new CliError(kind, message);
  };
const mayNotCreate = refuses('Error from server (Forbidden): pods is forbidden: User "ci" cannot create resource "pods"', "forbidden");

const rule = { apiGroups: [""], operations: ["CREATE"], resources: ["pods"] };
const webhook = (of: object) => ({
  [webhooks]: [{ kind: "MutatingWebhookConfiguration", metadata: { name: "w" }, webhooks: [of] }],
  [policies]: [],
});
const policy = (of: object) => ({
  [webhooks]: [],
  [policies]: [{ kind: "MutatingAdmissionPolicy", metadata: { name: "p" }, spec: { matchConstraints: of } }],
});

/** Returns the rows as `OWNERS CAUSE`, with the message and the notes. */
const rowsOf = async (given: Situation) =>
  (await judged(given)).rows.map(({ owners, cause, message }) => ({ row: `${owners} ${cause}`.trim(), message }));

const running = (names: readonly string[] = []) =>
  pod("web-1", { names, phase: "Running", status: { imageID: `${r}/app/web@sha256:1`, state: { running: {} } } });

const lacking = "serviceaccount/default has no pull secret for this registry";

describe("check of pods that do not exist yet", () => {
  test.for<{ when: string; given: Situation; row: string; message?: string }>([
    {
      when: "a policy adds the Secret to the pods of a template",
      given: { ...crons(cronjob("a")), admission: adds("acr") },
      row: "cronjob/a pulls",
      message: "; admission adds secret acr to new pods",
    },
    {
      when: "a policy adds the Secret to a pod of the named image",
      given: { ...crons(), images: [web], admission: adds("acr") },
      row: "pulls",
    },
    {
      when: "a policy adds the Secret to a pod on a new node",
      given: { ...crons(), pods: [running()], newNode: true, admission: adds("acr") },
      row: "deployment/web pulls",
    },
    {
      when: "a pod waits, and admission has already seen it",
      given: { ...crons(), pods: [pod("web-1")], admission: adds("acr") },
      row: "deployment/web no-login",
    },
    {
      when: "a policy adds a Secret that cannot pull",
      given: { ...crons(cronjob("a")), secrets: [ours("acr", "api:right")], admission: adds("acr") },
      row: "cronjob/a out-of-scope",
    },
    {
      when: "a webhook changes the registry to one with a login",
      given: {
        ...crons(cronjob("a", "other.azurecr.io/app/web:1")),
        accounts: { default: ["acr"] },
        admission: rewrites("other.azurecr.io", r),
      },
      row: "cronjob/a pulls",
      message: `; admission changes the image of new pods to ${web}`,
    },
    {
      when: "a webhook changes the registry to one outside of Azure",
      given: { ...crons(cronjob("a")), admission: rewrites(r, "mirror.example") },
      row: "cronjob/a not-checked",
      message:
        "no pull secret of new pods has a login for mirror.example/app/web:1; admission changes the image of new pods to mirror.example/app/web:1",
    },
    {
      when: "a webhook fails",
      given: {
        ...crons(cronjob("a")),
        admission: refuses('Error from server (InternalError): Internal error occurred: failed calling webhook "x"', "unreachable"),
      },
      row: "cronjob/a not-checked",
      message: 'Internal error occurred: failed calling webhook "x"',
    },
    {
      when: "a webhook has side effects",
      given: {
        ...crons(cronjob("a")),
        admission: refuses('Error from server (BadRequest): admission webhook "x" does not support dry run'),
      },
      row: "cronjob/a not-checked",
      message: 'admission webhook "x" does not support dry run',
    },
    {
      when: "a policy rejects pods without a controller",
      given: {
        ...crons(cronjob("a")),
        admission: (given) =>
          given.metadata.ownerReferences?.[0]?.name === "a" ? adds("acr")(given) : refuses("Error from server (Forbidden): naked")(),
      },
      row: "cronjob/a pulls",
    },
    {
      when: "a policy rejects the pods",
      given: {
        ...crons(cronjob("a")),
        admission: refuses("Error from server (Forbidden): pods is forbidden: exceeded quota", "forbidden"),
      },
      row: "cronjob/a no-login",
      message: `${lacking}; the API server rejects new pods: pods is forbidden: exceeded quota; secret acr can pull it, but is not attached`,
    },
  ])("judges what they pull when $when", async ({ given, row, message }) => {
    const rows = await rowsOf(given);

    expect(rows.map((one) => one.row)).toEqual([row]);
    if (message !== undefined) expect(rows[0]?.message).toBe(message);
  });

  test("asks about a template when a pod of another object waits for the same image", async () => {
    const given = { ...crons(cronjob("a", web, { team: "blue" }), cronjob("b")), pods: [pod("web-1")] };

    const rows = await rowsOf({ ...given, admission: adds("acr", { team: "blue" }) });

    expect(rows.map(({ row }) => row)).toEqual(["deployment/web,cronjob/b no-login", "cronjob/a pulls"]);
  });

  test("gives the templates that admission changes in the same way one row", async () => {
    const labeled = { team: "blue" };
    const given = crons(cronjob("a"), cronjob("b", web, labeled), cronjob("c", web, labeled));
    const rows = await rowsOf({ ...given, admission: adds("acr", labeled) });

    expect(rows.map(({ row }) => row)).toEqual(["cronjob/a no-login", "cronjob/b,cronjob/c pulls"]);
  });

  const pulling = { ...crons(cronjob("a")), accounts: { default: ["acr"] } };
  const toOther = rewrites(r, "other.azurecr.io");
  const mayChange = webhook({ rules: [rule] });

  test.for<{ when: string; given: Situation; rows: readonly string[] }>([
    {
      when: "a webhook changes the registry to one without a login",
      given: { ...pulling, admission: toOther, mutators: mayChange },
      rows: ["cronjob/a no-login"],
    },
    {
      when: "a policy changes the registry, and webhooks may not be listed",
      given: { ...pulling, admission: toOther },
      rows: ["cronjob/a no-login"],
    },
    {
      when: "a webhook changes an image outside of Azure to one without a login",
      given: {
        ...crons(cronjob("a", "nginx:1"), cronjob("b", "busybox:1")),
        admission: rewrites("nginx", `${r}/app/web`),
        mutators: mayChange,
      },
      rows: ["cronjob/a no-login"],
    },
    {
      when: "a webhook changes an image outside of Azure to one with a login",
      given: { ...pulling, ...crons(cronjob("a", "nginx:1")), admission: rewrites("nginx", `${r}/app/web`), mutators: mayChange },
      rows: ["cronjob/a pulls"],
    },
    {
      when: "a webhook changes nothing",
      given: { ...pulling, admission: (given) => given, mutators: mayChange },
      rows: ["cronjob/a pulls"],
    },
    {
      when: "a webhook changes the registry, and you may not create pods",
      given: { ...pulling, admission: mayNotCreate, mutators: mayChange },
      rows: ["cronjob/a pulls"],
    },
    {
      when: "a quota rejects the pods",
      given: { ...pulling, admission: refuses("Error from server (Forbidden): exceeded quota", "forbidden"), mutators: mayChange },
      rows: ["cronjob/a pulls"],
    },
  ])("judges a template that seems to pull when $when", async ({ given, rows }) => {
    expect((await rowsOf(given)).map(({ row }) => row)).toEqual(rows);
  });

  test.for<{ when: string; given: Situation }>([
    { when: "the image pulls and no webhook is for pods", given: { ...pulling, mutators: policy({}) } },
    {
      when: "the image is outside of Azure and no webhook is for pods",
      given: { ...crons(cronjob("a", "nginx:1")), mutators: policy({}) },
    },
    { when: "the command line names the Secret", given: { secrets: [ours("acr", "web:wrong")], name: "acr" } },
  ])("sends no dry run when $when", async ({ given }) => {
    const { asked } = await judged({ ...crons(cronjob("a")), ...given });

    expect(asked.filter((request) => request.startsWith("dry run"))).toEqual([]);
  });

  const may = (name: string) => `${name} may change new pods, and without the right to create pods, check cannot ask how`;
  const hidden = "files of the API server can define admission that adds a pull secret: check sees it only with the right to create pods";
  const unlisted = "admission may add a pull secret: you can neither create pods nor list mutating webhooks and policies";

  test.for<{ when: string; mutators?: Situation["mutators"]; labels?: Labels; note?: string; unknown?: string }>([
    { when: "a webhook is for pods", mutators: webhook({ rules: [rule] }), unknown: may("MutatingWebhookConfiguration w") },
    {
      when: "a policy is for everything",
      mutators: policy({ resourceRules: [{ apiGroups: ["*"], operations: ["*"], resources: ["*/*"] }] }),
      unknown: may("MutatingAdmissionPolicy p"),
    },
    { when: "a webhook is for updates", mutators: webhook({ rules: [{ ...rule, operations: ["UPDATE"] }] }) },
    { when: "a webhook is for Deployments", mutators: webhook({ rules: [{ ...rule, apiGroups: ["apps"], resources: ["deployments"] }] }) },
    {
      when: "a policy is for other namespaces",
      mutators: policy({ resourceRules: [rule], namespaceSelector: { matchLabels: { team: "blue" } } }),
    },
    {
      when: "a webhook is for pods with a label",
      mutators: webhook({ rules: [rule], objectSelector: { matchExpressions: [{ key: "mesh", operator: "In", values: ["on"] }] } }),
      labels: { mesh: "on" },
      unknown: may("MutatingWebhookConfiguration w"),
    },
    {
      when: "a webhook is for pods with another label",
      mutators: webhook({ rules: [rule], objectSelector: { matchExpressions: [{ key: "mesh", operator: "NotIn", values: ["on"] }] } }),
      labels: { mesh: "on" },
    },
    { when: "webhooks and policies may not be listed", note: unlisted },
  ])("says what it knows when it may not create pods, and $when", async ({ mutators = {}, labels, note, unknown }) => {
    const rows = await rowsOf({ ...crons(cronjob("a", web, labels)), admission: mayNotCreate, mutators });
    const expected = [lacking, note ?? hidden, "secret acr can pull it, but is not attached"].join("; ");

    expect(rows).toEqual([unknown ? { row: "cronjob/a not-checked", message: unknown } : { row: "cronjob/a no-login", message: expected }]);
  });
});

describe("check of Secrets that may not be read", () => {
  const waiting = (message: string) =>
    pod("web-1", { names: ["acr"], status: { state: { waiting: { reason: "ErrImagePull", message } } } });
  const anonymous = "failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized";

  test.for<{ when: string; given: Situation; row: string; message: string }>([
    { when: "the pod runs", given: { pods: [running(["acr"])] }, row: "deployment/web not-checked", message: "you cannot read secret acr" },
    {
      when: "another Secret pulls",
      given: { pods: [running(["acr", "mine"])], secrets: [ours("mine", "web:right"), ours("acr", "web:right")] },
      row: "deployment/web pulls",
      message: "",
    },
    {
      when: "another Secret fails",
      given: { pods: [running(["mine", "acr"])], secrets: [ours("mine", "web:wrong"), ours("acr", "web:right")] },
      row: "deployment/web not-checked",
      message: "you cannot read secret acr",
    },
  ])("calls no pull broken when $when", async ({ given, row, message }) => {
    expect(await rowsOf({ secrets: [ours("acr", "web:right")], ...given, unread: ["acr"] })).toEqual([{ row, message }]);
  });

  test("counts what the node has refused", async () => {
    const rows = await rowsOf({ secrets: [ours("acr", "web:right")], pods: [waiting(anonymous)], unread: ["acr"] });

    expect(rows).toEqual([
      { row: "deployment/web no-login", message: `the node of pod/web-1 says: ${anonymous}; you cannot read secret acr` },
    ]);
  });

  test("fails when the command line names the Secret", async () => {
    const given = { name: "acr", pods: [running(["acr"])], secrets: [ours("acr", "web:right")], unread: ["acr"] };

    await expect(judged(given)).rejects.toMatchObject({ kind: "forbidden" });
  });
});

describe("check of nodes with an identity", () => {
  const flagged = "--nodes-can-pull says that nodes pull from myregistry by an identity of their own";
  const seen = `the node of pod/web-1 pulled from ${r} without a pull secret`;
  /** Returns a pod that its node started with a pull. */
  const puller = (started = "2026-01-01T23:30:00Z", { names = [] as string[], imagePullPolicy = "Always", image = web } = {}) => {
    const status = { image, imageID: `${r}/app/web@sha256:1`, state: { running: { startedAt: started } } };
    return { pods: [pod("web-1", { names, phase: "Running", imagePullPolicy, status })] };
  };
  const forged = {
    involvedObject: { kind: "Pod", name: "web-1" },
    reason: "Pulled",
    reportingComponent: "kubelet",
    source: { component: "kubelet", host: "node-1" },
    message: `Successfully pulled image "${web}" in 1s (1s including waiting). Image size: 10 bytes.`,
  };
  const failing = pod("api-1", {
    image: `${r}/app/api:1`,
    status: {
      state: { waiting: { reason: "ErrImagePull", message: "failed to fetch anonymous token: unexpected status: 401 Unauthorized" } },
    },
  });
  const report = cronjob("report", `${r}/app/api:1`);

  test.for<{ when: string; given: Situation; rows: readonly string[]; message?: string }>([
    {
      when: "the flag names the registry",
      given: { ...crons(report), nodesCanPull: ["myregistry"] },
      rows: ["cronjob/report by-identity"],
      message: flagged,
    },
    { when: "the flag names another registry", given: { ...crons(report), nodesCanPull: ["other"] }, rows: ["cronjob/report no-login"] },
    {
      when: "the flag names the registry, and the login is rejected",
      given: { ...crons(report), accounts: { default: ["acr"] }, secrets: [ours("acr", "api:wrong")], nodesCanPull: ["myregistry"] },
      rows: ["cronjob/report by-identity"],
    },
    {
      when: "the flag names the registry, and the image does not exist",
      given: {
        ...crons(cronjob("report", `${r}/app/web:9`)),
        accounts: { default: ["acr"] },
        nodesCanPull: ["myregistry"],
      },
      rows: ["cronjob/report not-found"],
    },
    {
      when: "the flag names the registry, and a node fails",
      given: { pods: [failing], nodesCanPull: ["myregistry"] },
      rows: ["deployment/web no-login"],
    },
    {
      when: "a node pulled for a pod without a login",
      given: { ...crons(report), ...puller() },
      rows: ["cronjob/report by-identity", "deployment/web by-node"],
      message: seen,
    },
    ...[
      { when: "the pod may have its image from the cache of its node", given: puller(undefined, { imagePullPolicy: "IfNotPresent" }) },
      { when: "the pod may have its image from the cache, and a tenant writes an Event", given: { pods: [running()], events: [forged] } },
      { when: "the pod started more than an hour ago", given: puller("2026-01-01T23:00:00Z") },
      { when: "the image of the pod has changed since its start", given: puller(undefined, { image: `${r}/app/api:1` }) },
      { when: "the Secret of a pod that pulled was deleted since", given: puller(undefined, { names: ["lost"] }) },
    ].map(({ when, given }) => ({
      when,
      given: { ...crons(report), ...given },
      rows: ["cronjob/report no-login", "deployment/web by-node"],
    })),
    {
      when: "a node pulled for a pod with a login",
      given: { ...crons(report), ...puller(undefined, { names: ["acr"] }) },
      rows: ["cronjob/report no-login", "deployment/web pulls"],
    },
  ])("tells whether they pull when $when", async ({ given, rows, message }) => {
    const found = await rowsOf(given);

    expect(found.map(({ row }) => row).sort()).toEqual(rows);
    if (message !== undefined) expect(found.map((one) => one.message)).toContain(message);
  });
});
