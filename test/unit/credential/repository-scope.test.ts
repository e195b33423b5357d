import { expect, test } from "vitest";
import { beyond, type Need, repositoryScopeOf } from "../../../src/credential/repository-scope.ts";
import { flag, plugin } from "../../../src/hint.ts";

const host = "myregistry.azurecr.io";
const again = plugin("create", "acr", "--registry", "myregistry");
const of = { host, again };
const images = ["app/web", "app/api", "app/web"].map((repository, index) => ({ host, repository, reference: `${index}` }));

test.for<{ why: string; said: Partial<Need>; granted?: readonly string[]; reaches: readonly string[] }>([
  { why: "the repositories of pods when nothing is granted or named", said: {}, reaches: ["app/api", "app/web"] },
  { why: "the named repositories when nothing is granted", said: { repositories: ["base/*"] }, reaches: ["base/*"] },
  { why: "only the granted repositories, regardless of pods", said: {}, granted: ["app/web"], reaches: ["app/web"] },
  {
    why: "the granted and the named repositories",
    said: { repositories: ["base/*"] },
    granted: ["app/web"],
    reaches: ["app/web", "base/*"],
  },
  {
    why: "also the repositories of pods with the flag",
    said: { fromPods: true },
    granted: ["old"],
    reaches: ["app/api", "app/web", "old"],
  },
  {
    why: "the named repositories and those of pods with the flag",
    said: { fromPods: true, repositories: ["x"] },
    reaches: ["app/api", "app/web", "x"],
  },
])("covers $why", ({ said, granted, reaches }) => {
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
  message: string;
  repositories: string[];
}>([
  {
    why: "no pod uses an image",
    images: [],
    granted: undefined,
    message: `no pod in the namespace uses an image of ${host}`,
    repositories: ["REPOSITORY"],
  },
  {
    why: "no pod uses an image and nothing is granted",
    images: [],
    granted: [],
    message: "no pod in the namespace uses",
    repositories: ["REPOSITORY"],
  },
  { why: "the scope map grants no repository", images, granted: [], message: "grants no repository", repositories: ["app/web", "app/api"] },
])("requires named repositories when $why", ({ images: used, granted, message, repositories }) => {
  const reach = () => repositoryScopeOf(of, { repositories: [], fromPods: false, images: used }, granted);
  expect(reach).toThrow(message);
  expect(reach).toThrow(
    expect.objectContaining({ kind: "usage", hint: { ...again, words: [...again.words, ...flag("repository", repositories)] } }),
  );
});

test("requires named repositories when no pod in several namespaces uses an image", () => {
  expect(() => repositoryScopeOf({ ...of, copyTo: {} }, { repositories: [], fromPods: false, images: [] }, undefined)).toThrow(
    `no pod in the selected namespaces uses an image of ${host}`,
  );
});

test("returns each uncovered repository once, sorted", () => {
  expect(beyond(["base/*"], images)).toEqual(["app/api", "app/web"]);
  expect(beyond(["app/*"], images)).toEqual([]);
  expect(beyond(["app/we"], images)).toEqual(["app/api", "app/web"]);
  expect(beyond(["*"], images)).toEqual([]);
});
