import { expect } from "vitest";
import type { KubeObject } from "../../../src/objects.ts";
import { is } from "../../support/fakes/asked.ts";
import { account, pullSecret } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { any, type Given, type Row, testRows } from "../../support/rows.ts";
import { type TargetName, targetObject } from "../../support/situations/target-objects.ts";

const detach = "detach --dangling -n demo";
const listOf = ({ cluster }: FakeWorld, name: string) => cluster.get("serviceaccount", "demo", name)?.imagePullSecrets;

/** Creates `demo` with the Secret `acr-myregistry`, and with names of missing Secrets in lists. */
async function world(): Promise<FakeWorld> {
  const made = await stored("demo");
  const put = (kind: TargetName, name: string, ...names: (string | undefined)[]) =>
    made.cluster.put(targetObject(kind, { namespace: "demo", name }, names) as KubeObject);
  made.cluster.put(account("demo", "default", ["acr-myregistry"]));
  made.cluster.put(account("demo", "app", ["gone", "acr-myregistry", ""]));
  made.cluster.put(account("demo", "bare"));
  put("cronjob", "report", "gone");
  put("deployment", "web", "old", "acr-myregistry");
  put("job", "migrate", undefined);
  return made;
}

const left =
  /^Warning: deployment.apps\/web .* \(old\); .*:\n {2}kubectl acr-secret detach -n demo deployment\/web --dangling\nWarning: job.batch\/migrate .* \(""\); .*\n$/;
/** The Secret is created after the read. */
const comesLater: Given = ({ asking, cluster }) =>
  asking.around(async (asked, next) => {
    const answered = await next();
    if (is("list secret demo")(asked)) cluster.put(pullSecret("demo", "gone"));
    return answered;
  });
const kinds = ["cronjob.batch", "daemonset.apps", "deployment.apps", "job.batch", "namespace", "replicaset.apps", "replicationcontroller"]
  .concat("secret", "serviceaccount", "statefulset.apps")
  .map((kind) => `list ${kind}`);

testRows(
  [
    {
      does: "removes names of missing Secrets from ServiceAccounts and from templates without a rollout, and warns about the others",
      command: detach,
      stdout: ["serviceaccount/app patched", "serviceaccount/default unchanged", "cronjob.batch/report patched"],
      stderr: left,
      writes: ["patch serviceaccount demo/app", "patch cronjob.batch demo/report"],
      check: (made) => {
        expect(listOf(made, "app")).toEqual([{ name: "acr-myregistry" }]);
        const { spec } = made.cluster.get("cronjob.batch", "demo", "report") ?? expect.unreachable("no CronJob");
        expect(spec.jobTemplate.spec.template.spec).not.toHaveProperty("imagePullSecrets");
      },
      after: [{ command: detach, stdout: ["serviceaccount/app unchanged", "serviceaccount/default unchanged"], stderr: left, writes: [] }],
    },
    ...["client", "server"].map(
      (run): Row => ({
        does: `shows the new lists and changes nothing when --dry-run=${run}`,
        command: `${detach} --dry-run=${run} -o json`,
        stderr: any,
        writes: [],
        check: (_, { stdout }) => {
          const { items } = JSON.parse(stdout) as { items: KubeObject[] };
          expect(items).toMatchObject([{ imagePullSecrets: [{ name: "acr-myregistry" }] }, {}, { kind: "CronJob" }]);
          expect(JSON.stringify(items[2])).not.toContain("imagePullSecrets");
        },
      }),
    ),
    ...[
      { words: "deploy/web", stdout: ["deployment.apps/web patched"] },
      { words: "deployments --all", stdout: ["deployment.apps/web patched"] },
      { words: "--serviceaccount bare --serviceaccount app", stdout: ["serviceaccount/bare unchanged", "serviceaccount/app patched"] },
      { words: "job/migrate", stdout: [], code: 1 },
    ].map(
      ({ words, stdout, code }): Row => ({
        does: `changes only the named targets: ${words}`,
        command: `${detach} ${words}`,
        code,
        stdout,
        stderr: any,
      }),
    ),
    {
      does: "keeps the name of a Secret that is created before the write",
      given: comesLater,
      command: detach,
      stderr: any,
      check: (made) => {
        expect(listOf(made, "app")).toEqual([{ name: "gone" }, { name: "acr-myregistry" }]);
        expect(JSON.stringify(made.cluster.get("cronjob.batch", "demo", "report"))).toContain('[{"name":"gone"}]');
      },
    },
    {
      does: "reads each list once for many namespaces",
      world: async () => {
        const made = await stored(...Array.from({ length: 20 }, (_, index) => `team-${String(index).padStart(2, "0")}`));
        made.cluster.put(account("team-03", "default", ["gone"]));
        made.cluster.put(account("team-04", "default", ["acr-myregistry"]));
        return made;
      },
      command: "detach --dangling -A",
      stdout: ["serviceaccount/default patched in namespace team-03", "serviceaccount/default unchanged in namespace team-04"],
      stderr: ["1 ServiceAccount patched, 1 namespace unchanged"],
      check: ({ asking }) => {
        const ofTeam = (text: string) => text.includes("team-03");
        expect(asking.all.filter((text) => !ofTeam(text)).sort()).toEqual(kinds);
        expect(asking.all.filter(ofTeam)).toEqual(["get secret team-03/gone", "patch serviceaccount team-03/default"]);
      },
    },
    ...[
      { command: "detach --dangling gone -n demo", stderr: /^error: --dangling .*"gone".*\nhint: kubectl acr-secret detach -n demo gone / },
      { command: "detach --dangling --where-used -n demo", stderr: /--dangling and --where-used cannot be used together/ },
      { command: "detach --dangling -o kustomize -n demo", stderr: /^error: -o kustomize / },
      { command: "detach --dangling -n nope", stderr: /namespaces "nope" not found\n/ },
    ].map(({ command, stderr }): Row => ({ does: `refuses: ${command}`, command, code: 1, stderr })),
    {
      does: "prints an id for a name that is neither in a list nor a Secret when -o jsonl",
      command: "detach mistyped -n demo --serviceaccount app -o jsonl",
      stdout: /"ids":\["secret-missing"\]/,
      stderr: any,
    },
  ],
  world,
);
