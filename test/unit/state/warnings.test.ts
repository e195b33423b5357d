import { describe, expect, test } from "vitest";
import type { Cluster } from "../../../src/cluster/port.ts";
import { CliError } from "../../../src/errors.ts";
import type { Pod, PodSpec, Secret, ServiceAccount } from "../../../src/objects.ts";
import type { Change, Plan } from "../../../src/plan/change.ts";
import type { NamespaceState } from "../../../src/state/namespace-state.ts";
import { planInputOf } from "../../../src/state/plan-input.ts";
import { kindOf, type TargetObject } from "../../../src/state/targets.ts";
import { listersOf, warnOfTargets, warnOtherNames } from "../../../src/state/warnings.ts";

const host = "myregistry.azurecr.io";
const namespace = "demo";
const listChanged = "2026-01-02T00:00:00Z";
const later = "2026-01-03T00:00:00Z";
const earlier = "2026-01-01T00:00:00Z";

const account = (names: readonly string[], { name = "app", ...more }: { readonly name?: string; readonly annotations?: object } = {}) =>
  ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { namespace, name, managedFields: [{ time: listChanged, fieldsV1: { "f:imagePullSecrets": {} } }], ...more },
    imagePullSecrets: names.map((each) => ({ name: each })),
  }) as ServiceAccount;
const strict = (...names: readonly string[]) => account(names, { annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } });
const spec = (names: readonly string[], image = `${host}/app/web:1`, serviceAccountName = "app"): PodSpec => ({
  serviceAccountName,
  containers: [{ name: "app", image }],
  imagePullSecrets: names.map((name) => ({ name })),
});
const template = (kind: string, name: string, of: PodSpec, metadata: object = {}) =>
  ({
    apiVersion: "apps/v1",
    kind,
    metadata: { namespace, name, ...metadata },
    spec: kind === "CronJob" ? { jobTemplate: { spec: { template: { spec: of } } } } : { template: { spec: of } },
  }) as unknown as TargetObject;
const deployment = (name: string, names: readonly string[] = [], serviceAccountName = "app") =>
  template("Deployment", name, spec(names, undefined, serviceAccountName));
const pod = (of: PodSpec, creationTimestamp: string, metadata: object = {}, status?: Pod["status"]): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  spec: of,
  status,
  metadata: { namespace, name: "own", creationTimestamp, ...metadata },
});
const ownedBy = (kind: string, name: string) => ({ ownerReferences: [{ apiVersion: "x/v1", kind, name, uid: "u", controller: true }] });
const state = (more: Partial<NamespaceState>): NamespaceState => ({
  scope: { cluster: {} as Cluster, namespace, context: "prod" },
  secret: undefined,
  targets: [],
  objects: more.targets ?? [],
  pods: [],
  ...more,
});

const to = (object: TargetObject) => ({ kind: kindOf(object), namespace, name: object.metadata.name, context: "prod" }) as const;
const planOf = (act: "attach" | "keep", objects: readonly TargetObject[]): Plan =>
  objects.map((object) => ({ act, to: to(object), secret: "acr" }) as unknown as Change);

