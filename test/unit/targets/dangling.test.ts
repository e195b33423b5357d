import { expect, test } from "vitest";
import { kinds, type TargetKind } from "../../../src/kinds.ts";
import { planDangling } from "../../../src/targets/dangling.ts";
import type { OwnerRef, Target } from "../../../src/targets/references.ts";

const target = (kind: TargetKind, name: string, names: readonly string[], owner?: OwnerRef): Target => ({
  to: { kind, namespace: "demo", name },
  names,
  version: "7",
  ...(owner && { owner }),
  ...(kinds[kind].pullSecretList.takesEffect === "recreate" && { recreation: {} }),
});
const planned = (targets: readonly Target[], named = false) => planDangling(targets, { existing: new Set(["a", "b"]), named });
const taken = (dangling: readonly string[], before: readonly string[], after: readonly string[]) => ({
  act: "detach",
  secret: dangling[0],
  before,
  after,
  dangling,
});

test.for<{ names: string[]; plan: object }>([
  { names: ["a", "gone", "b"], plan: taken(["gone"], ["a", "gone", "b"], ["a", "b"]) },
  { names: ["b", "", "a", ""], plan: taken([""], ["b", "", "a", ""], ["b", "a"]) },
  { names: ["gone"], plan: taken(["gone"], ["gone"], []) },
  { names: ["y", "a", "x", "y"], plan: taken(["y", "x"], ["y", "a", "x", "y"], ["a"]) },
  { names: ["b", "a"], plan: { act: "keep", because: "every listed Secret exists" } },
])("removes names of missing Secrets from $names and keeps the order of the others", ({ names, plan }) => {
  const account = target("serviceaccount", "app", names);

  expect(planned([account])).toEqual([{ to: account.to, ...plan }]);
  expect(planned([account], true)).toEqual([{ to: account.to, ...plan }]);
});

test.for<{ kind: TargetKind; act: string }>([
  { kind: "serviceaccount", act: "detach" },
  { kind: "replicaset.apps", act: "detach" },
  { kind: "replicationcontroller", act: "detach" },
  { kind: "cronjob.batch", act: "detach" },
  { kind: "deployment.apps", act: "warn" },
  { kind: "statefulset.apps", act: "warn" },
  { kind: "daemonset.apps", act: "warn" },
  { kind: "job.batch", act: "warn" },
])("plans $act for a $kind when no target is named", ({ kind, act }) => {
  expect(planned([target(kind, "web", ["gone"])]).map((change) => change.act)).toEqual([act]);
});

test.for<{ kind: TargetKind; act: string }>([
  { kind: "deployment.apps", act: "detach" },
  { kind: "job.batch", act: "refuse" },
  { kind: "pod", act: "refuse" },
])("plans $act for a $kind that is named", ({ kind, act }) => {
  expect(planned([target(kind, "web", ["gone"])], true).map((change) => change.act)).toEqual([act]);
  expect(planned([target(kind, "web", ["a"])], true).map((change) => change.act)).toEqual(["keep"]);
});

test("warns once about targets whose pods would restart, and once about targets that cannot be changed", () => {
  const names = Array.from({ length: 12 }, (_, index) => `web-${index}`);
  const changes = planned([
    ...names.map((name) => target("deployment.apps", name, ["gone"])),
    target("deployment.apps", "fine", ["a"]),
    target("daemonset.apps", "agent", ["", "old"]),
    target("job.batch", "migrate", [""]),
  ]);

  expect(changes).toEqual([
    {
      act: "warn",
      id: "dangling-name",
      to: { kind: "deployment.apps", namespace: "demo", name: "web-0" },
      message:
        "deployment.apps/web-0, deployment.apps/web-1, deployment.apps/web-2 and 10 more list missing Secrets " +
        '(gone, "" and old); skipped because a change restarts pods',
      fix: { verb: "detach", dangling: true, targets: names.slice(0, 10).map((name) => `deployment/${name}`) },
    },
    {
      act: "warn",
      id: "empty-name",
      to: { kind: "job.batch", namespace: "demo", name: "migrate" },
      message: 'job.batch/migrate lists a missing Secret (""); skipped because the list cannot be changed',
    },
  ]);
});

test("omits a target without a list unless it is named", () => {
  const bare = target("serviceaccount", "app", []);

  expect(planned([bare])).toEqual([]);
  expect(planned([bare], true)).toMatchObject([{ act: "keep" }]);
});

test.for<{ names: string[]; fix: object | undefined }>([
  { names: ["gone", "a"], fix: { verb: "detach", secret: "gone", targets: ["pod/web"], recreate: true } },
  { names: ["gone", ""], fix: undefined },
  { names: ["../x"], fix: undefined },
  { names: [""], fix: undefined },
])("suggests a command that recreates an object without $names only for one name", ({ names, fix }) => {
  const [change] = planned([target("pod", "web", names)], true);

  expect(change).toMatchObject({
    act: "refuse",
    message: expect.stringMatching(/^imagePullSecrets of pod\/web cannot be changed, so the Pod must be recreated$/),
  });
  expect(change && "fix" in change ? change.fix : undefined).toEqual(fix);
});

test("refuses an object of a controller and suggests the command for the controller", () => {
  const changes = planned([target("replicaset.apps", "web-1", ["gone"], { kind: "Deployment", name: "web" })], true);

  expect(changes).toMatchObject([{ act: "refuse", fix: { verb: "detach", dangling: true, targets: ["deployment/web"] } }]);
});
