import { expect, test } from "vitest";
import type { Job } from "../../../src/objects.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const labels = { "acr-secret/schedule": "rotate" };
const now = () => new Date("2026-01-02T02:01:00Z");

function putSchedule({ cluster }: FakeWorld, name: string, spec: { schedule: string; suspend?: boolean; timeZone?: string }): void {
  const metadata = { name, namespace: "acr-secret", labels, uid: `uid-${name}` };
  const jobTemplate = { spec: { template: { spec: { containers: [] } } } };
  cluster.put({ apiVersion: "batch/v1", kind: "CronJob", metadata, spec: { timeZone: "Etc/UTC", ...spec, jobTemplate } });
}

type Run = { readonly of?: string; readonly at: string; readonly end?: "Complete" | "Failed"; readonly message?: string };

function putRun({ cluster }: FakeWorld, { of = "acr-secret-rotate", at, end, message }: Run): void {
  const name = `${of}-${at.slice(8, 13).toLowerCase()}`;
  const owner = (kind: string, uid: string) => [{ apiVersion: "batch/v1", kind, name: of, uid }];
  const metadata = { name, namespace: "acr-secret", labels, uid: `uid-${name}`, ownerReferences: owner("CronJob", `uid-${of}`) };
  const lastTransitionTime = new Date(Date.parse(at) + 12_000).toISOString();
  const conditions = end === undefined ? [] : [{ type: end, status: "True", lastTransitionTime }];
  const spec = { template: { spec: { containers: [] } } };
  const job: Job = { apiVersion: "batch/v1", kind: "Job", metadata, spec, status: { startTime: at, conditions } };
  cluster.put(job);
  if (message === undefined) return;
  cluster.put({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `${name}-abcde`, namespace: "acr-secret", labels, ownerReferences: owner("Job", `uid-${name}`) },
    spec: { containers: [] },
    status: { containerStatuses: [{ name: "acr-secret", state: { terminated: { message } } }] },
  });
}

/** Returns a world with a rotation that has these runs. */
function worldWith(...runs: readonly Run[]): FakeWorld {
  const world = fakeWorld();
  putSchedule(world, "acr-secret-rotate", { schedule: "0 3 * * *" });
  for (const run of runs) putRun(world, run);
  return world;
}

const good: Run = { at: "2026-01-01T03:00:00Z", end: "Complete", message: "12 Secrets configured\nskipped 27: never expire\n" };
const bad: Run = { at: "2026-01-02T01:00:00Z", end: "Failed", message: "secret/a configured\nerror: Azure refused\nhint: az login\n" };
const running: Run = { at: "2026-01-02T02:00:00Z" };

test("prints the next run, and the last runs with their summaries", async () => {
  const { ports } = worldWith(good, bad, running);

  expect(await type("schedule status", { ...ports, now })).toEqual({
    code: 1,
    stdout: [
      "NAME                SCHEDULE    TIMEZONE   NEXT",
      "acr-secret-rotate   0 3 * * *   Etc/UTC    in 59m",
      "",
      "RUN                       RESULT     AGE   DURATION   SUMMARY",
      "acr-secret-rotate-02t02   Running    60s   <none>     <none>",
      "acr-secret-rotate-02t01   Failed     61m   12s        error: Azure refused",
      "acr-secret-rotate-01t03   Complete   23h   12s        12 Secrets configured; skipped 27: never expire",
      "",
    ].join("\n"),
    stderr: "",
  });
});

test.for([
  { runs: [], code: 0 },
  { runs: [running], code: 0 },
  { runs: [good], code: 0 },
  { runs: [bad], code: 1 },
  {
    runs: [
      { ...bad, at: "2026-01-01T01:00:00Z" },
      { ...good, at: "2026-01-02T01:00:00Z" },
    ],
    code: 0,
  },
  { runs: [good, bad], code: 1 },
])("exits with $code after the runs $runs", async ({ runs, code }) => {
  const { ports } = worldWith(...runs);

  expect(await type("schedule status", { ...ports, now })).toMatchObject({ code, stderr: "" });
});

test("prints the schedules as data for programs", async () => {
  const world = worldWith(good);
  putSchedule(world, "acr-secret-check", { schedule: "0 * * * *", suspend: true });
  putSchedule(world, "acr-secret-create", { schedule: "0 * * * *", timeZone: "Europe/Zurich" });

  const { stdout } = await type("schedule status -o json", { ...world.ports, now });

  const hourly = { namespace: "acr-secret", schedule: "0 * * * *", runs: [] };
  expect(JSON.parse(stdout)).toEqual({
    apiVersion: "acr-secret/v1",
    kind: "ScheduleList",
    items: [
      { name: "acr-secret-check", ...hourly, timeZone: "Etc/UTC", suspended: true },
      { name: "acr-secret-create", ...hourly, timeZone: "Europe/Zurich", suspended: false },
      {
        name: "acr-secret-rotate",
        namespace: "acr-secret",
        schedule: "0 3 * * *",
        timeZone: "Etc/UTC",
        suspended: false,
        nextAt: "2026-01-02T03:00:00Z",
        runs: [
          {
            name: "acr-secret-rotate-01t03",
            result: "Complete",
            startedAt: "2026-01-01T03:00:00Z",
            endedAt: "2026-01-01T03:00:12.000Z",
            summary: "12 Secrets configured\nskipped 27: never expire",
          },
        ],
      },
    ],
  });
});

test("names the command that prints a schedule when the namespace has none", async () => {
  expect(await type("schedule status -n a", fakeWorld().ports)).toEqual({
    code: 2,
    stdout: "",
    stderr: 'error: no schedule found in namespace "a"\nhint: kubectl acr-secret schedule -n a rotate -o yaml\n',
  });
});
