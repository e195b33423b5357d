import { expect, test } from "vitest";
import type { Need } from "../../../src/credential/kind.ts";
import { beyond, repositoryScopeOf } from "../../../src/credential/repository-scope.ts";

const host = "myregistry.azurecr.io";
const of = { verb: "create", host, registry: "myregistry", secret: "acr" } as const;
const images = ["app/web", "app/api", "app/web"].map((repository, index) => ({ host, repository, reference: `${index}` }));

test.for<{ why: string; said: Partial<Need>; granted?: readonly string[]; reaches: readonly string[] }>([
  { why: "nothing is granted yet: what pods use", said: {}, reaches: ["app/api", "app/web"] },
  { why: "nothing is granted yet, some are named: those", said: { repositories: ["base/*"] }, reaches: ["base/*"] },
  { why: "some are granted: those, whatever pods use", said: {}, granted: ["app/web"], reaches: ["app/web"] },
  { why: "some are granted, others named: both", said: { repositories: ["base/*"] }, granted: ["app/web"], reaches: ["app/web", "base/*"] },
  { why: "what pods use is asked for", said: { fromPods: true }, granted: ["old"], reaches: ["app/api", "app/web", "old"] },
  { why: "it is asked for beside a name", said: { fromPods: true, repositories: ["x"] }, reaches: ["app/api", "app/web", "x"] },
])("$why", ({ said, granted, reaches }) => {
  expect(repositoryScopeOf(of, { repositories: [], fromPods: false, images, ...said }, granted)).toEqual({
    host,
    repositories: reaches,
    images,
  });
});

test.for<{
  why: string;
  images: Need["images"];
  granted: readonly string[] | undefined;
  says: string;
  repositories: string[];
}>([
  {
    why: "no pod uses any",
    images: [],
    granted: undefined,
    says: `no pod in the namespace uses an image of ${host}`,
    repositories: ["REPOSITORY"],
  },
  {
    why: "no pod uses any, nor is any granted",
    images: [],
    granted: [],
    says: "no pod in the namespace uses",
    repositories: ["REPOSITORY"],
  },
  { why: "a scope map grants none", images, granted: [], says: "grants no repository", repositories: ["app/web", "app/api"] },
])("where there is nothing to pull, repositories have to be named: $why", ({ images: used, granted, says, repositories }) => {
  const reach = () => repositoryScopeOf(of, { repositories: [], fromPods: false, images: used }, granted);
  expect(reach).toThrow(says);
  expect(reach).toThrow(
    expect.objectContaining({ kind: "usage", hint: { verb: "create", registry: "myregistry", secret: "acr", repositories } }),
  );
});

test("what no scope covers is told once, in order", () => {
  expect(beyond(["base/*"], images)).toEqual(["app/api", "app/web"]);
  expect(beyond(["app/*"], images)).toEqual([]);
  expect(beyond(["app/we"], images)).toEqual(["app/api", "app/web"]);
  expect(beyond(["*"], images)).toEqual([]);
});
