import { expect, test } from "vitest";
import { CliError, Conflict } from "../../../src/errors.ts";
import type { Pod } from "../../../src/objects.ts";
import { type Around, type Asked, is, losing, refusing } from "../../support/fakes/asked.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { fakeShelf } from "../../support/fakes/shelf.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { jobOf, podOf } from "../../support/situations/anew.ts";

const attach = "attach acr-myregistry pod/p -n demo";
const again = `${attach} --recreate`;
const forbidden = () => new CliError("forbidden", "Error from server (Forbidden): exceeded quota");
const lost = () => new CliError("unreachable", "the answer was lost");
const replaced = { stdout: "pod/p replaced\n", stderr: "", code: 0 };
const unchanged = { stdout: "pod/p unchanged\n", stderr: "", code: 0 };

/** A world whose pod `p` waits for its image. */
async function waiting(more: Parameters<typeof podOf>[0] = {}): Promise<FakeWorld> {
  const world = await stored("demo");
  world.cluster.put(
    podOf({ ...more, spec: { imagePullSecrets: [{ name: "theirs" }], ...more.spec }, status: { phase: "Pending", ...more.status } }),
  );
  return world;
}

const podIn = ({ cluster }: FakeWorld): Pod | undefined => cluster.get("pod", "demo", "p");
const namesOf = (world: FakeWorld) => podIn(world)?.spec.imagePullSecrets?.map(({ name }) => name);

test("a pod is made anew where that is asked for: rehearsed, laid aside, deleted as it was looked at, and made", async () => {
  const world = await waiting({ metadata: { labels: { app: "web" } } });
  const uid = podIn(world)?.metadata.uid;
  expect(await type(attach, world.ports)).toEqual({
    stdout: "",
    stderr:
      "error: pod/p keeps the list of pull secrets that it was made with, so it has to be made anew\n" +
      "hint: kubectl acr-secret attach acr-myregistry pod/p --recreate -n demo\n",
    code: 1,
  });
  world.asking.forget();
  expect(await type(again, world.ports)).toEqual(replaced);
  expect(world.asking.all.filter((call) => !call.startsWith("get secret"))).toEqual([
    "get pod demo/p",
    "list pod demo",
    "create pod demo/p-rehearsal (dry run)",
    "get namespace demo",
    "delete pod demo/p",
    "get pod demo/p",
    "create pod demo/p",
  ]);
  expect(podIn(world)).toMatchObject({
    metadata: { labels: { app: "web" } },
    spec: { imagePullSecrets: [{ name: "theirs" }, { name: "acr-myregistry" }] },
  });
  expect(podIn(world)?.metadata.uid).not.toBe(uid);
  expect(podIn(world)?.status).toBeUndefined();
  expect(world.shelf.lying.size).toBe(0);
  expect(await type(again, world.ports)).toEqual(unchanged);
  expect(await type("detach acr-myregistry pod/p -n demo --recreate", world.ports)).toEqual(replaced);
  expect(namesOf(world)).toEqual(["theirs"]);
});

test.for([
  { how: "--dry-run=client", stdout: "pod/p replaced (dry run)\n", asked: false },
  { how: "--dry-run=server", stdout: "pod/p replaced (server dry run)\n", asked: true },
])("$how changes nothing", async ({ how, stdout, asked }) => {
  const world = await waiting();
  const before = podIn(world);
  expect(await type(`${again} ${how}`, world.ports)).toEqual({ stdout, stderr: "", code: 0 });
  expect(world.asking.writes).toEqual([]);
  expect(world.asking.all.includes("create pod demo/p-rehearsal (dry run)")).toBe(asked);
  expect(podIn(world)).toEqual(before);
});

test("a plan, lines of JSON and a difference say it", async () => {
  const world = await waiting();
  expect(JSON.parse((await type(`${again} --dry-run=client -o plan`, world.ports)).stdout).changes).toEqual([
    {
      act: "recreate",
      to: { kind: "pod", namespace: "demo", name: "p" },
      does: "attach",
      secret: "acr-myregistry",
      before: ["theirs"],
      after: ["theirs", "acr-myregistry"],
    },
  ]);
  expect((await type(`${again} --diff`, world.ports)).stdout).toContain("+  - name: acr-myregistry\n");
  expect(JSON.parse((await type(`${again} -o jsonl`, world.ports)).stdout)).toMatchObject({ object: "pod/p", result: "replaced" });
});

