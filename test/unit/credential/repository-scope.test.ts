import { expect, test } from "vitest";
import { type Need, repositoryScopeOf } from "../../../src/credential/repository-scope.ts";
import { flag, plugin } from "../../../src/hint.ts";

const host = "myregistry.azurecr.io";
const again = plugin("create", "acr", "--registry", "myregistry");
const of = { host, again };
const images = ["app/web", "app/api", "app/web"].map((repository, index) => ({ host, repository, reference: `${index}` }));

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
  { why: "the scope map grants no repository", images, granted: [], message: "grants no repository", repositories: ["app/web", "app/api"] },
])("requires named repositories when $why", ({ images: used, granted, message, repositories }) => {
  const reach = () => repositoryScopeOf(of, { repositories: [], fromPods: false, images: used }, granted);
  expect(reach).toThrow(message);
  expect(reach).toThrow(
    expect.objectContaining({ kind: "usage", hint: { ...again, words: [...again.words, ...flag("repository", repositories)] } }),
  );
});
