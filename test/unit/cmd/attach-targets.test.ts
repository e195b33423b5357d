import { expect } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { refused } from "../../support/demo.ts";
import { account, namespace, pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { all, any, failed, type Given, type Row, refuse, testRows, typed, unchanged } from "../../support/rows.ts";
import { type TargetName, targetObject } from "../../support/situations/target-objects.ts";

const image = "myregistry.azurecr.io/app/web:1";
const put =
  (kind: TargetName, name: string, names?: readonly string[], namespace = "demo"): Given =>
  ({ cluster }) =>
    cluster.put(targetObject(kind, { namespace, name }, names) as never);
const web = put("deployment", "web");
const noAccount: Given = ({ cluster }) => cluster.remove("serviceaccount", "demo", "default");

/** A row whose waits take no time. `waits`: their sum in milliseconds. `comesAt`: when the ServiceAccount is created. */
function waiting({ waits, comesAt, ...row }: Omit<Row, "options"> & { readonly waits: number; readonly comesAt?: number }): Row {
  let slept = 0;
  let world: FakeWorld;
  const sleep = async (milliseconds: number) => {
    slept += milliseconds;
    if (slept === comesAt) world.cluster.put(account("demo"));
  };
  const given: Given = (of) => {
    world = of;
    of.cluster.put(namespace("old", { creationTimestamp: "2025-12-31T23:58:00Z" }));
    return noAccount(of);
  };
  return { ...row, given, options: { sleep }, check: () => expect(slept).toBe(waits) };
}
const absent = /serviceaccounts "default" not found\n/;
const toDefault = "attach acr-myregistry -n demo --serviceaccount";

const used = all(
  web,
  put("deployment", "api", ["theirs"]),
  put("cronjob", "report", ["theirs"]),
  put("job", "migrate", ["theirs"]),
  ({ cluster }) => ["app", "idle"].map((name) => cluster.put(account("demo", name))).length,
);
const found = ["serviceaccount/app", "deployment.apps/api", "cronjob.batch/report"];
const teams = Array.from({ length: 20 }, (_, index) => `team-${index}`);
const inTeams: Given = (world) => {
  addNamespaces(world.cluster, ...teams);
  for (const team of teams) {
    world.cluster.put(account(team, "app"));
    put("deployment", "web", undefined, team)(world);
  }
};
const { metadata, ...stuck } = stuckPod("demo", "web-5d-x", image);
const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d", uid: "u", controller: true };
const running = {
  ...stuck,
  metadata: { ...metadata, labels: { "pod-template-hash": "5d" }, ownerReferences: [owner] },
  status: { phase: "Running" },
};
const both = "attach acr-myregistry sa/default deploy/web -n demo";
const terminal = { terminal: true };

testRows(
  [
    waiting({
      does: "waits for the default ServiceAccount of an existing namespace",
      command: toDefault,
      stdout: ["serviceaccount/default patched"],
      comesAt: 1000,
      waits: 1000,
    }),
    ...[
      { how: "for --wait", command: `${toDefault} --wait 2s`, waits: 2000, stderr: absent },
      { how: "for 30 seconds without --wait", command: toDefault, waits: 30_000, stderr: absent },
      { how: "not at all with --wait 0s", command: `${toDefault} --wait 0s`, waits: 0, stderr: absent },
      { how: "not at all in a namespace of two minutes ago", command: toDefault.replace("demo", "old"), waits: 0, stderr: absent },
      { how: "not for another ServiceAccount", command: `${toDefault} web`, waits: 0, stderr: /serviceaccounts "web" not found/ },
      {
        how: "not in a namespace that does not exist",
        command: toDefault.replace("demo", "nope"),
        waits: 0,
        stderr: /namespaces "nope" not found/,
      },
    ].map(({ how, ...row }) => waiting({ does: `waits for a ServiceAccount that is not created ${how}`, code: 1, ...row })),
    {
      does: "changes only what uses the registry when --where-used",
      given: used,
      command: "attach -n demo --where-used",
      stdout: found.map((one) => `${one} patched`),
      stderr: any,
      writes: ["patch serviceaccount demo/app", "patch deployment.apps demo/api", "patch cronjob.batch demo/report"],
      after: [
        unchanged("attach -n demo --where-used", { stderr: any }),
        {
          command: "detach -n demo --where-used",
          stdout: found.map((one) => `${one} patched`),
          stderr: any,
          check: ({ cluster }) =>
            expect(cluster.get("deployment.apps", "demo", "api")?.spec.template.spec.imagePullSecrets).toEqual([{ name: "theirs" }]),
        },
      ],
    },
    {
      does: "attaches once to the targets of several kinds and patterns",
      given: used,
      command: "attach -n demo deploy/a* deploy/api cj/report sa/app -o name",
      stdout: ["deployment.apps/api", "cronjob.batch/report", "serviceaccount/app"],
      stderr: any,
      after: [
        {
          command: "attach -n demo deploy,ds --all",
          stdout: ["deployment.apps/api unchanged", "deployment.apps/web patched"],
          stderr: any,
        },
      ],
    },
    {
      does: "create --where-used grants the repositories of templates without pods",
      given: inTeams,
      command: "create acr --registry myregistry --where-used -n team-0",
      stdout: /\(\+app\/web\)\n.*secret\/acr created\nserviceaccount\/app patched\n$/s,
      stderr: any,
      after: [
        {
          command: "create all --registry myregistry -n demo --where-used --copy-to team-*",
          stderr: any,
          check: (_, { stdout }) => expect(stdout.match(/^serviceaccount\/app patched in namespace team-\d+$/gm)).toHaveLength(20),
        },
      ],
    },
    {
      does: "attaches to the other workloads when one may not be written",
      given: all(web, put("daemonset", "agent"), refuse("patch deployment.apps")),
      command: "attach -n demo deploy/web ds/agent",
      ...failed,
      stdout: ["daemonset.apps/agent patched"],
      stderr: [refused().message],
    },
    ...[
      {
        command: "attach -n demo deploy/web deploy/wbe",
        stderr: /deployments.apps "wbe" not found\nhint: kubectl get -n demo deployments\n$/,
      },
      {
        command: "attach -n demo deploy/x-*",
        stderr: /^error: no deployment in namespace "demo" matches x-\*\nhint: kubectl get -n demo deployments\n$/,
      },
    ].map(
      ({ command, stderr }): Row => ({
        does: `writes nothing when a target does not exist: ${command}`,
        given: web,
        command,
        code: 1,
        stderr,
      }),
    ),
    {
      does: "rolls out the workloads of all pods that lack the Secret when --restart all",
      given: all(web, ({ cluster }) => cluster.put(running)),
      command: "attach -n demo --serviceaccount --restart all",
      stdout: ["serviceaccount/default patched", "deployment.apps/web restarted"],
      stderr: any,
      check: ({ cluster }) =>
        expect(cluster.get("deployment.apps", "demo", "web")?.spec.template.metadata?.annotations).toEqual({
          "kubectl.kubernetes.io/restartedAt": expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        }),
      after: [
        {
          given: ({ cluster }) => cluster.put({ ...running, spec: { ...running.spec, imagePullSecrets: [{ name: "acr-myregistry" }] } }),
          ...unchanged("attach -n demo --serviceaccount --restart all", { stderr: any }),
        },
      ],
    },
    {
      does: "announces restarts before the first write on a terminal only",
      given: all(
        web,
        ({ cluster }) => cluster.put(stuckPod("demo", "x-1", image)),
        refuse("patch", () => new CliError("forbidden", "no")),
      ),
      command: both,
      options: terminal,
      ...failed,
      stderr: /rolling out deployment\.apps\/web; restarting pod\/x-1\n.*error/s,
      after: [
        { given: refuse("patch"), command: both, ...failed, stderr: /^(?!.*about to)/s },
        { command: `${both} --dry-run=client`, options: terminal, stderr: /^(?!.*about to)/s },
      ],
    },
    {
      does: "warns that nothing uses the registry or names the Secret",
      command: "attach acr-myregistry -n demo --where-used",
      stdout: [],
      stderr: /^Warning: .* myregistry.azurecr.io\n$/,
      after: [{ command: "detach acr-myregistry -n demo --where-used", stdout: [], stderr: /^Warning: .* secret\/acr-myregistry\n$/ }],
    },
  ],
  () => stored("demo"),
);

const deployment = (namespace: string, name: string, more: object) =>
  ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, uid: `${namespace}-${name}` },
    spec: { template: { metadata: {}, spec: { containers: [{ name: "c", image }], ...more } } },
  }) as const;

