import { expect, test } from "vitest";
import { CliError, Conflict } from "../../../src/errors.ts";
import { isObjectName } from "../../../src/kinds.ts";
import { refusing } from "../../support/fakes/asked.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";
import { jobOf, podOf } from "../../support/situations/pods.ts";
import { again, attach, namesOf, podIn, replaced, saved, unchanged, waiting } from "../../support/situations/recreating.ts";

const long = "a".repeat(242);

test("rehearses, saves, deletes and creates a pod when --recreate is given", async () => {
  const world = await waiting({ metadata: { labels: { app: "web" } } });
  const uid = podIn(world)?.metadata.uid;
  expect(await type(attach, world.ports)).toEqual({
    stdout: "",
    stderr:
      "error: imagePullSecrets of pod/p cannot be changed, so the Pod must be recreated\n" +
      "hint: kubectl acr-secret attach -n demo acr-myregistry pod/p --recreate\n",
    code: 1,
  });
  world.asking.forget();
  expect(await type(again, world.ports)).toEqual(replaced);
  expect(world.asking.all.filter((call) => !call.startsWith("get secret"))).toEqual([
    "get pod demo/p",
    "list pod demo",
    "create pod demo/p-rehearsal (dry run)",
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
  expect(world.files.created.size).toBe(0);
  expect(await type(again, world.ports)).toEqual(unchanged);
  expect(await type("detach acr-myregistry pod/p -n demo --recreate", world.ports)).toEqual(replaced);
  expect(namesOf(world)).toEqual(["theirs"]);
});

test.for([
  { how: "--dry-run=client", stdout: "pod/p replaced (dry run)\n", asked: false },
  { how: "--dry-run=server", stdout: "pod/p replaced (server dry run)\n", asked: true },
])("changes nothing when $how", async ({ how, stdout, asked }) => {
  const world = await waiting();
  const before = podIn(world);
  expect(await type(`${again} ${how}`, world.ports)).toEqual({ stdout, stderr: "", code: 0 });
  expect(world.asking.writes).toEqual([]);
  expect(world.asking.all.includes("create pod demo/p-rehearsal (dry run)")).toBe(asked);
  expect(podIn(world)).toEqual(before);
});

test("prints a recreated pod as a difference and as a line of JSON", async () => {
  const world = await waiting();
  expect((await type(`${again} --diff`, world.ports)).stdout).toContain("+  - name: acr-myregistry\n");
  expect(JSON.parse((await type(`${again} -o jsonl`, world.ports)).stdout)).toMatchObject({ object: "pod/p", result: "replaced" });
});

test.for([
  { what: "a short name", name: "p", rehearsal: "p-rehearsal" },
  { what: "a dot where it is cut", name: `${long}.b`, rehearsal: `${long}-rehearsal` },
  { what: "a dash where it is cut", name: `${long}-b`, rehearsal: `${long}-rehearsal` },
  { what: "dashes before the cut", name: `${long.slice(2)}---b`, rehearsal: `${long.slice(2)}-rehearsal` },
  { what: "the longest name", name: "a".repeat(253), rehearsal: `${"a".repeat(243)}-rehearsal` },
])("rehearses under another valid name, and prints errors with the pod's own: $what", async ({ name, rehearsal }) => {
  const world = await stored("demo");
  world.cluster.put({ ...podOf({ metadata: { name } }), status: { phase: "Pending" } });
  world.asking.around(
    refusing(
      ({ call, dryRun }) => call === "create" && dryRun,
      () => new Conflict(`pods "${rehearsal}" is forbidden`),
      1,
    ),
  );
  const line = `attach acr-myregistry pod/${name} -n demo --recreate --dry-run=server`;

  expect(await type(line, world.ports)).toMatchObject({ code: 0, stderr: "" });
  expect(isObjectName(rehearsal)).toBe(true);
  expect(world.asking.all.filter((call) => call.startsWith("create"))).toEqual(Array(2).fill(`create pod demo/${rehearsal} (dry run)`));
  world.asking.around(
    refusing(
      ({ call }) => call === "create",
      () => new CliError("forbidden", `pods "${rehearsal}" is forbidden`),
    ),
  );
  expect(await type(line, world.ports)).toMatchObject({ code: 1, stderr: `error: pods "${name}" is forbidden\n` });
});

test("refuses --force without --recreate", async () => {
  const world = await waiting();
  expect(await type(`${attach} --force`, world.ports)).toMatchObject({
    stderr: expect.stringContaining("--force requires --recreate"),
    code: 1,
  });
});

test("recreates a waiting pod after create wrote the Secret, and no running pod even with --force", async () => {
  const world = await waiting();
  const line = "create --registry myregistry --repository app/web pod/p -n demo --recreate --force";
  expect(await type(line, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry unchanged\npod/p replaced\n"),
    code: 0,
  });
  world.cluster.put({ ...podOf({}), status: { phase: "Running", containerStatuses: [{ name: "web", state: { running: {} } }] } });
  const uid = podIn(world)?.metadata.uid;
  expect(await type(line, world.ports)).toMatchObject({
    stderr: expect.stringContaining("hint: kubectl acr-secret attach -n demo acr-myregistry pod/p --recreate --force\n"),
    code: 1,
  });
  expect(podIn(world)?.metadata.uid).toBe(uid);
});

test("prints no hint to restart a pod that it recreates", async () => {
  const world = await waiting({ status: { containerStatuses: [{ name: "web", state: { waiting: { reason: "ImagePullBackOff" } } }] } });
  expect(await type("attach acr-myregistry sa/default pod/p -n demo --recreate", world.ports)).toEqual({
    stdout: "serviceaccount/default patched\npod/p replaced\n",
    stderr: saved,
    code: 0,
  });
});

test("refuses a Job, and prints the commands that delete and create it", async () => {
  const world = await stored("demo");
  world.cluster.put(jobOf({}));

  expect(await type("attach acr-myregistry job/j -n demo --recreate", world.ports)).toEqual({
    stdout: "",
    stderr:
      "error: imagePullSecrets of job.batch/j cannot be changed: delete the Job and create it with another list\n" +
      "hint: kubectl replace -n demo --force -f FILE\n",
    code: 1,
  });
});
