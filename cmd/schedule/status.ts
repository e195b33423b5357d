import { listAll } from "../../src/cluster/port.ts";
import { CliError } from "../../src/errors.ts";
import { printData } from "../../src/output/object.ts";
import { age, table, until } from "../../src/output/table.ts";
import { ownNamespace, scheduleLabel } from "../../src/schedule/objects.ts";
import { type ScheduledRun, statusOf } from "../../src/schedule/runs.ts";
import type { Session } from "../session.ts";
import { refuseFlags, type ScheduleFlags } from "./options.ts";

/** Prints the last runs of each schedule in a namespace, and the next one. @returns 1 if the last run of a schedule failed */
export async function printStatus(flags: ScheduleFlags, session: Session): Promise<number> {
  refuseFlags("status", ["namespace", "output"], flags);
  const { namespace = ownNamespace } = session;
  const where = { namespace, labels: scheduleLabel };
  const cluster = session.cluster();
  const [cronJobs, jobs, pods] = await Promise.all([
    listAll(cluster, "cronjob.batch", where),
    listAll(cluster, "job.batch", where),
    listAll(cluster, "pod", where),
  ]);
  if (cronJobs.length === 0)
    throw new CliError("notFound", `no schedule found in namespace "${namespace}"`, {
      hint: { verb: "schedule", targets: ["rotate"], output: "yaml" },
    });
  const now = session.now();
  const schedules = cronJobs.map((cronJob) => statusOf(cronJob, { jobs, pods, now }));
  if (flags.output !== undefined)
    session.print(await printData({ apiVersion: "acr-secret/v1", kind: "ScheduleList", items: schedules }, flags.output));
  else {
    const next = schedules.map(({ name, schedule, timeZone = "", suspended, nextAt }) => {
      const time = nextAt === undefined ? "<unknown>" : `in ${until(nextAt, now)}`;
      return [name, schedule, timeZone, suspended ? "suspended" : time];
    });
    session.print(table(["NAME", "SCHEDULE", "TIMEZONE", "NEXT"], next));
    const runs = schedules.flatMap((one) => one.runs).map((run) => runRow(run, now));
    if (runs.length > 0) session.print(`\n${table(["RUN", "RESULT", "AGE", "DURATION", "SUMMARY"], runs)}`);
  }
  const last = schedules.map(({ runs }) => runs.find(({ result }) => result !== "Running"));
  return last.some((run) => run?.result === "Failed") ? 1 : 0;
}

/** Returns the row of a run. Its summary is one line: the error of a failed run. */
function runRow({ name, result, startedAt, endedAt, summary }: ScheduledRun, now: Date): readonly string[] {
  const lines = summary.split("\n").filter((line) => line !== "");
  const error = lines.findLast((line) => /^(error:|Error from server)/.test(line)) ?? lines.at(-1) ?? "";
  const duration = endedAt === undefined ? "" : age(startedAt, new Date(endedAt));
  return [name, result, age(startedAt, now), duration, result === "Failed" ? error : lines.join("; ")];
}