describe("owners of lists", () => {
  const objects = [account(["acr"])];

  test.for<{ why: string; state: Partial<NamespaceState>; listers: string[] }>([
    {
      why: "a template that was read",
      state: { objects: [template("Deployment", "web", spec(["theirs"]))] },
      listers: ["Deployment/web theirs"],
    },
    { why: "a template without a list", state: { objects: [template("Deployment", "web", spec([]))] }, listers: [] },
    {
      why: "a template of another registry",
      state: { objects: [template("Deployment", "web", spec(["theirs"], "docker.io/library/nginx"))] },
      listers: [],
    },
    {
      why: "a template that another creates",
      state: { objects: [template("ReplicaSet", "web-1", spec(["theirs"]), ownedBy("Deployment", "web"))] },
      listers: [],
    },
    {
      why: "a template that is being deleted",
      state: { objects: [template("Deployment", "web", spec(["theirs"]), { deletionTimestamp: later })] },
      listers: [],
    },
    {
      why: "a pod that was created after the list and has another one",
      state: { pods: [pod(spec(["theirs"]), later)] },
      listers: ["Pod/own theirs"],
    },
    { why: "a pod that was created before it may have an older copy", state: { pods: [pod(spec(["theirs"]), earlier)] }, listers: [] },
    { why: "a pod that has the list", state: { pods: [pod(spec(["acr"]), later)] }, listers: [] },
    { why: "a pod that has none", state: { pods: [pod(spec([]), later)] }, listers: [] },
    { why: "a pod that has ended", state: { pods: [pod(spec(["theirs"]), later, {}, { phase: "Succeeded" })] }, listers: [] },
    { why: "a pod of another registry", state: { pods: [pod(spec(["theirs"], "docker.io/library/nginx"), later)] }, listers: [] },
    { why: "a pod of an account that was not read", state: { objects: [], pods: [pod(spec(["theirs"]), later)] }, listers: [] },
  ])("finds the owner of a list: $why", ({ state: more, listers }) => {
    const found = listersOf(state({ objects, ...more }), [host]);

    expect(found.map(({ of, names }) => `${of.kind}/${of.name} ${names}`)).toEqual(listers);
  });

  test("treats the list of a template's pods as their own", () => {
    const owned = { name: "web-5c7d4-1", labels: { "pod-template-hash": "5c7d4" }, ...ownedBy("ReplicaSet", "web-5c7d4") };
    const pods = [pod(spec([]), later, owned), pod(spec([]), later)];
    const asked = { name: "acr", host, fieldManager: "kubectl-acr-secret", now: new Date(later) };
    const { facts } = planInputOf(state({ objects: [...objects, deployment("web", ["theirs"])], pods }), asked);

    expect(facts.pods.map(({ own }) => own)).toEqual([true, undefined]);
  });
});

/** Returns the warnings for targets, each as an object without the fields that all have. */
function warned(
  targets: readonly TargetObject[],
  { act = "attach" as const, ...more }: { act?: "attach" | "keep" } & Partial<NamespaceState>,
) {
  const warnings = warnOfTargets("acr", [host], state({ targets, ...more }), planOf(act, targets));
  for (const warning of warnings) expect(warning).toMatchObject({ act: "warn", needs: warning.to });
  return warnings;
}

describe("own-list", () => {
  const app = account([]);
  const gets = "and does not get acr from serviceaccount/app";
  const get = "and do not get acr from serviceaccount/app";

  test.for<{ why: string; listers?: TargetObject[]; pods?: Pod[]; targets?: TargetObject[]; expected: object[] }>([
    { why: "no object has a list of its own", expected: [] },
    {
      why: "a template lists another",
      listers: [deployment("web", ["theirs"])],
      expected: [
        {
          message: `deployment.apps/web has its own imagePullSecrets ${gets}`,
          fix: { verb: "attach", secret: "acr", targets: ["deployment/web"] },
        },
      ],
    },
    { why: "a template lists it itself", listers: [deployment("web", ["theirs", "acr"])], expected: [] },
    { why: "a template runs as another ServiceAccount", listers: [deployment("web", ["theirs"], "other")], expected: [] },
    { why: "the template is a target too", targets: [app, deployment("web", ["theirs"])], expected: [] },
    {
      why: "only the template is a target",
      listers: [app, template("CronJob", "report", spec(["theirs"]))],
      targets: [deployment("web", ["theirs"])],
      expected: [],
    },
    {
      why: "a list of entries without a name hides the ServiceAccount's too",
      listers: [template("CronJob", "report", spec([""]))],
      expected: [{ fix: { targets: ["cronjob/report"] } }],
    },
    {
      why: "the template was read, and pods of it",
      listers: [template("StatefulSet", "db", spec(["theirs"]))],
      pods: [pod(spec(["theirs"]), later, ownedBy("StatefulSet", "db"))],
      expected: [{ message: expect.stringMatching(/^statefulset.apps\/db has /), fix: { targets: ["statefulset/db"] } }],
    },
    {
      why: "objects that cannot be changed, and those of unknown kinds",
      listers: [template("Job", "migrate", spec(["theirs"]))],
      pods: [pod(spec(["theirs"]), later), pod(spec(["theirs"]), later, ownedBy("Rollout", "canary"))],
      expected: [
        {
          message: `job.batch/migrate, pod/own and rollout/canary have their own imagePullSecrets ${get}; recreate them with acr`,
          fix: undefined,
        },
      ],
    },
    {
      why: "one that cannot be changed next to one that can",
      listers: [deployment("web", ["theirs"])],
      pods: [pod(spec(["theirs"]), later)],
      expected: [
        { fix: { targets: ["deployment/web"] } },
        { message: `pod/own has its own imagePullSecrets ${gets}; recreate it with acr` },
      ],
    },
    {
      why: "many are reported once, and ten of them are in the command",
      listers: Array.from({ length: 40 }, (_, index) => deployment(`web-${index}`, ["theirs"])),
      expected: [
        {
          message: `deployment.apps/web-0, deployment.apps/web-1, deployment.apps/web-2 and 37 more have their own imagePullSecrets ${get}`,
          fix: { targets: Array.from({ length: 10 }, (_, index) => `deployment/web-${index}`) },
        },
      ],
    },
  ])("warns about lists of templates and pods: $why", ({ listers = [], pods = [], targets = [app], expected }) => {
    const warnings = warned(targets, { act: "keep", objects: [...targets, ...listers], pods });

    expect(warnings).toMatchObject(expected.map((one) => ({ id: "own-list", to: to(app), ...one })));
    expect(warnings).toHaveLength(expected.length);
  });
});

