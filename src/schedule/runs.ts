import type { Job, KubeObjects, Pod } from "../objects.ts";
import { toSeconds } from "../timestamp.ts";
import { nextTime } from "./cron.ts";
import { utc } from "./objects.ts";

/** One run of a schedule. */
export type ScheduledRun = ReturnType<typeof statusOf>["runs"][number];

/** Returns the state of a schedule from its Jobs and their pods, the latest run first. */
export function statusOf(
  { metadata, spec }: KubeObjects["cronjob.batch"],
  { jobs, pods, now }: { readonly jobs: readonly Job[]; readonly pods: readonly Pod[]; readonly now: Date },
) {
  const { schedule = "", suspend: suspended = false, timeZone } = spec;
  const next = suspended || timeZone !== utc ? undefined : nextTime(schedule, now);
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? "",
    schedule,
    timeZone,
    suspended,
    // Absent if it is suspended, or if its times are not in UTC
    nextAt: next && toSeconds(next),
    runs: ownedBy(metadata.uid, jobs).map((job) => ({
      name: job.metadata.name,
      result: resultOf(job),
      startedAt: job.status?.startTime,
      endedAt: job.status?.completionTime ?? endOf(job)?.lastTransitionTime ?? undefined,
      summary: summaryOf(job, pods),
    })),
  };
}

/** Returns the objects with an owner, the latest first. */
const ownedBy = <T extends Job | Pod>(uid: string | undefined, objects: readonly T[]): readonly T[] =>
  objects
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
    .toSorted((a, b) => (startOf(a) > startOf(b) ? -1 : 1));

const startOf = ({ status, metadata }: Job | Pod): string => status?.startTime ?? metadata.creationTimestamp ?? "";

const endOf = ({ status }: Job) =>
  status?.conditions?.find(({ type, status: is }) => is === "True" && (type === "Complete" || type === "Failed"));

/** Returns `Complete`, `Failed` or `Running`, by the conditions of a Job (batch/v1 JobConditionType). */
export const resultOf = (job: Job): string => endOf(job)?.type ?? "Running";

/** Returns the last lines that the latest pod of a Job printed. For a failed Job without such lines, returns why it failed. */
export function summaryOf(job: Job, pods: readonly Pod[]): string {
  const messages = ownedBy(job.metadata.uid, pods).map(
    ({ status }) => status?.containerStatuses?.[0]?.state?.terminated?.message?.trim() || status?.message,
  );
  return (resultOf(job) === "Failed" ? (messages.find(Boolean) ?? endOf(job)?.message) : messages[0]) ?? "";
}
