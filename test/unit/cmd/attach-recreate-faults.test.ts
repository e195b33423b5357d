import { expect, test } from "vitest";
import { CliError, Conflict, Interrupted } from "../../../src/errors.ts";
import { lost } from "../../support/demo.ts";
import { is, losing, refusing } from "../../support/fakes/asked.ts";
import { fakeFiles } from "../../support/fakes/files.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { run, type } from "../../support/in-process.ts";
import { podOf } from "../../support/situations/pods.ts";
import { again, createHint, forbidden, namesOf, podIn, replaced, saved, waiting } from "../../support/situations/recreating.ts";

test.for([
  {
    why: "the API server would reject it",
    around: refusing(is("create pod demo/p-rehearsal (dry run)"), () => new CliError("invalid", 'The Pod "p-rehearsal" is invalid')),
    message: 'The Pod "p" is invalid\n',
  },
  {
    why: "deleting it is forbidden",
    around: refusing(is("delete pod"), forbidden),
    message: `${saved}Error from server (Forbidden): exceeded quota\n`,
  },
  {
    why: "the delete request is lost",
    around: refusing(is("delete pod"), lost),
    message: `${saved}error: the answer was lost\n`,
  },
])("deletes nothing when $why", async ({ around, message }) => {
  const world = await waiting();
  const before = podIn(world);
  world.asking.around(around);
  expect(await type(again, world.ports)).toEqual({ stdout: "", stderr: message, code: 1 });
  expect(podIn(world)).toEqual(before);
  expect(world.files.created.size).toBe(0);
});

test("deletes nothing when the manifest cannot be saved", async () => {
  const world = await waiting();
  const before = podIn(world);
  const disk = { ...world.files, create: () => Promise.reject(new CliError("config", "cannot write pod-demo-p.json: EROFS")) };
  expect(await type(again, world.ports, { disk })).toEqual({
    stdout: "",
    stderr: "error: cannot write pod-demo-p.json: EROFS\n",
    code: 1,
  });
  expect(podIn(world)).toEqual(before);
  expect(world.asking.writes).toEqual([]);
});

test("saves the pod as it was, without fields of the server, before the delete", async () => {
  const world = await waiting({ metadata: { labels: { app: "web" } } });
  let file: string | undefined;
  world.asking.around(async (asked, next) => {
    if (is("delete pod demo/p")(asked)) file = world.files.created.get("pod-demo-p.json");
    return next();
  });
  expect(await type(again, world.ports)).toEqual(replaced);
  expect(JSON.parse(file ?? "")).toMatchObject({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "demo", labels: { app: "web" } },
    spec: { imagePullSecrets: [{ name: "theirs" }] },
  });
  expect(file).not.toContain("uid");
  expect(world.files.created.size).toBe(0);
});

test("does not overwrite a file of the same name", async () => {
  const world = await waiting();
  world.files.created.set("pod-demo-p.json", "mine");
  world.asking.around(refusing((asked) => is("create pod demo/p")(asked) && !asked.dryRun, forbidden));
  const { stderr } = await type(again, world.ports);
  expect(stderr).toContain("  kubectl create -n demo -f pod-demo-p-2.json\n");
  expect(world.files.created.get("pod-demo-p.json")).toBe("mine");
  expect(world.files.created.get("pod-demo-p-2.json")).toContain('"name": "p"');
});