describe("hides-account-list", () => {
  const there = { namespace, context: "prod" };

  test.for<{ why: string; targets?: TargetObject[]; read?: TargetObject[]; act?: "keep"; expected: object[] }>([
    {
      why: "the first name of a template hides its ServiceAccount's list",
      read: [account(["theirs", "other"])],
      expected: [
        {
          message: "deployment.apps/web had no imagePullSecrets, so its pods no longer get theirs and other from serviceaccount/app",
          fix: {
            do: "steps",
            steps: [
              { verb: "attach", secret: "acr", serviceaccounts: ["app"], ...there },
              { verb: "detach", secret: "acr", targets: ["deployment/web"], ...there },
            ],
          },
        },
      ],
    },
    {
      why: "the ServiceAccount already has it, so the template needs no list",
      read: [account(["theirs", "acr"])],
      expected: [
        {
          message: expect.stringMatching(/no longer get theirs from serviceaccount\/app$/),
          fix: { verb: "detach", secret: "acr", targets: ["deployment/web"] },
        },
      ],
    },
    {
      why: "the ServiceAccount gets it in the same run",
      targets: [deployment("web"), account(["theirs"])],
      expected: [{ fix: { verb: "detach", targets: ["deployment/web"] } }],
    },
    {
      why: "two of one ServiceAccount are reported once",
      targets: [deployment("web"), deployment("api")],
      read: [account(["theirs"])],
      expected: [
        {
          message: expect.stringMatching(
            /^deployment.apps\/web and deployment.apps\/api had no imagePullSecrets, so their pods no longer get /,
          ),
        },
      ],
    },
    { why: "the list of the template is not written", read: [account(["theirs"])], act: "keep", expected: [] },
    { why: "the ServiceAccount lists nothing", read: [account([])], expected: [] },
    { why: "the ServiceAccount lists the Secret alone", read: [account(["acr"])], expected: [] },
    { why: "an entry without a name is not reported", read: [account([""])], expected: [] },
    { why: "the template had a list before", targets: [deployment("web", ["own"])], read: [account(["theirs"])], expected: [] },
    { why: "it runs as another ServiceAccount", targets: [deployment("web", [], "other")], read: [account(["theirs"])], expected: [] },
    { why: "the ServiceAccount could not be read", expected: [] },
    { why: "the target is a ServiceAccount", targets: [account(["theirs"])], expected: [] },
  ])("warns about a hidden list: $why", ({ targets = [deployment("web")], read = [], act, expected }) => {
    const warnings = warned(targets, { act, objects: [...targets, ...read] });

    expect(warnings).toMatchObject(expected.map((one) => ({ id: "hides-account-list", to: to(deployment("web")), ...one })));
    expect(warnings).toHaveLength(expected.length);
  });
});

