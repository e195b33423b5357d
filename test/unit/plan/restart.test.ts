import { expect, test } from "vitest";
import { planRestarts, type WaitingPod } from "../../../src/plan/restart.ts";

const accounts = new Map([["default", ["theirs", "acr"]]]);
const pod = (more: Partial<WaitingPod>): WaitingPod => ({
  to: { kind: "pod", namespace: "demo", name: "web-1" },
  uid: "u1",
  account: "default",
  repositories: ["app/web"],
  names: ["theirs"],
  hasController: true,
  ...more,
});

test.for<{ why: string; pod: WaitingPod; restarts: number; notices: number }>([
  { why: "made before the attach, and made anew by its controller", pod: pod({}), restarts: 1, notices: 0 },
  { why: "made after it", pod: pod({ names: ["theirs", "acr"] }), restarts: 0, notices: 0 },
  { why: "nobody would make it anew", pod: pod({ hasController: false }), restarts: 0, notices: 1 },
  { why: "its template may list its own, which would come back", pod: pod({ names: ["own"] }), restarts: 0, notices: 1 },
  { why: "of a ServiceAccount that is not attached", pod: pod({ account: "other" }), restarts: 0, notices: 0 },
  { why: "waits for what the Secret may not pull", pod: pod({ repositories: ["base/nginx"] }), restarts: 0, notices: 1 },
  { why: "one image may be pulled, the other not", pod: pod({ repositories: ["app/web", "base/nginx"] }), restarts: 1, notices: 1 },
  {
    why: "carries the Secret, which may not pull what it waits for",
    pod: pod({ names: ["theirs", "acr"], repositories: ["base/nginx"] }),
    restarts: 0,
    notices: 1,
  },
])("$why", ({ pod, restarts, notices }) => {
  const plan = planRestarts("acr", accounts, [pod], (repository) => repository === "app/web");

  expect([plan.restarts.length, plan.notices.length]).toEqual([restarts, notices]);
});

test("what the Secret may not pull is told with the flags that add it", () => {
  const { notices } = planRestarts("acr", accounts, [pod({ repositories: ["app/web", "base/nginx", "base/redis"] })], (repository) =>
    repository.startsWith("app/"),
  );

  expect(notices).toEqual([
    "pod/web-1 waits for base/nginx and base/redis, which secret/acr may not pull: add --repository base/nginx --repository base/redis",
  ]);
});
