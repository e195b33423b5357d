import { expect, test } from "vitest";
import { hasLabels } from "../../../src/observe/labels.ts";

const labels = { app: "web", tier: "front", empty: "" };

test.for([
  { selector: undefined, has: true },
  { selector: "", has: true },
  { selector: "app=web", has: true },
  { selector: "app==web", has: true },
  { selector: "app=api", has: false },
  { selector: "app=web,tier=front", has: true },
  { selector: "app=web, tier=back", has: false },
  { selector: "app!=api", has: true },
  { selector: "app!=web", has: false },
  { selector: "none!=web", has: true },
  { selector: "app", has: true },
  { selector: "none", has: false },
  { selector: "!none", has: true },
  { selector: "! app", has: false },
  { selector: "empty=", has: true },
  { selector: "app=", has: false },
  { selector: "app in (api,web)", has: true },
  { selector: "app in (api, web),tier", has: true },
  { selector: "app in (api)", has: false },
  { selector: "none in (web)", has: false },
  { selector: "app notin (api)", has: true },
  { selector: "app notin(web)", has: false },
  { selector: "none notin (web)", has: true },
  { selector: "app in (web),tier notin (back,side),!none", has: true },
  { selector: "inside=x", has: false },
])("$selector: $has", ({ selector, has }) => {
  expect(hasLabels(labels, selector)).toBe(has);
});

test("what has no labels lacks them all", () => {
  expect(hasLabels(undefined, "app")).toBe(false);
  expect(hasLabels(undefined, "!app")).toBe(true);
});
