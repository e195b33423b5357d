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
  const cluster = session.cluster();
  const labels = `${scheduleLabel.key}=${scheduleLabel.value}`;
  const [cronJobs, jobs, pods] = await Promise.all([
    listAll(cluster, "cronjob.batch", { namespace, labels }),
    listAll(cluster, "job.batch", { namespace, labels }),
    listAll(cluster, "pod", { namespace, labels }),
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
    const nextOf = ({ suspended, nextAt }: (typeof schedules)[number]) =>
      suspended ? "suspended" : nextAt === undefined ? "<unknown>" : `in ${until(nextAt, now)}`;
    const next = schedules.map((one) => [one.name, one.schedule, one.timeZone ?? "", nextOf(one)]);
    session.print(table(["NAME", "SCHEDULE", "TIMEZONE", "NEXT"], next));
    const runs = schedules
      .flatMap((one) => one.runs)
      .map((run) => [run.name, run.result, age(run.startedAt, now), duration(run), lastLine(run)]);
    if (runs.length > 0) session.print(`\n${table(["RUN", "RESULT", "AGE", "DURATION", "SUMMARY"], runs)}`);
  }
  const last = schedules.map(({ runs }) => runs.find(({ result }) => result !== "Running"));
  return last.some((run) => run?.result === "Failed") ? 1 : 0;
}

const duration = ({ startedAt, endedAt }: ScheduledRun): string => (endedAt === undefined ? "" : age(startedAt, new Date(endedAt)));

/** Returns the summary in one line: the error of a failed run. */
function lastLine({ summary, result }: ScheduledRun): string {
  const lines = summary.split("\n").filter((line) => line !== "");
  const error = lines.findLast((line) => /^(error:|Error from server)/.test(line));
  return result === "Failed" ? (error ?? lines.at(-1) ?? "") : lines.join("; ");
}
