import { expect, test } from "vitest";
import type { KubeObject } from "../../../src/objects.ts";
import { is } from "../../support/fakes/asked.ts";
import { account, pullSecret } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { type TargetName, targetObject } from "../../support/situations/target-objects.ts";

const put = ({ cluster }: FakeWorld, kind: TargetName, names: (string | undefined)[], name = "web") =>
  cluster.put(targetObject(kind, { namespace: "demo", name }, names) as KubeObject);
const listOf = ({ cluster }: FakeWorld, name: string, at = "demo") => cluster.get("serviceaccount", at, name)?.imagePullSecrets;

/** Creates `demo` with the Secret `acr-myregistry`, and with names of missing Secrets in lists. */
async function world(): Promise<FakeWorld> {
  const made = await stored("demo");
  made.cluster.put(account("demo", "default", ["acr-myregistry"]));
  made.cluster.put(account("demo", "app", ["gone", "acr-myregistry", ""]));
  made.cluster.put(account("demo", "bare"));
  put(made, "cronjob", ["gone"], "report");
  put(made, "deployment", ["old", "acr-myregistry"]);
  put(made, "job", [undefined], "migrate");
  return made;
}

const told =
  "Warning: deployment.apps/web lists a name that leads nowhere (old), and would make pods anew without it:\n  " +
  "kubectl acr-secret detach -n demo deployment/web --dangling\n" +
  'Warning: job.batch/migrate lists a name that leads nowhere (""), and cannot be changed, but only made anew without it\n';

test("names that lead nowhere go out of ServiceAccounts and templates whose pods stay, and the rest is told", async () => {
  const made = await world();
  made.asking.forget();

  expect(await type("detach --dangling -n demo", made.ports)).toEqual({
    stdout: "serviceaccount/app patched\nserviceaccount/default unchanged\ncronjob.batch/report patched\n",
    stderr: told,
    code: 0,
  });
  expect(listOf(made, "app")).toEqual([{ name: "acr-myregistry" }]);
  expect(made.cluster.get("cronjob.batch", "demo", "report")?.spec.jobTemplate.spec.template.spec).not.toHaveProperty("imagePullSecrets");
  expect(made.asking.writes).toEqual(["patch serviceaccount demo/app", "patch cronjob.batch demo/report"]);
  expect(await type("detach --dangling -n demo", made.ports)).toEqual({
    stdout: "serviceaccount/app unchanged\nserviceaccount/default unchanged\n",
    stderr: told,
    code: 0,
  });
});

test.for(["client", "server"])("a dry run (%s) changes nothing, and shows lists as they would be", async (run) => {
  const made = await world();

  const { stdout } = await type(`detach --dangling -n demo --dry-run=${run} -o json`, made.ports);

  const { items } = JSON.parse(stdout) as { items: KubeObject[] };
  expect(items).toMatchObject([{ imagePullSecrets: [{ name: "acr-myregistry" }] }, {}, { kind: "CronJob" }]);
  expect(JSON.stringify(items[2])).not.toContain("imagePullSecrets");
  expect(listOf(made, "app")).toHaveLength(3);
});

test.for<{ words: string; stdout: string; code: number }>([
  { words: "deploy/web", stdout: "deployment.apps/web patched\n", code: 0 },
  { words: "deployments --all", stdout: "deployment.apps/web patched\n", code: 0 },
  { words: "--serviceaccount bare --serviceaccount app", stdout: "serviceaccount/bare unchanged\nserviceaccount/app patched\n", code: 0 },
  { words: "job/migrate", stdout: "", code: 1 },
])("detach --dangling $words is about these alone", async ({ words, stdout, code }) => {
  const made = await world();

  expect(await type(`detach --dangling -n demo ${words}`, made.ports)).toMatchObject({ stdout, code });
});

test("a Secret that comes before the write keeps its name in the lists", async () => {
  const made = await world();
  made.asking.around(async (asked, next) => {
    const answer = await next();
    if (is("list secret demo")(asked)) made.cluster.put(pullSecret("demo", "gone"));
    return answer;
  });

  await type("detach --dangling -n demo", made.ports);

  expect(listOf(made, "app")).toEqual([{ name: "gone" }, { name: "acr-myregistry" }]);
  expect(JSON.stringify(made.cluster.get("cronjob.batch", "demo", "report"))).toContain('[{"name":"gone"}]');
});

test("over many namespaces each list is read once", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `team-${String(index).padStart(2, "0")}`);
  const made = await stored(...names);
  made.cluster.put(account("team-03", "default", ["gone"]));
  made.cluster.put(account("team-04", "default", ["acr-myregistry"]));

  expect(await type("detach --dangling -A", made.ports)).toEqual({
    stdout: "serviceaccount/default patched in namespace team-03\nserviceaccount/default unchanged in namespace team-04\n",
    stderr: "1 ServiceAccount patched, 1 unchanged\n",
    code: 0,
  });
  const asked = made.asking.all.filter((text) => !text.includes("team-03"));
  expect(asked.sort()).toEqual(
    [
      "cronjob.batch",
      "daemonset.apps",
      "deployment.apps",
      "job.batch",
      "namespace",
      "replicaset.apps",
      "replicationcontroller",
      "secret",
      "serviceaccount",
      "statefulset.apps",
    ].map((kind) => `list ${kind}`),
  );
  expect(made.asking.all.filter((text) => text.includes("team-03"))).toEqual([
    "get secret team-03/gone",
    "patch serviceaccount team-03/default",
  ]);
});

test.for<{ typed: string; says: RegExp }>([
  {
    typed: "detach --dangling gone -n demo",
    says: /^error: --dangling finds the names by itself, so "gone" cannot be named beside it\nhint: kubectl acr-secret detach -n demo gone /,
  },
  {
    typed: "detach --dangling --where-used -n demo",
    says: /^error: if any flags in the group \[dangling where-used\] are set none of the others can be/,
  },
  { typed: "detach --dangling -o kustomize -n demo", says: /^error: -o kustomize is about one Secret, / },
  { typed: "detach --dangling -n nope", says: /^Error from server \(NotFound\): namespaces "nope" not found\n/ },
])("$typed is refused", async ({ typed, says }) => {
  expect(await type(typed, (await world()).ports)).toMatchObject({ stdout: "", stderr: expect.stringMatching(says), code: 1 });
});

test("of a Secret that neither is there nor in a list, scripts can tell", async () => {
  const made = await world();

  const { stdout } = await type("detach mistyped -n demo --serviceaccount app -o jsonl", made.ports);

  expect(stdout).toContain('"ids":["secret-missing"]');
});
