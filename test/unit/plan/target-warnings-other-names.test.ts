import { expect, test } from "vitest";
import type { Target } from "../../../src/plan/references.ts";
import { type OtherName, warnNameless, warnOthers } from "../../../src/plan/target-warnings.ts";

const account = (...names: string[]): Target => ({ to: { kind: "serviceaccount", namespace: "demo", name: "app" }, names, version: "7" });
const web = (...names: string[]): Target => ({ to: { kind: "deployment.apps", namespace: "demo", name: "web" }, names, version: "7" });
const gone = (name: string): OtherName => ({ name, id: "dangling-name", why: "is not there" });

test.for<{ why: string; targets: Target[]; others?: OtherName[]; told: object[] }>([
  { why: "nothing beside it", targets: [account()], told: [] },
  { why: "a name that leads to a Secret", targets: [account("theirs")], told: [] },
  {
    why: "a name that leads nowhere",
    targets: [account("gone")],
    others: [gone("gone")],
    told: [
      {
        id: "dangling-name",
        to: account().to,
        says: "serviceaccount/app also lists secret/gone, which is not there",
        fix: { verb: "detach", secret: "gone", serviceaccounts: ["app"] },
      },
    ],
  },
  {
    why: "two targets have it",
    targets: [web("gone"), account("a", "gone")],
    others: [gone("gone")],
    told: [
      {
        to: web().to,
        says: "deployment.apps/web and serviceaccount/app also list secret/gone, which is not there",
        fix: { verb: "detach", secret: "gone", serviceaccounts: ["app"], targets: ["deployment/web"] },
      },
    ],
  },
  { why: "a name of a target whose list is not written", targets: [account("a")], others: [gone("gone")], told: [] },
  {
    why: "a name that could forge a line",
    targets: [account("x\nerror: y")],
    others: [gone("x\nerror: y")],
    told: [
      {
        says: 'serviceaccount/app also lists secret/"x\\nerror: y", which is not there',
        fix: { verb: "detach", dangling: true, serviceaccounts: ["app"] },
      },
    ],
  },
  {
    why: "an entry without a name",
    targets: [account("")],
    told: [
      {
        id: "empty-name",
        says: "serviceaccount/app also has an entry without a name, for which the cluster autoscaler passes over pods that wait",
        fix: { verb: "detach", dangling: true, serviceaccounts: ["app"] },
      },
    ],
  },
  {
    why: "two that have one",
    targets: [account(""), web("", "")],
    told: [{ says: expect.stringMatching(/^serviceaccount\/app and deployment.apps\/web also have entries without a name, /) }],
  },
])("$why", ({ targets, others = [], told }) => {
  const warnings = [...warnOthers(targets, others), ...warnNameless(targets)];

  expect(warnings).toMatchObject(told);
  expect(warnings).toHaveLength(told.length);
});
