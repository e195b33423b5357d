import { expect, test } from "vitest";
import { next } from "../../support/demo.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

/** Creates a world with the image app/web:1 and the namespace demo. */
function empty(): FakeWorld {
  const world = fakeWorld();
  world.azure.images.add("app/web:1");
  addNamespaces(world.cluster, "demo");
  return world;
}

test("a repository may be written with the registry's host before it, and is granted without", async () => {
  const world = empty();

  expect(await type("create --registry myregistry --repository myregistry.azurecr.io/app/web -n demo", world.ports)).toMatchObject({
    stderr: next,
    code: 0,
  });
  expect([...world.azure.scopeMaps.values()].flatMap(({ actions }) => actions)).toEqual([
    "repositories/app/web/content/read",
    "repositories/app/web/metadata/read",
  ]);
});

test("an ACR token that is typed in another case is the same one", async () => {
  const world = empty();
  const line = (token: string) => `create --registry myregistry --repository app/web --acr-token ${token} -n demo`;
  await type(line("ci-pull"), world.ports);
  world.asking.forget();

  expect(await type(line("CI-Pull"), world.ports)).toEqual({
    stdout: "scopemap.azurecr.io/ci-pull unchanged\ntoken.azurecr.io/ci-pull unchanged\nsecret/acr-myregistry unchanged\n",
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});