/**
 * Creates namespaces, each with a Deployment that lists pull secrets itself, one that runs as `web`, and `other`, which does not pull from
 * the registry.
 */
const world =
  (...namespaces: string[]) =>
  async () => {
    const made = await stored(...namespaces);
    for (const namespace of namespaces) {
      for (const name of ["web", "other"]) made.cluster.put(account(namespace, name));
      made.cluster.put(deployment(namespace, "own", { imagePullSecrets: [{ name: "theirs" }] }));
      made.cluster.put(deployment(namespace, "plain", { serviceAccountName: "web" }));
      made.cluster.put(stuckPod(namespace, "alone", image, { owner: "" }));
    }
    return made;
  };
const toOthers = typed("attach acr-myregistry -n demo serviceaccount/other deployment/own");
const candidates = ["serviceaccount/web", "serviceaccount/default", "deployment.apps/own"];
const noTargets = (command: string, stderr: RegExp): Row => ({
  does: `fails and changes nothing without a target: ${command}`,
  command,
  code: 1,
  stderr,
  writes: [],
});
const noTarget = /^error: no target specified/;

testRows(
  [
    noTargets(
      "attach -n demo",
      new RegExp(
        `^error: .*: ${candidates.join(", ")}\nhint: kubectl acr-secret attach -n demo acr-myregistry serviceaccount/web\nhint: or --where-used .*\n$`,
      ),
    ),
    noTargets("attach -n demo --dry-run=client", noTarget),
    {
      ...noTargets(
        "detach -n demo",
        /^error: .*: serviceaccount\/other, deployment.apps\/own\nhint: kubectl acr-secret detach -n demo acr-myregistry serviceaccount\/other\nhint: or /,
      ),
      given: toOthers,
    },
    noTargets(
      "detach acr-myregistry -n demo",
      /^error: .* secret\/acr-myregistry\nhint: kubectl acr-secret detach -n demo acr-myregistry --serviceaccount default\nhint: or /,
    ),
    noTargets("attach absent -n demo", /secrets "absent" not found\nhint: kubectl acr-secret create -n demo absent --registry REGISTRY\n$/),
    noTargets("attach -n demo -o name", noTarget),
    {
      does: "suggests a target when not all targets may be listed",
      given: refuse("list cronjob"),
      command: "attach -n demo",
      code: 1,
      stderr:
        /^error: .*\nhint: kubectl acr-secret attach -n demo acr-myregistry --serviceaccount default\nhint: or deployment\/NAME, or --all-serviceaccounts\n$/,
    },
    {
      does: "requires targets for a Secret without a registry",
      given: ({ cluster }) => cluster.put(pullSecret("demo", "bare")),
      command: "attach bare -n demo",
      code: 1,
      stderr: /^error: secret\/bare .*\nhint: kubectl acr-secret attach -n demo bare --serviceaccount default\n/,
    },
  ],
  world("demo"),
);