test("--force goes with --recreate alone", async () => {
  const world = await waiting();
  expect(await type(`${attach} --force`, world.ports)).toMatchObject({
    stderr: expect.stringContaining("--force is for what --recreate would end or lose"),
    code: 1,
  });
});

test("create makes a pod anew once the Secret is there, and ends none that runs, by no force", async () => {
  const world = await waiting();
  const line = "create --registry myregistry --repository app/web pod/p -n demo --recreate --force";
  expect(await type(line, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry unchanged\npod/p replaced\n"),
    code: 0,
  });
  world.cluster.put({ ...podOf({}), status: { phase: "Running", containerStatuses: [{ name: "web", state: { running: {} } }] } });
  const uid = podIn(world)?.metadata.uid;
  expect(await type(line, world.ports)).toMatchObject({
    stderr: expect.stringContaining("hint: kubectl acr-secret attach acr-myregistry pod/p --recreate --force -n demo\n"),
    code: 1,
  });
  expect(podIn(world)?.metadata.uid).toBe(uid);
});

test("nobody is told to make anew by hand what is made anew", async () => {
  const world = await waiting({ status: { containerStatuses: [{ name: "web", state: { waiting: { reason: "ImagePullBackOff" } } }] } });
  expect(await type("attach acr-myregistry sa/default pod/p -n demo --recreate", world.ports)).toEqual({
    stdout: "serviceaccount/default patched\npod/p replaced\n",
    stderr: "",
    code: 0,
  });
});

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
    return Promise.reject(new CliError("cancelled", "interrupted"));
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
      "hint: kubectl acr-secret detach acr-myregistry --serviceaccount default -n demo\n",
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

/** Lets a run come as far as to a call, and ends it there as a kill would: nothing of it happens any more. */
function killing(at: number, after: boolean): Around & { readonly reached: () => boolean } {
  let calls = 0;
  const never = () => new Promise<never>(() => {});
  const around = async (_: Asked, next: () => Promise<unknown>) => {
    calls++;
    if (calls > at || (calls === at && !after)) return never();
    const answer = await next();
    return calls === at ? never() : answer;
  };
  return Object.assign(around, { reached: () => calls >= at });
}

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
  const first = type(line, world.ports);
  const ended = await Promise.race([first.then(() => true), new Promise((resolve) => setTimeout(() => resolve(false), 15))]);
  free();
  if (!ended) expect(kill.reached()).toBe(true);

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

test("a Job whose pods wait is made anew with them, and one whose pod runs is not", async () => {
  const world = await stored("demo");
  const labels = { "batch.kubernetes.io/controller-uid": "uid-j" };
  world.cluster.put(jobOf({ selector: { matchLabels: labels }, template: { labels } }));
  const ofJob = (status: Pod["status"]) =>
    podOf({
      metadata: {
        name: "j-1",
        uid: "uid-j-1",
        labels,
        ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name: "j", uid: "uid-j", controller: true }],
      },
      ...(status && { status }),
    });
  world.cluster.put(ofJob({ phase: "Running", containerStatuses: [{ name: "web", state: { running: {} } }] }));
  const line = "attach acr-myregistry job/j -n demo --recreate";
  expect(await type(line, world.ports)).toEqual({
    stdout: "",
    stderr: "error: job.batch/j has begun its work, which would begin again: see pod/j-1\n",
    code: 1,
  });
  world.cluster.put(ofJob({ phase: "Pending", containerStatuses: [{ name: "web", state: { waiting: { reason: "ImagePullBackOff" } } }] }));
  expect(await type(line, world.ports)).toEqual({ stdout: "job.batch/j replaced\n", stderr: "", code: 0 });
  expect(world.cluster.get("job.batch", "demo", "j")?.spec).toMatchObject({
    template: { spec: { imagePullSecrets: [{ name: "acr-myregistry" }] } },
  });
  expect(world.cluster.get("job.batch", "demo", "j")?.spec.selector).toBeUndefined();
});

test("a conflict that never ends is told", async () => {
  const world = await waiting();
  world.asking.around(refusing(is("delete pod"), () => new Conflict("Error from server (Conflict): modified")));
  expect(await type(again, world.ports)).toEqual({ stdout: "", stderr: "Error from server (Conflict): modified\n", code: 1 });
  expect(world.shelf.lying.size).toBe(0);
});
