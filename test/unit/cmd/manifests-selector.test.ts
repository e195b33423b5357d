import { expect, test } from "vitest";
import { readSelector } from "../../../cmd/manifest/choose.ts";

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
  ["! app", false],
  ["app=", false],
  ["app in (api, web)", true],
  ["app in (api,web),tier", true],
  ["app in (api)", false],
  ["none in (x)", false],
  ["app notin (api),tier in (front)", true],
  ["app notin (web)", false],
  ["app notin(web)", false],
  ["app in (web),tier notin (back,side),!none", true],
  ["inside=x", false],
  ["none notin (x)", true],
  ["app.kubernetes.io/part-of=shop", true],
  ["", true],
  ["app=(web", undefined],
  ["app=web,,tier", undefined],
  ["app=web,", undefined],
  ["=web", undefined],
  ["app > 1", undefined],
])("parses %s like the API server", ([selector, chooses]) => {
  expect(readSelector(selector)?.(labels)).toBe(chooses);
});

test("matches an object without labels", () => {
  expect(readSelector("app")?.({})).toBe(false);
  expect(readSelector("!app")?.({})).toBe(true);
});
