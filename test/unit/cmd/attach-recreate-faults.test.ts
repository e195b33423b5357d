import { expect, test } from "vitest";
import { CliError, Conflict } from "../../../src/errors.ts";
import { is, losing, refusing } from "../../support/fakes/asked.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { podOf } from "../../support/situations/anew.ts";
import { again, forbidden, lost, namesOf, podIn, replaced, waiting } from "../../support/situations/recreating.ts";

test.for([
  {
    why: "the API server would not take it",
    around: refusing(is("create pod demo/p-rehearsal (dry run)"), () => new CliError("invalid", 'The Pod "p-rehearsal" is invalid')),
    says: 'The Pod "p" is invalid\n',
  },
  {
    why: "the namespace may not be read",
    around: refusing(is("get namespace"), forbidden),
    says: "Error from server (Forbidden): exceeded quota\n",
  },
  { why: "it may not be deleted", around: refusing(is("delete pod"), forbidden), says: "Error from server (Forbidden): exceeded quota\n" },
  { why: "the deletion was lost, and did not happen", around: refusing(is("delete pod"), lost), says: "error: the answer was lost\n" },
])("nothing goes where $why", async ({ around, says }) => {
  const world = await waiting();
  const before = podIn(world);
  world.asking.around(around);
  expect(await type(again, world.ports)).toEqual({ stdout: "", stderr: says, code: 1 });
  expect(podIn(world)).toEqual(before);
  expect(world.shelf.lying.size).toBe(0);
});

test("nothing goes where its manifest cannot be laid aside", async () => {
  const world = await waiting();
  const before = podIn(world);
  const shelf = { ...world.shelf, put: () => Promise.reject(new CliError("config", "cannot write to /home: EROFS")) };
  expect(await type(again, world.ports, { shelf })).toEqual({ stdout: "", stderr: "error: cannot write to /home: EROFS\n", code: 1 });
  expect(podIn(world)).toEqual(before);
});

test.for([
  { why: "the deletion", of: "delete pod demo/p" },
  { why: "the making", of: "create pod demo/p" },
])("where the answer to $why is lost, it ends well", async ({ of }) => {
  const world = await waiting();
  world.asking.around(losing((asked) => is(of)(asked) && !asked.dryRun, lost));
  expect(await type(again, world.ports)).toEqual(replaced);
  expect(namesOf(world)).toEqual(["theirs", "acr-myregistry"]);
  expect(world.shelf.lying.size).toBe(0);
});

test("where the new one is refused after all, the old one comes back as it was", async () => {
  const world = await waiting({ spec: { hostname: "web" } });
  world.asking.around(refusing((asked) => is("create pod demo/p")(asked) && !asked.dryRun, forbidden, 1));
  expect(await type(again, world.ports)).toEqual({
    stdout: "",
    stderr: "Error from server (Forbidden): exceeded quota\nhint: pod/p stands again as it was\n",
    code: 1,
  });
  expect(namesOf(world)).toEqual(["theirs"]);
  expect(podIn(world)?.spec).toMatchObject({ hostname: "web" });
  expect(world.shelf.lying.size).toBe(0);
});

test("where neither can be made, the file is named that has it, and the same command goes on from there", async () => {
  const world = await waiting();
  const free = world.asking.around(refusing((asked) => is("create pod demo/p")(asked) && !asked.dryRun, forbidden));
  const { stderr, code } = await type(again, world.ports);
  expect(code).toBe(1);
  expect(stderr).toContain(
    "hint: pod/p is deleted and not made anew yet: the same command goes on with it; what it was is in /home/jane/.kube/acr-secret/1.json\n",
  );
  expect(podIn(world)).toBeUndefined();
  // Also where the next run is refused before it begins
  const closed = world.asking.around(refusing(is("create pod demo/p-rehearsal"), forbidden));
  expect(await type(again, world.ports)).toMatchObject({ stderr: expect.stringContaining("what it was is in /home/jane"), code: 1 });
  expect(world.shelf.lying.size).toBe(1);
  closed();
  free();
  expect(await type(again, world.ports)).toEqual(replaced);
  expect(namesOf(world)).toEqual(["theirs", "acr-myregistry"]);
  expect(world.shelf.lying.size).toBe(0);
});

