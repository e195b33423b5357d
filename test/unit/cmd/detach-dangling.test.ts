import { expect } from "vitest";
import type { KubeObject, KubeObjects } from "../../../src/objects.ts";
import { is } from "../../support/fakes/asked.ts";
import { account, pullSecret } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { all, any, before, failed, type Given, type Row, testRows } from "../../support/rows.ts";
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

const put =
  (kind: TargetName, name: string, ...names: (string | undefined)[]): Given =>
  ({ cluster }) =>
    cluster.put(targetObject(kind, { namespace: "demo", name }, names) as KubeObject);
const left =
  /^Warning: deployment.apps\/web .* \(old\); .*:\n {2}kubectl acr-secret detach -n demo deployment\/web --dangling\nWarning: job.batch\/migrate .* \(""\); .*\n$/;
/** The Secret is created after the read. */
const comesLater: Given = ({ asking, cluster }) =>
  asking.around(async (asked, next) => {
    const answered = await next();
    if (is("list secret demo")(asked)) cluster.put(pullSecret("demo", "gone"));
    return answered;
  });
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
      does: "fails and prints the command that adds the name again when its Secret is created during the write",
      given: before("patch serviceaccount demo/app", ({ cluster }) => void cluster.put(pullSecret("demo", "gone"))),
      command: detach,
      ...failed,
      stderr: /secret "gone" was created while its name was removed\nhint: kubectl acr-secret attach -n demo gone serviceaccount\/app\n/,
    },
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
    ...[
      { names: ["a", "gone", "b"], after: ["a", "b"] },
      { names: ["b", "", "a", ""], after: ["b", "a"] },
      { names: ["gone"], after: [] },
      { names: ["y", "a", "x", "y"], after: ["a"] },
    ].map(
      ({ names, after }): Row => ({
        does: `keeps the order of the other names: ${JSON.stringify(names)}`,
        given: ({ cluster }) => {
          for (const name of ["a", "b"]) cluster.put(pullSecret("demo", name));
          cluster.put(account("demo", "some", names));
        },
        command: `${detach} --serviceaccount some`,
        stdout: ["serviceaccount/some patched"],
        check: (made) => expect((listOf(made, "some") ?? []).map(({ name = "" }) => name)).toEqual(after),
      }),
    ),
    ...(["replicaset", "replicationcontroller"] as const).map(
      (kind): Row => ({
        does: `changes a ${kind}, whose pods stay`,
        given: put(kind, "rs", "gone"),
        command: detach,
        stdout: /\n(?:replicaset\.apps|replicationcontroller)\/rs patched\n/,
        stderr: left,
      }),
    ),
    {
      does: "warns once about the targets whose pods would restart, and once about those that cannot be changed",
      given: all(
        ...Array.from({ length: 12 }, (_, index) => put("deployment", `x-${index}`, "gone")),
        put("daemonset", "agent", "", "gone"),
      ),
      command: detach,
      stdout: any,
      stderr:
        /^Warning: deployment.apps\/web, deployment.apps\/x-0, deployment.apps\/x-1 and 11 more list missing Secrets \(old, gone and ""\); skipped because a change restarts pods:\n {2}kubectl acr-secret detach -n demo( deployment\/\S+){10} --dangling\nWarning: job.batch\/migrate lists a missing Secret \(""\); skipped because the list cannot be changed\n$/,
    },
    {
      does: "prints the id of each warning when -o jsonl",
      command: `${detach} -o jsonl`,
      stdout: /"ids":\["dangling-name"\].*\n.*"ids":\["empty-name"\]/,
      stderr: any,
    },
    ...[
      { names: ["gone", "acr-myregistry"], hint: "hint: kubectl acr-secret detach -n demo gone pod/p --recreate\n" },
      { names: ["gone", ""], hint: "" },
      { names: ["../x"], hint: "" },
      { names: [""], hint: "" },
    ].map(
      ({ names, hint }): Row => ({
        does: `suggests to recreate a pod only for one name: ${JSON.stringify(names)}`,
        given: put("pod", "p", ...names),
        command: `${detach} pod/p`,
        code: 1,
        stderr: [`error: imagePullSecrets of pod/p cannot be changed, so the Pod must be recreated`, ...hint.split("\n").slice(0, -1)],
      }),
    ),
    {
      does: "suggests the controller of an object",
      given: ({ cluster }) => {
        const { metadata, ...rest } = targetObject("replicaset", { namespace: "demo", name: "web-1" }, [
          "gone",
        ]) as KubeObjects["replicaset.apps"];
        const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "u", controller: true };
        cluster.put({ ...rest, metadata: { ...metadata, ownerReferences: [owner] } });
      },
      command: `${detach} rs/web-1`,
      code: 1,
      stderr: /template of Deployment web; .*\nhint: kubectl acr-secret detach -n demo deployment\/web --dangling\n$/,
    },
    ...[
      { command: "detach --dangling gone -n demo", stderr: /^error: --dangling .*"gone".*\nhint: kubectl acr-secret detach -n demo gone / },
      { command: "detach --dangling --where-used -n demo", stderr: /--dangling and --where-used cannot be used together/ },
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
