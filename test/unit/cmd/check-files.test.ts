import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { Proof } from "../../../src/registry/port.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { copySecret, sourceSecret } from "../../support/records.ts";

const image = "myregistry.azurecr.io/app/web:1";
const file = { home: "platform", name: "teams", serviceAccounts: ["default"] };
const source = { credential: { file }, copies: { "blue-1": "uid-of-blue-1", "blue-2": "uid-of-blue-2" } };
const readsSource = "get secret platform/acr";

/** Creates namespaces in which a pod waits for an image with the Secret `acr`. */
function waiting(...namespaces: readonly string[]): FakeWorld {
  const world = fakeWorld();
  addNamespaces(world.cluster, "platform", ...namespaces);
  for (const at of namespaces) world.cluster.put(stuckPod(at, "web-1", image, { names: ["acr"] }));
  return world;
}

function copied(...namespaces: readonly string[]): FakeWorld {
  const world = waiting(...namespaces);
  world.cluster.put(sourceSecret("platform/acr", source));
  for (const at of namespaces) world.cluster.put(copySecret(`${at}/acr`, { of: "platform/acr" }));
  return world;
}

type Item = { readonly namespace: string; readonly file?: object; readonly fix?: string; readonly notes: readonly string[] };

/** Checks with a registry that gives every login this answer. @returns the results, and the reads of the source */
async function check(world: FakeWorld, verdict: Proof["verdict"], words = "-A") {
  const registry = { prove: async () => ({ verdict, message: "no" }) };
  const { stdout } = await type(`check ${words} -o json`, { ...world.ports, registry });
  const items: readonly Item[] = JSON.parse(stdout).items;
  return { items, reads: world.asking.all.filter((call) => call === readsSource).length };
}

const ofCopy = { name: "teams", entry: "acr", namespace: "platform" };

test.for([
  { verdict: "out-of-scope", note: "add the repository to entry acr of file teams, and apply it" },
  { verdict: "refused", note: "apply file teams again: its entry acr gives secret acr its login" },
] as const)("names the file and the entry of a copy when its login is $verdict", async ({ verdict, note }) => {
  const { items, reads } = await check(copied("blue-1", "blue-2"), verdict);

  expect(items.map(({ namespace, file, fix }) => ({ namespace, file, fix }))).toEqual([
    { namespace: "blue-1", file: ofCopy, fix: undefined },
    { namespace: "blue-2", file: ofCopy, fix: undefined },
  ]);
  for (const { notes } of items) expect(notes).toContain(note);
  expect(reads).toBe(1);
});

test("names the file of a source without another request", async () => {
  const world = waiting("demo");
  world.cluster.put(sourceSecret("demo/acr", { credential: { file } }));

  const { items } = await check(world, "out-of-scope", "-n demo");

  expect(items).toMatchObject([{ file: { ...ofCopy, namespace: "demo" } }]);
  expect(items[0]?.fix).toBeUndefined();
  expect(world.asking.all.filter((call) => call.startsWith("get secret")).sort()).toEqual([
    "get secret demo/acr",
    "get secret demo/acr-myregistry",
  ]);
});

test("reads no source when the image pulls", async () => {
  const { items, reads } = await check(copied("blue-1"), "pulls");

  expect({ files: items.map((item) => item.file), reads }).toEqual({ files: [undefined], reads: 0 });
});

test.for([
  {
    when: "the source does not list the namespace",
    given: ({ cluster }: FakeWorld) => cluster.put(sourceSecret("platform/acr", { ...source, copies: { other: "uid" } })),
  },
  {
    when: "you may not read the source",
    given: ({ asking }: FakeWorld) => asking.around(refusing(is(readsSource), () => new CliError("forbidden", "no"))),
  },
  { when: "the source is missing", given: ({ cluster }: FakeWorld) => cluster.remove("secret", "platform", "acr") },
  {
    when: "the source belongs to no file",
    given: ({ cluster }: FakeWorld) => cluster.put(sourceSecret("platform/acr", { copies: source.copies })),
  },
  {
    when: "no file can have its name",
    given: ({ cluster }: FakeWorld) =>
      cluster.put(sourceSecret("platform/acr", { ...source, credential: { file: { ...file, name: "teams, and apply it" } } })),
  },
])("names no file of a copy when $when", async ({ given }) => {
  const world = copied("blue-1");
  given(world);

  const { items } = await check(world, "out-of-scope");

  expect(items).toMatchObject([{ notes: [expect.stringContaining("is a copy of")] }]);
  expect(items[0]).not.toHaveProperty("file");
});

test("prints no command that grants a repository to an unattached Secret of a file", async () => {
  const world = waiting("demo");
  world.cluster.put(stuckPod("demo", "web-1", image));
  world.cluster.put(sourceSecret("demo/acr", { credential: { file } }));
  const registry = {
    prove: async (_: object, login?: object) => ({ verdict: login ? "out-of-scope" : "refused", message: "no" }) as const,
  };

  const { stdout } = await type("check -n demo -o json", { ...world.ports, registry });

  expect(JSON.parse(stdout).items).toMatchObject([{ notes: ["add the repository to entry acr of file teams, and apply it"] }]);
  expect(stdout).not.toContain("kubectl acr-secret create");
});

test.for(["", "-o wide", "-o junit", "-o html"])("prints the file of a Secret with check %s", async (form) => {
  const registry = { prove: async () => ({ verdict: "not-found", message: "no" }) as const, contentOf: async () => "unknown" as const };

  const { stdout } = await type(`check -n blue-1 ${form}`, { ...copied("blue-1").ports, registry });

  expect(stdout).toMatch(/teams/);
});