test("a pod that changes while it is decided on is looked at again", async () => {
  const world = await waiting();
  let changes = 2;
  world.asking.around(async (asked, next) => {
    const pod = podIn(world);
    if (is("delete pod")(asked) && pod && changes-- > 0)
      world.cluster.put({ ...pod, metadata: { ...pod.metadata, labels: { at: `${changes}` } } });
    return next();
  });
  expect(await type(again, world.ports)).toEqual(replaced);
  expect(podIn(world)?.metadata.labels).toEqual({ at: "0" });
  expect(world.shelf.lying.size).toBe(0);
});

test.for([
  {
    why: "came to run",
    meanwhile: ({ cluster }: FakeWorld) =>
      cluster.put({ ...podOf({}), status: { phase: "Running", containerStatuses: [{ name: "web", state: { running: {} } }] } }),
    says: "it runs, and would be ended",
  },
  {
    why: "was deleted by somebody",
    meanwhile: ({ cluster }: FakeWorld) => cluster.remove("pod", "demo", "p"),
    says: 'Error from server (NotFound): pods "p" not found',
  },
])("a pod that $why in the meantime is left to that", async ({ meanwhile, says }) => {
  const world = await waiting();
  world.asking.around(async (asked, next) => {
    if (is("delete pod")(asked)) meanwhile(world);
    return next();
  });
  const { stdout, stderr, code } = await type(again, world.ports);
  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr).toContain(says);
  expect(world.asking.writes).toEqual(["delete pod demo/p"]);
  expect(world.shelf.lying.size).toBe(0);
});

test("another that is made under the name is made anew in its turn", async () => {
  const world = await waiting();
  let first = true;
  world.asking.around(async (asked, next) => {
    if (is("create pod demo/p")(asked) && !asked.dryRun && first) {
      first = false;
      world.cluster.put(podOf({ metadata: { uid: "another" }, spec: { hostname: "another" } }));
    }
    return next();
  });
  expect(await type(again, world.ports)).toEqual(replaced);
  expect(podIn(world)?.spec).toMatchObject({ hostname: "another", imagePullSecrets: [{ name: "acr-myregistry" }] });
  expect(world.shelf.lying.size).toBe(0);
});

test("a pod that does not go is told with what holds it, and brought back once it has gone", async () => {
  const world = await waiting({ metadata: { finalizers: ["example.com/hold"] } });
  expect(await type(again, world.ports)).toEqual({
    stdout: "",
    stderr:
      "error: pod/p is deleted and still there after 30s: its finalizers hold it: example.com/hold\n" +
      "hint: the same command goes on once it has gone; what it was is in /home/jane/.kube/acr-secret/1.json\n",
    code: 1,
  });
  expect(await type(again, world.ports)).toMatchObject({ stderr: expect.stringContaining("its finalizers hold it"), code: 1 });
  world.cluster.remove("pod", "demo", "p");
  expect(await type(again, world.ports)).toEqual(replaced);
  expect(podIn(world)?.metadata.finalizers).toEqual(["example.com/hold"]);
});

test("a pod that somebody else deletes is not brought back", async () => {
  const world = await waiting({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } });
  expect(await type(again, world.ports)).toMatchObject({ stderr: expect.stringContaining("but it is being deleted"), code: 1 });
  expect(world.asking.writes).toEqual([]);
});

test("a conflict that never ends is told", async () => {
  const world = await waiting();
  world.asking.around(refusing(is("delete pod"), () => new Conflict("Error from server (Conflict): modified")));
  expect(await type(again, world.ports)).toEqual({ stdout: "", stderr: "Error from server (Conflict): modified\n", code: 1 });
  expect(world.shelf.lying.size).toBe(0);
});
