import { expect, test } from "vitest";
import { restartNotice } from "../../src/actions/notice.ts";
import type { TargetKind } from "../../src/kinds.ts";
import { joinNames } from "../../src/kinds.ts";
import type { Change, Plan } from "../../src/plan/change.ts";
import { inLine, nameInPlace } from "../../src/wording.ts";

const names = (count: number) => Array.from({ length: count }, (_, index) => `r${index}`);

test.for([
  { count: 0, line: "" },
  { count: 1, line: "r0" },
  { count: 10, line: "r0, r1, r2, r3, r4, r5, r6, r7, r8, r9" },
  { count: 11, line: "r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 and 1 more" },
  { count: 13, line: "r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 and 3 more" },
])("shows at most ten of $count names in a line", ({ count, line }) => {
  expect(inLine(names(count))).toBe(line);
});

const of = (namespace: string) => ({ kind: "secret", namespace, name: "acr" }) as const;

test("joins the first names with their places", () => {
  expect(joinNames([of("a"), of("b"), of("c"), of("d"), of("e")].map(nameInPlace))).toBe(
    "secret/acr in namespace a, secret/acr in namespace b, secret/acr in namespace c and 2 more",
  );
});

const refer = (act: "attach" | "detach", kind: TargetKind, name: string): Change => ({
  act,
  to: { kind, namespace: "demo", name },
  secret: "acr",
  before: [],
  after: [],
});
const restart = (name: string): Change => ({ act: "restart", to: { kind: "pod", namespace: "demo", name }, uid: "u", because: "" });
const rollout: Change = { act: "restart", to: { kind: "deployment.apps", namespace: "demo", name: "api" }, because: "" };

test.for<{ why: string; plan: Plan; ahead: string | undefined }>([
  { why: "an empty plan", plan: [], ahead: undefined },
  {
    why: "a ServiceAccount",
    plan: [refer("attach", "serviceaccount", "default"), refer("attach", "cronjob.batch", "x")],
    ahead: undefined,
  },
  { why: "an unchanged template", plan: [{ act: "keep", to: rollout.to, because: "" }], ahead: undefined },
  {
    why: "a template",
    plan: [refer("attach", "deployment.apps", "web")],
    ahead: "rolling out deployment.apps/web",
  },
  { why: "a detached template", plan: [refer("detach", "statefulset.apps", "db")], ahead: "rolling out statefulset.apps/db" },
  {
    why: "rollouts and pods",
    plan: [refer("attach", "daemonset.apps", "agent"), rollout, restart("web-1"), restart("web-2")],
    ahead: "rolling out daemonset.apps/agent, deployment.apps/api; restarting pod/web-1, pod/web-2",
  },
  {
    why: "many",
    plan: Array.from({ length: 12 }, (_, index) => restart(`p-${index}`)),
    ahead: "restarting pod/p-0, pod/p-1, pod/p-2, pod/p-3, pod/p-4, pod/p-5, pod/p-6, pod/p-7, pod/p-8, pod/p-9 and 2 more",
  },
])("announces restarts: $why", ({ plan, ahead }) => {
  expect(restartNotice(plan)).toBe(ahead);
});
