import { expect, test } from "vitest";
import { Interrupted } from "../../../src/errors.ts";
import { is } from "../../support/fakes/asked.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { killing } from "../../support/fakes/killing.ts";
import { fakeShelf } from "../../support/fakes/shelf.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { podOf } from "../../support/situations/anew.ts";
import { again, namesOf, podIn, replaced, unchanged, waiting } from "../../support/situations/recreating.ts";

test("an interruption while the old one goes leaves it to the next run", async () => {
  const world = await waiting();
  let interrupt = () => {};
  world.asking.around(async (asked, next) => {
    const answer = await next();
    if (is("delete pod")(asked)) interrupt();
    return answer;
  });
  const { code } = await type(again, world.ports, { started: (live) => (interrupt = live.interrupt) });
  expect(code).toBe(130);
  expect(namesOf(world)).toEqual(["theirs", "acr-myregistry"]);
  expect(await type(again, world.ports)).toEqual(unchanged);
});

test("an interruption while the old one is waited for names the file, and the next run goes on", async () => {
  const world = await waiting({ metadata: { finalizers: ["example.com/hold"] } });
  let interrupt = () => {};
  const sleep = () => {
    interrupt();
    return Promise.reject(new Interrupted());
  };
  const { stdout, stderr, code } = await type(again, world.ports, {
    sleep,
    started: (live) => {
      interrupt = live.interrupt;
    },
  });
  expect({ stdout, code }).toEqual({ stdout: "", code: 130 });
  expect(stderr).toContain("what it was is in /home/jane/.kube/acr-secret/1.json");
  world.cluster.remove("pod", "demo", "p");
  expect(await type(again, world.ports)).toEqual(replaced);
  expect(world.shelf.lying.size).toBe(0);
});

test.for([
  {
    verb: "detach",
    has: ["acr-myregistry"],
    comes: ["acr-myregistry"],
    stderr:
      "error: pod/p would come back with acr-myregistry, which serviceaccount/default gives it\n" +
      "hint: kubectl acr-secret detach -n demo acr-myregistry --serviceaccount default\n",
  },
  { verb: "attach", has: [], comes: [], stderr: "error: pod/p would come back without acr-myregistry: admission takes it out\n" },
])("admission has the last word on what $verb comes to, and is asked first", async ({ verb, has, comes, stderr }) => {
  const list = (names: readonly string[]) => ({ imagePullSecrets: names.map((name) => ({ name })) });
  const world = await waiting({ spec: list(has) });
  world.asking.around(async (asked, next) => {
    const answer = await next();
    return asked.dryRun ? podOf({ spec: list(comes) }) : answer;
  });
  expect(await type(`${verb} acr-myregistry pod/p -n demo --recreate`, world.ports)).toEqual({ stdout: "", stderr, code: 1 });
  expect(world.asking.writes).toEqual([]);
});

const beginnings = {
  "a pod": { line: again, target: "pod/p", list: () => waiting() },
  "all pods": { line: "attach acr-myregistry pods --all -n demo --recreate", target: "pod/p", list: () => waiting() },
  "pods with a label": {
    line: "attach acr-myregistry pods -l app=web -n demo --recreate",
    target: "pod/p",
    list: () => waiting({ metadata: { labels: { app: "web" } } }),
  },
};

test.for(
  Object.entries(beginnings).flatMap(([what, of]) =>
    Array.from({ length: 12 }, (_, at) => [true, false].map((after) => ({ what, ...of, at: at + 1, after }))).flat(),
  ),
)("$what: killed at request $at (answered: $after), the next run ends it well", async ({ line, list, at, after }) => {
  const world = await list();
  const spec = podIn(world)?.spec;
  const kill = killing(at, after);
  const free = world.asking.around(kill);
  await Promise.race([type(line, world.ports), kill.killed]);
  free();

  const second = await type(line, world.ports);
  expect(["pod/p replaced\n", "pod/p unchanged\n"]).toContain(second.stdout);
  expect({ stderr: second.stderr, code: second.code }).toEqual({ stderr: "", code: 0 });
  expect(podIn(world)?.spec).toEqual({ ...spec, imagePullSecrets: [{ name: "theirs" }, { name: "acr-myregistry" }] });
  expect(world.shelf.lying.size).toBe(0);
  expect(await type(line, world.ports)).toEqual(unchanged);
});