describe("mountable-only", () => {
  test.for<{ why: string; targets?: TargetObject[]; read?: TargetObject[]; expected: number }>([
    { why: "the ServiceAccount does not list it", read: [strict()], expected: 1 },
    { why: "the ServiceAccount lists another", read: [strict("theirs")], expected: 1 },
    { why: "the ServiceAccount lists it", read: [strict("acr")], expected: 0 },
    { why: "the ServiceAccount gets it in the same run", targets: [deployment("web", ["acr"]), strict()], expected: 0 },
    { why: "the ServiceAccount is not strict", read: [account([])], expected: 0 },
    { why: "two are reported once", targets: [deployment("web", ["acr"]), deployment("api", ["acr"])], read: [strict()], expected: 1 },
    { why: "another ServiceAccount's", targets: [deployment("web", ["acr"], "other")], read: [strict()], expected: 0 },
  ])(
    "warns about a ServiceAccount that allows only its own pull secrets: $why",
    ({ targets = [deployment("web", ["acr"])], read = [], expected }) => {
      const warnings = warned(targets, { act: "keep", objects: [...targets, ...read] });

      expect(warnings).toHaveLength(expected);
      for (const warning of warnings)
        expect(warning).toMatchObject({
          id: "mountable-only",
          to: to(deployment("web")),
          message: expect.stringMatching(
            /^serviceaccount\/app allows only the pull secrets that it lists \(kubernetes.io\/enforce-mountable-secrets\), so pods of deployment.apps\/web( and deployment.apps\/api)? will be rejected$/,
          ),
          fix: { verb: "attach", secret: "acr", serviceaccounts: ["app"] },
        });
    },
  );

  test("warns about a template without a list too", () => {
    const targets = [deployment("web")];

    expect(warned(targets, { objects: [...targets, strict()] })).toMatchObject([{ id: "mountable-only" }]);
  });

  test.for<{ value: string | undefined; expected: number }>([
    { value: "true", expected: 1 },
    { value: "1", expected: 1 },
    { value: "True", expected: 1 },
    { value: "false", expected: 0 },
    { value: "yes", expected: 0 },
    { value: undefined, expected: 0 },
  ])("reads the annotation value $value", ({ value, expected }) => {
    const annotations = value === undefined ? {} : { "kubernetes.io/enforce-mountable-secrets": value };
    const targets = [deployment("web", ["acr"])];

    expect(warned(targets, { act: "keep", objects: [...targets, account([], { annotations })] })).toHaveLength(expected);
  });
});

test.for<{ why: string; targets: TargetObject[]; act?: "keep"; expected: object[] }>([
  { why: "no entry without a name", targets: [account(["theirs"])], expected: [] },
  { why: "an entry without a name in a list that is not written", targets: [account([""])], act: "keep", expected: [] },
  {
    why: "an entry without a name",
    targets: [account([""])],
    expected: [
      {
        message: "serviceaccount/app also has an entry without a name, so the cluster autoscaler skips pending pods",
        fix: { verb: "detach", dangling: true, serviceaccounts: ["app"] },
      },
    ],
  },
  {
    why: "two lists that have one",
    targets: [account([""]), deployment("web", ["", ""], "other")],
    expected: [{ message: expect.stringMatching(/^serviceaccount\/app and deployment.apps\/web also have entries without a name, /) }],
  },
])("warns about an entry without a name: $why", ({ targets, act, expected }) => {
  const warnings = warned(targets, { act });

  expect(warnings).toMatchObject(expected.map((one) => ({ id: "empty-name", to: to(account([])), ...one })));
  expect(warnings).toHaveLength(expected.length);
});

