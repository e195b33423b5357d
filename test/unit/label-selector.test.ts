import { expect, test } from "vitest";
import { readSelector } from "../../src/label-selector.ts";

const labels = { app: "web", tier: "front", "app.kubernetes.io/part-of": "shop", empty: "" };

test.for<[selector: string, chooses: boolean | undefined]>([
  ["app=web", true],
  ["app==web", true],
  ["app = web", true],
  ["app=api", false],
  ["app!=api", true],
  ["app!=web", false],
  ["none!=x", true],
  ["app=web,tier=front", true],
  ["app=web, tier=back", false],
  ["app", true],
  ["none", false],
  ["!none", true],
  ["!app", false],
  ["empty=", true],
  ["app in (api, web)", true],
  ["app in (api)", false],
  ["none in (x)", false],
  ["app notin (api),tier in (front)", true],
  ["app notin (web)", false],
  ["none notin (x)", true],
  ["app.kubernetes.io/part-of=shop", true],
  ["", true],
  ["app=(web", undefined],
  ["app=web,,tier", undefined],
  ["app=web,", undefined],
  ["=web", undefined],
  ["app > 1", undefined],
])("%s", ([selector, chooses]) => {
  expect(readSelector(selector)?.(labels)).toBe(chooses);
});

const front = { app: "web", tier: "front", empty: "" };

test.for([
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
  expect(readSelector(selector)?.(front)).toBe(has);
});

test("what has no labels lacks them all", () => {
  expect(readSelector("app")?.({})).toBe(false);
  expect(readSelector("!app")?.({})).toBe(true);
});