test.for([
  { where: "on one machine", shelves: (world: FakeWorld) => [world.shelf, world.shelf] },
  { where: "on two machines", shelves: (world: FakeWorld) => [world.shelf, fakeShelf()] },
])("two runs at once $where make it anew once or twice, and it stands", async ({ shelves }) => {
  for (let round = 0; round < 20; round++) {
    const world = await waiting();
    let turn = 0;
    world.asking.around(async (_, next) => {
      for (let wait = (turn++ * 7 + round) % 5; wait > 0; wait--) await new Promise(setImmediate);
      return next();
    });
    const both = shelves(world);
    const sleep = async () => void (await new Promise((resolve) => setTimeout(resolve, 2)));
    const ends = await Promise.all(both.map((shelf) => type(again, world.ports, { shelf, sleep })));
    for (const { code, stdout, stderr } of ends) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(["pod/p replaced\n", "pod/p unchanged\n"]).toContain(stdout);
    }
    expect(namesOf(world)).toEqual(["theirs", "acr-myregistry"]);
    for (const shelf of both) expect(await shelf.all()).toEqual([]);
  }
});

test("two runs at once with different Secrets attach both", async () => {
  for (let round = 0; round < 10; round++) {
    const world = await waiting();
    const secret = world.cluster.get("secret", "demo", "acr-myregistry");
    if (!secret) throw new Error("no Secret");
    const { uid: _, resourceVersion: __, ...metadata } = secret.metadata;
    world.cluster.put({ ...secret, metadata: { ...metadata, name: "other" } });
    let turn = 0;
    world.asking.around(async (_asked, next) => {
      for (let wait = (turn++ * 5 + round) % 7; wait > 0; wait--) await new Promise(setImmediate);
      return next();
    });
    const sleep = async () => void (await new Promise((resolve) => setTimeout(resolve, 2)));
    const ends = await Promise.all([again, again.replace("acr-myregistry", "other")].map((line) => type(line, world.ports, { sleep })));
    expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 0, stderr: "" },
      { code: 0, stderr: "" },
    ]);
    expect(namesOf(world)?.toSorted()).toEqual(["acr-myregistry", "other", "theirs"]);
    expect(world.shelf.lying.size).toBe(0);
  }
});

test("a manifest of a namespace of the same name in another cluster stays where it lies", async () => {
  const world = await stored("demo");
  await world.shelf.put({ in: "another", uid: "uid-p", object: podOf({ metadata: { uid: undefined } as object }) });
  expect(await type(again, world.ports)).toMatchObject({ stderr: expect.stringContaining('pods "p" not found'), code: 1 });
  expect(world.shelf.lying.size).toBe(1);
});

test("in many namespaces, too, what a killed run has deleted is found", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `team-${index}`);
  const world = await stored(...names);
  addNamespaces(world.cluster, "demo");
  const { metadata, ...pod } = podOf({ metadata: { namespace: "team-7" } });
  const { uid: _, resourceVersion: __, ...rest } = metadata;
  const inside = world.cluster.all("namespace").find((one) => one.metadata.name === "team-7")?.metadata.uid ?? "";
  await world.shelf.put({ in: inside, uid: "uid-p", object: { ...pod, metadata: rest } });
  expect(await type("attach acr-myregistry pods --all --recreate --namespaces team-*", world.ports)).toMatchObject({
    stdout: "pod/p replaced in namespace team-7\n",
    code: 0,
  });
});