test("fails when a file and all its numbered copies exist", async () => {
  const world = await waiting();
  for (let number = 1; number <= 100; number++) world.files.created.set(`pod-demo-p${number === 1 ? "" : `-${number}`}.json`, "mine");
  expect(await type(again, world.ports)).toEqual({
    stdout: "",
    stderr:
      "error: cannot save pod/p: pod-demo-p.json and its numbered copies exist\n" +
      "hint: move these files to another folder; nothing was deleted\n",
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
});

test.for([
  { name: "../../etc/x", file: "pod-demo-..-..-etc-x.json" },
  { name: "a\u001b[31m; rm -rf ~\n", file: "pod-demo-a-31m-rm--rf-.json" },
  { name: "x".repeat(253), file: `pod-demo-${"x".repeat(191)}.json` },
])("saves an object with a hostile name in the current folder: $file", async ({ name, file }) => {
  const world = await waiting();
  const pod = podOf({ metadata: { name } });
  world.cluster.remove("pod", "demo", "p");
  world.cluster.put({ ...pod, status: { phase: "Pending" } });
  world.asking.around(refusing((asked) => asked.call === "create" && !asked.dryRun, forbidden));
  const { stderr } = await run(["attach", "acr-myregistry", "pods", "--all", "-n", "demo", "--recreate"], world.ports);
  expect([...world.files.created.keys()]).toEqual([file]);
  expect(stderr).toContain(`\n  kubectl create -n demo -f ${file}\n`);
  expect(stderr).not.toContain("\u001b[31m");
});

test.for([
  { why: "the delete", of: "delete pod demo/p" },
  { why: "the create", of: "create pod demo/p" },
])("replaces the pod when the response to $why is lost", async ({ of }) => {
  const world = await waiting();
  world.asking.around(losing((asked) => is(of)(asked) && !asked.dryRun, lost));
  expect(await type(again, world.ports)).toEqual(replaced);
  expect(namesOf(world)).toEqual(["theirs", "acr-myregistry"]);
  expect(world.files.created.size).toBe(0);
});

test("keeps the file and prints the command when the create fails", async () => {
  const world = await waiting({ spec: { hostname: "web" } });
  world.asking.around(refusing((asked) => is("create pod demo/p")(asked) && !asked.dryRun, forbidden));
  expect(await type(again, world.ports)).toEqual({
    stdout: "",
    stderr: `${saved}Error from server (Forbidden): exceeded quota\n${createHint}`,
    code: 1,
  });
  expect(podIn(world)).toBeUndefined();
  expect(JSON.parse(world.files.created.get("pod-demo-p.json") ?? "")).toMatchObject({ spec: { hostname: "web" } });
});

test("keeps the file and prints the command when the delete is lost and the pod cannot be read", async () => {
  const world = await waiting();
  let deleted = false;
  world.asking.around(async (asked, next) => {
    if (is("delete pod")(asked)) deleted = true;
    if (deleted) throw lost();
    return next();
  });
  expect(await type(again, world.ports)).toEqual({ stdout: "", stderr: `${saved}error: the answer was lost\n${createHint}`, code: 1 });
  expect(world.files.created.size).toBe(1);
});

test("creates the pod when the run is interrupted after the delete", async () => {
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
  expect(world.files.created.size).toBe(0);
});

test("keeps the file and prints the command when the run is interrupted while it waits for the delete", async () => {
  const world = await waiting({ metadata: { finalizers: ["example.com/hold"] } });
  let interrupt = () => {};
  const sleep = () => {
    interrupt();
    return Promise.reject(new Interrupted());
  };
  const { stdout, stderr, code } = await type(again, world.ports, { sleep, started: (live) => (interrupt = live.interrupt) });
  expect({ stdout, code }).toEqual({ stdout: "", code: 130 });
  expect(stderr).toContain(createHint);
  expect(world.files.created.size).toBe(1);
});

test("reads the pod again when it changes before the delete", async () => {
  const world = await waiting();
  let changes = 2;
  world.asking.around(async (asked, next) => {
    const pod = podIn(world);
    if (is("delete pod")(asked) && pod && changes-- > 0)
      world.cluster.put({ ...pod, metadata: { ...pod.metadata, labels: { at: `${changes}` } } });
    return next();
  });
  expect(await type(again, world.ports)).toEqual({ ...replaced, stderr: saved.repeat(3) });
  expect(podIn(world)?.metadata.labels).toEqual({ at: "0" });
  expect(world.files.created.size).toBe(0);
});

test.for([
  {
    why: "starts",
    meanwhile: ({ cluster }: FakeWorld) =>
      cluster.put({ ...podOf({}), status: { phase: "Running", containerStatuses: [{ name: "web", state: { running: {} } }] } }),
    message: "it is running and would be stopped",
  },
  {
    why: "is deleted by another user",
    meanwhile: ({ cluster }: FakeWorld) => cluster.remove("pod", "demo", "p"),
    message: 'Error from server (NotFound): pods "p" not found',
  },
])("does not restart a pod that $why before the delete", async ({ meanwhile, message }) => {
  const world = await waiting();
  world.asking.around(async (asked, next) => {
    if (is("delete pod")(asked)) meanwhile(world);
    return next();
  });
  const { stdout, stderr, code } = await type(again, world.ports);
  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr).toContain(message);
  expect(world.asking.writes).toEqual(["delete pod demo/p"]);
  expect(world.files.created.size).toBe(0);
});

test("recreates a new pod that takes the name before the create", async () => {
  const world = await waiting();
  let first = true;
  world.asking.around(async (asked, next) => {
    if (is("create pod demo/p")(asked) && !asked.dryRun && first) {
      first = false;
      world.cluster.put(podOf({ metadata: { uid: "another" }, spec: { hostname: "another" } }));
    }
    return next();
  });
  expect(await type(again, world.ports)).toEqual({ ...replaced, stderr: saved.repeat(2) });
  expect(podIn(world)?.spec).toMatchObject({ hostname: "another", imagePullSecrets: [{ name: "acr-myregistry" }] });
  expect(world.files.created.size).toBe(0);
});

test("fails with the finalizers and the command when the pod is not deleted in time", async () => {
  const world = await waiting({ metadata: { finalizers: ["example.com/hold"] } });
  expect(await type(again, world.ports)).toEqual({
    stdout: "",
    stderr: `${saved}error: pod/p was deleted but still exists after 30s: it has finalizers: example.com/hold\n${createHint}`,
    code: 1,
  });
  expect(await type(again, world.ports)).toMatchObject({
    stderr: expect.stringContaining("cannot be recreated: it is being deleted"),
    code: 1,
  });
  expect(world.files.created.size).toBe(1);
});

test("does not recreate a pod that another user deletes", async () => {
  const world = await waiting({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } });
  expect(await type(again, world.ports)).toMatchObject({
    stderr: expect.stringContaining("cannot be recreated: it is being deleted"),
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
});

test("fails after eight conflicts", async () => {
  const world = await waiting();
  world.asking.around(refusing(is("delete pod"), () => new Conflict("Error from server (Conflict): modified")));
  expect(await type(again, world.ports)).toEqual({
    stdout: "",
    stderr: `${saved.repeat(8)}Error from server (Conflict): modified\n`,
    code: 1,
  });
  expect(world.files.created.size).toBe(0);
});

test.for([
  {
    verb: "detach",
    has: ["acr-myregistry"],
    comes: ["acr-myregistry"],
    stderr:
      "error: the recreated pod/p would still list secret/acr-myregistry: serviceaccount/default adds it\n" +
      "hint: kubectl acr-secret detach -n demo acr-myregistry --serviceaccount default\n",
  },
  {
    verb: "attach",
    has: [],
    comes: [],
    stderr: "error: the recreated pod/p would not list secret/acr-myregistry: an admission controller removes it\n",
  },
])("deletes nothing when admission undoes $verb", async ({ verb, has, comes, stderr }) => {
  const list = (names: readonly string[]) => ({ imagePullSecrets: names.map((name) => ({ name })) });
  const world = await waiting({ spec: list(has) });
  world.asking.around(async (asked, next) => {
    const answer = await next();
    return asked.dryRun ? podOf({ spec: list(comes) }) : answer;
  });
  expect(await type(`${verb} acr-myregistry pod/p -n demo --recreate`, world.ports)).toEqual({ stdout: "", stderr, code: 1 });
  expect(world.asking.writes).toEqual([]);
});

test.for([
  { where: "on one machine", disksOf: (world: FakeWorld) => [world.files, world.files] },
  { where: "on two machines", disksOf: (world: FakeWorld) => [world.files, fakeFiles()] },
])("keeps the pod when two runs $where recreate it at the same time", async ({ disksOf }) => {
  for (let round = 0; round < 20; round++) {
    const world = await waiting();
    let turn = 0;
    world.asking.around(async (_, next) => {
      for (let wait = (turn++ * 7 + round) % 5; wait > 0; wait--) await new Promise(setImmediate);
      return next();
    });
    const disks = disksOf(world);
    const sleep = async () => void (await new Promise((resolve) => setTimeout(resolve, 2)));
    const ends = await Promise.all(disks.map((disk) => type(again, world.ports, { disk, sleep })));
    for (const { code, stdout } of ends) {
      expect(code).toBe(0);
      expect(["pod/p replaced\n", "pod/p unchanged\n"]).toContain(stdout);
    }
    expect(namesOf(world)).toEqual(["theirs", "acr-myregistry"]);
    for (const { created } of disks) expect(created.size).toBe(0);
  }
});

test("attaches both Secrets when two runs recreate the pod at the same time", async () => {
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
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(namesOf(world)?.toSorted()).toEqual(["acr-myregistry", "other", "theirs"]);
    expect(world.files.created.size).toBe(0);
  }
});
