import type { Job, KubeObjects, Pod } from "../objects.ts";
import { nextTime } from "./cron.ts";
import { utc } from "./objects.ts";

/** One run of a schedule. */
export type ScheduledRun = {
  readonly name: string;
  readonly result: "Complete" | "Failed" | "Running";
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
  /** The last lines that the pod printed. */
  readonly summary: string;
};

/** Returns the state of a schedule from its Jobs and their pods, the latest run first. */
export function statusOf(
  cronJob: KubeObjects["cronjob.batch"],
  { jobs, pods, now }: { readonly jobs: readonly Job[]; readonly pods: readonly Pod[]; readonly now: Date },
) {
  const { metadata, spec } = cronJob;
  const { schedule = "", suspend: suspended = false, timeZone } = spec;
  const next = suspended || timeZone !== utc ? undefined : nextTime(schedule, now);
  const own = jobs.filter((job) => job.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid));
  const startOf = ({ status, metadata: { creationTimestamp } }: Job) => status?.startTime ?? creationTimestamp ?? "";
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? "",
    schedule,
    timeZone,
    suspended,
    // Absent if it is suspended, or if its times are not in UTC
    nextAt: next?.toISOString().replace(".000", ""),
    runs: own.toSorted((a, b) => (startOf(a) > startOf(b) ? -1 : 1)).map((job) => runOf(job, pods)),
  };
}

function runOf(job: Job, pods: readonly Pod[]): ScheduledRun {
  const result = resultOf(job);
  return {
    name: job.metadata.name,
    result,
    startedAt: job.status?.startTime,
    endedAt: job.status?.completionTime ?? endOf(job)?.lastTransitionTime ?? undefined,
    summary: result === "Failed" ? failedMessage(job, pods) : (messageOf(podsOf(job, pods).at(-1)) ?? ""),
  };
}

const endOf = ({ status }: Job) =>
  status?.conditions?.find(({ type, status: is }) => is === "True" && (type === "Complete" || type === "Failed"));

/** Returns whether a Job has ended, by its conditions (batch/v1 JobConditionType). */
export function resultOf(job: Job): ScheduledRun["result"] {
  const end = endOf(job);
  return end === undefined ? "Running" : end.type === "Failed" ? "Failed" : "Complete";
}

/** Returns the last lines of the latest pod of a failed Job, else why the Job failed. */
export function failedMessage(job: Job, pods: readonly Pod[]): string {
  const messages = podsOf(job, pods).flatMap((pod) => messageOf(pod) ?? []);
  return messages.at(-1) ?? endOf(job)?.message ?? "";
}

const podsOf = (job: Job, pods: readonly Pod[]): readonly Pod[] =>
  pods
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === job.metadata.uid))
    .toSorted((a, b) => ((a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? -1 : 1));

const messageOf = (pod: Pod | undefined): string | undefined =>
  pod?.status?.containerStatuses?.[0]?.state?.terminated?.message?.trim() || pod?.status?.message;
