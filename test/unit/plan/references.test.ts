import { expect, test } from "vitest";
import type { PullSecrets } from "../../../src/plan/change.ts";
import { planAttach, planDetach } from "../../../src/plan/references.ts";

const account = { kind: "serviceaccount", namespace: "demo", name: "default" } as const;
const at7 = (...names: string[]): PullSecrets => ({ names, version: "7" });

test.for([
  { plan: planAttach, before: [], after: ["acr"], why: "the first" },
  { plan: planAttach, before: ["theirs"], after: ["theirs", "acr"], why: "behind the others" },
  { plan: planAttach, before: ["acr", "theirs"], after: null, why: "there already, wherever it stands" },
  { plan: planDetach, before: ["a", "acr", "b"], after: ["a", "b"], why: "the others keep their order" },
  { plan: planDetach, before: ["acr", "a", "acr"], after: ["a"], why: "the API takes a name twice" },
  { plan: planDetach, before: ["acr"], after: [], why: "the last one" },
  { plan: planDetach, before: ["theirs"], after: null, why: "was never there" },
])("$plan.name: $before becomes $after ($why)", ({ plan, before, after }) => {
  const change = plan("acr", account, at7(...before));

  expect(change.act === "keep" ? null : change.after).toEqual(after && at7(...after));
});
