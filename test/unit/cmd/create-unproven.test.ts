import { expect, test } from "vitest";
import { next, unchecked } from "../../support/demo.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

/** Creates a world with the image app/web:1 and the namespace demo. */
function empty(): FakeWorld {
  const world = fakeWorld();
  world.azure.images.add("app/web:1");
  addNamespaces(world.cluster, "demo");
  return world;
}

const lines = (how: string) => `scopemap.azurecr.io/ci-pull ${how}\ntoken.azurecr.io/ci-pull ${how}\nsecret/acr-myregistry ${how}\n`;

test.for(["blocked", "throttled", "unreachable", "untrusted"])(
  "a credential that is kept although the registry is %s is not told as unchanged without a word",
  async (verdict) => {
    const world = empty();
    const line = "create --registry myregistry --repository app/web --acr-token ci-pull -n demo";
    await type(line, world.ports);
    world.asking.around(async (asked, next) => (asked.call === "prove" ? { verdict, message: "nobody answers" } : next()));

    expect(await type(line, world.ports)).toEqual({
      stdout: lines("unchanged"),
      stderr: "Warning: secret/acr-myregistry keeps its password, which was not tried: nobody answers\n",
      code: 0,
    });
  },
);

test.for([
  { repository: "app/next", says: "app/next" },
  { repository: "app/*", says: "app/*" },
])("a repository without an image gets its Secret before it is pushed to, and that is told: $repository", async ({ repository, says }) => {
  const world = empty();
  const line = `create --registry myregistry --repository ${repository} --acr-token ci-pull -n demo`;

  expect(await type(line, world.ports)).toEqual({
    stdout: lines("created").replace("created", `created (+${repository})`),
    stderr: `Warning: no image of myregistry.azurecr.io/${says} is known, so nothing shows that it can be pulled\n${next}`,
    code: 0,
  });
  expect(await type(line, world.ports)).toEqual({ stdout: lines("unchanged"), stderr: "", code: 0 });

  world.azure.tokens.get("ci-pull")?.passwords.clear();
  expect(await type(line, world.ports)).toMatchObject({ stdout: expect.stringContaining("secret/acr-myregistry configured\n"), code: 0 });
});

test("warns once about a repository when a pod names an image of it that does not exist", async () => {
  const world = empty();
  world.cluster.put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/wbe:1"));

  const { stderr, code } = await type("create --registry myregistry --repository app/wbe --where-used -n demo", world.ports);

  expect({ stderr, code }).toEqual({ stderr: "Warning: image myregistry.azurecr.io/app/wbe:1 not found, but a pod uses it\n", code: 0 });
});

test("a credential that is given is taken where no image is known, unless the registry refuses it", async () => {
  const world = empty();
  world.azure.users.set("ci", "hunter2");
  const line = "create --registry myregistry.azurecr.io --username ci --password-stdin -n demo";

  expect(await type(line, world.ports, { stdin: "wrong" })).toEqual({
    stdout: "",
    stderr: "error: the credential is not taken: myregistry.azurecr.io refuses the login\n",
    code: 1,
  });
  expect(await type(line, world.ports, { stdin: "hunter2" })).toEqual({
    stdout: "secret/acr-myregistry created\n",
    stderr: `${unchecked}Warning: no image of myregistry.azurecr.io/* is known, so nothing shows that it can be pulled\n${next}`,
    code: 0,
  });
});