describe("other names", () => {
  const type = "kubernetes.io/dockerconfigjson";
  const secret = (more: Partial<Secret>): Secret => ({ apiVersion: "v1", kind: "Secret", metadata: { name: "x" }, ...more });
  const config = (text: string) => ({ ".dockerconfigjson": Buffer.from(text).toString("base64") });
  /** A cluster with one Secret. It forbids reading Secrets whose name starts with `hidden`. */
  const cluster = (found: Secret | undefined, asked: string[]) =>
    ({
      async get({ name }: { readonly name: string }) {
        asked.push(name);
        if (name.startsWith("hidden")) throw new CliError("forbidden", "no");
        return found;
      },
    }) as unknown as Cluster;
  const other = async (
    targets: readonly TargetObject[],
    found?: Secret,
    more: Partial<NamespaceState> = {},
    plan = planOf("attach", targets),
  ) => {
    const asked: string[] = [];
    const scope = { cluster: cluster(found, asked), namespace, context: "prod" };
    const warnings = (await warnOtherNames(state({ targets, scope, ...more }), plan)) ?? [];
    for (const warning of warnings) expect(warning).toMatchObject({ act: "warn", needs: warning.to });
    return { warnings, asked };
  };

  test.for<{ why: string; found?: Secret; expected: object[] }>([
    { why: "a pull secret", found: secret({ type, data: config('{"auths":{}}') }), expected: [] },
    {
      why: "no Secret",
      expected: [
        {
          id: "dangling-name",
          to: to(account([])),
          message: "serviceaccount/app also lists secret/gone, which does not exist",
          fix: { verb: "detach", secret: "gone", serviceaccounts: ["app"] },
        },
      ],
    },
    {
      why: "a Secret of another type",
      found: secret({ data: {} }),
      expected: [{ id: "secret-type", message: `serviceaccount/app also lists secret/gone, which is of type Opaque, not ${type}` }],
    },
    {
      why: "a Secret without its key",
      found: secret({ type, data: {} }),
      expected: [{ id: "secret-type", message: expect.stringMatching(/, which has nothing under .dockerconfigjson$/) }],
    },
    {
      why: "a Secret that the kubelet cannot read",
      found: secret({ type, data: config('{"auths":[]}') }),
      expected: [
        {
          id: "malformed-secret",
          message: expect.stringMatching(/, which makes the kubelet ignore all pull secrets of a pod: json: cannot unmarshal array/),
        },
      ],
    },
  ])("warns about a name of $why", async ({ found, expected }) => {
    const { warnings } = await other([account(["gone"])], found);

    expect(warnings).toMatchObject(expected);
    expect(warnings).toHaveLength(expected.length);
  });

  test.for<{ why: string; targets: TargetObject[]; plan?: Plan; more?: Partial<NamespaceState>; expected: string[]; asked: string[] }>([
    {
      why: "is reported once for all lists",
      targets: [deployment("web", ["gone"]), account(["a", "gone"])],
      expected: [
        "serviceaccount/app also lists secret/a, which does not exist",
        "deployment.apps/web and serviceaccount/app also list secret/gone, which does not exist",
      ],
      asked: ["gone", "a"],
    },
    {
      why: "of a list that is not written",
      targets: [account(["gone"])],
      plan: planOf("keep", [account(["gone"])]),
      expected: [],
      asked: [],
    },
    { why: "without text", targets: [account([""])], expected: [], asked: [] },
    { why: "of a Secret that cannot be read", targets: [account(["hidden"])], expected: [], asked: ["hidden"] },
    { why: "in a read of many namespaces", targets: [account(["gone"])], more: { fromClusterLists: true }, expected: [], asked: [] },
    {
      why: "beyond the fifth",
      targets: [account(["hidden-1", "hidden-2", "hidden-3", "hidden-4", "hidden-5", "gone"])],
      expected: [],
      asked: ["hidden-1", "hidden-2", "hidden-3", "hidden-4", "hidden-5"],
    },
    {
      why: "that could forge a line",
      targets: [account(["x\nerror: y"])],
      expected: ['serviceaccount/app also lists secret/"x\\nerror: y", which does not exist'],
      asked: [],
    },
  ])("reports a name $why", async ({ targets, plan, more, expected, asked }) => {
    const found = await other(targets, undefined, more, plan ?? planOf("attach", targets));

    expect(found.warnings.map(({ message }) => message).sort()).toEqual([...expected].sort());
    expect(found.asked).toEqual(asked);
  });

  test("omits a name that could forge a line from the command", async () => {
    const { warnings } = await other([account(["x\nerror: y"])]);

    expect(warnings[0]?.fix).toEqual({ verb: "detach", dangling: true, serviceaccounts: ["app"], targets: undefined });
  });
});
