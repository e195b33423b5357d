import { expect, test } from "vitest";
import { podFacts } from "../../../src/state/pods.ts";
import { pod } from "../../support/check-world.ts";

const ownedBy = (apiVersion: string, kind: string) => {
  const made = pod("p", { owner: { kind, name: "x" }, labels: {} });
  const ownerReferences = [{ apiVersion, kind, name: "x", uid: "u", controller: true }];
  return podFacts({ ...made, metadata: { ...made.metadata, ownerReferences } }, "app", undefined).owner;
};

test.for([
  { of: "batch/v1", kind: "Job", as: "job" },
  { of: "batch.volcano.sh/v1alpha1", kind: "Job", as: "job.batch.volcano.sh" },
  { of: "argoproj.io/v1alpha1", kind: "Workflow", as: "workflow" },
])("a pod of a $kind of $of is one of $as/x", ({ of, kind, as }) => {
  expect(ownedBy(of, kind)).toEqual({ kind: as, name: "x", remakes: false, template: undefined });
});
