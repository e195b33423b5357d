import { beforePull } from "../check/pull-pod.ts";
import { minute } from "../duration.ts";
import { asRefusal, CliError } from "../errors.ts";
import { type Command, kubectl, plugin } from "../hint.ts";
import { type Cluster, listAll } from "../kube/port.ts";
import type { Job, KubeObject, KubeObjects, Pod } from "../objects.ts";
import { nextRun } from "../schedule/next-run.ts";
import { ownNamespace, scheduleLabel } from "../schedule/objects.ts";
import { mapConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { toSeconds } from "../timestamp.ts";
import { statusesOf } from "../usage/recreation.ts";
import { counted, placed, pluralize } from "../wording.ts";
import { type CheckResult, findingOf, limited } from "./finding.ts";

type CronJob = KubeObjects["cronjob.batch"];
type KubeEvent = KubeObjects["event"];

/** The objects of the schedules in one namespace. */
type Listed = { readonly jobs: readonly Job[]; readonly pods: readonly Pod[]; readonly refusals: readonly KubeEvent[] };

/** Why a run failed or cannot start, and the command that shows more. */
type Problem = { readonly message: string; readonly next: Command };

type Run = { readonly startedAt: string; readonly state: "succeeded" | "failed" | "running"; readonly problem?: Problem | undefined };

/** Anyone who may create a CronJob can give it the label. */
const mostSchedules = 20;

const mostRuns = 3;

/** Milliseconds after which a run that has not started is late. */
const tolerance = 10 * minute;

/** Checks the last runs of this plugin's CronJobs in all namespaces, and which namespaces `apply` could not write. */
export async function checkSchedules(cluster: Pick<Cluster, "pages" | "now">): Promise<readonly CheckResult[]> {
  const all = await listAll(cluster, "cronjob.batch", { labels: scheduleLabel });
  if (all.length === 0) return [{ status: "ok", message: "there are no schedules" }];
  const isDefault = ({ metadata }: CronJob) => metadata.namespace === ownNamespace;
  const schedules = [...all.filter(isDefault), ...all.filter((one) => !isDefault(one))];
  const places = [...Map.groupBy(schedules.slice(0, mostSchedules), ({ metadata }) => metadata.namespace ?? "")];
  const found = await mapConcurrently(places, limits.cluster, ([namespace, some]) => checkNamespace(cluster, namespace, some));
  const message = `only the first ${mostSchedules} of ${counted(schedules.length, "schedule")} are checked`;
  const next = { ...kubectl("get cronjobs", "--all-namespaces", "--selector", scheduleLabel), namespace: "" };
  const rest = schedules.length > mostSchedules ? [{ status: "unknown", subject: "others", message, next } as const] : [];
  return [...found.flat(), ...rest];
}

async function checkNamespace(
  cluster: Pick<Cluster, "pages" | "now">,
  namespace: string,
  schedules: readonly CronJob[],
): Promise<readonly CheckResult[]> {
  const of = { namespace, labels: scheduleLabel };
  const [jobs, pods, refusals] = await Promise.all([
    listAll(cluster, "job.batch", of).catch(asRefusal),
    listAll(cluster, "pod", of).catch(asRefusal),
    listAll(cluster, "event", { namespace, fields: "reason=FailedCreate" }).catch(asRefusal),
  ]);
  const unread = [jobs, pods, refusals].flatMap((one) => (one instanceof CliError ? unreadable(one, `namespace/${namespace}`) : []));
  if (jobs instanceof CliError) return unread;
  const listed = { jobs, pods: pods instanceof CliError ? [] : pods, refusals: refusals instanceof CliError ? [] : refusals };
  const now = new Date(cluster.now());
  return [...schedules.flatMap((schedule) => [health(schedule, listed, now), ...blockedNamespaces(schedule, listed)]), ...unread];
}

const unreadable = (error: CliError, subject: string): CheckResult => ({ ...findingOf(error, { subject }), status: "unknown" });

/** Returns the last runs of a schedule and its next run, or the reason why it does not run. */
function health(schedule: CronJob, listed: Listed, now: Date): CheckResult {
  const { name, namespace = "" } = schedule.metadata;
  const runs = ownedBy(schedule, listed.jobs).map((job) => runOf(job, listed));
  const subject = `cronjob/${name}`;
  const isSuspended = schedule.spec.suspend === true;
  const ended = runs.find(({ state }) => state !== "running");
  const problem = runs[0]?.problem ?? ended?.problem ?? refusalOf(schedule, listed.refusals, runs[0]) ?? lateness(schedule, runs[0], now);
  const last = runs.slice(0, mostRuns).map(({ startedAt, state }) => `${startedAt} ${state}`);
  const parts = [
    problem?.message ?? [],
    last.length > 0 ? `last runs: ${last.join(", ")}` : "no run yet",
    isSuspended ? "suspended" : nextOf(schedule, now),
  ];
  const found = { subject, message: `${subject}${placed({ namespace })}: ${parts.flat().join("; ")}` };
  if (problem) return { ...found, status: "failed", next: problem.next };
  const resume = { ...kubectl("patch", subject, "--patch", '{"spec":{"suspend":false}}'), namespace };
  return isSuspended ? { ...found, status: "warning", next: resume } : { ...found, status: "ok" };
}

const createdAt = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? "";

/** Returns the objects that an object owns, the newest first. Anyone can write a label. */
function ownedBy<T extends KubeObject>({ metadata: { uid } }: KubeObject, all: readonly T[]): T[] {
  const owned = all.filter(({ metadata }) => (metadata.ownerReferences ?? []).some((owner) => owner.uid === uid));
  return owned.sort((a, b) => (createdAt(a) < createdAt(b) ? 1 : -1));
}

function runOf(job: Job, { pods, refusals }: Listed): Run {
  const { name, namespace = "" } = job.metadata;
  const startedAt = createdAt(job);
  const holds = (wanted: string) => (job.status?.conditions ?? []).find(({ type, status }) => type === wanted && status === "True");
  if (holds("Complete")) return { startedAt, state: "succeeded" };
  const failed = holds("Failed");
  const own = ownedBy(job, pods);
  const refusal = own.length === 0 ? refusalOf(job, refusals) : undefined;
  if (!failed) return { startedAt, state: "running", problem: own.flatMap((pod) => obstacleOf(pod) ?? [])[0] ?? refusal };
  const said = own.flatMap((pod) => lastWords(pod) || [])[0] ?? failed.message ?? failed.reason ?? "";
  const logs = { ...kubectl(own.length > 0 ? "logs" : "describe", `job/${name}`), namespace };
  return { startedAt, state: "failed", problem: refusal ?? { message: `the last run failed: ${inOneLine(said)}`, next: logs } };
}

/** Returns why the pods of a Job or the Jobs of a CronJob are not created: a quota, or an admission policy. */
function refusalOf(of: Job | CronJob, refusals: readonly KubeEvent[], since?: Run): Problem | undefined {
  const { uid, name, namespace = "" } = of.metadata;
  const found = refusals.findLast(
    ({ involvedObject, lastTimestamp = "" }) => involvedObject.uid === uid && lastTimestamp >= (since?.startedAt ?? ""),
  );
  const next = { ...kubectl("describe", `${of.kind.toLowerCase()}/${name}`), namespace };
  return found && { message: `cannot start: ${inOneLine(found.message ?? found.reason)}`, next };
}

/** Returns why a pod cannot start. */
function obstacleOf(pod: Pod): Problem | undefined {
  const { name, namespace = "" } = pod.metadata;
  const { phase, conditions = [] } = pod.status ?? {};
  if (phase !== "Pending") return undefined;
  const unscheduled = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  const waits = statusesOf(pod).flatMap(({ state }) => state?.waiting ?? []);
  const { reason, message } = unscheduled ?? waits.find((waiting) => !beforePull.includes(waiting.reason ?? "")) ?? {};
  if (reason === undefined) return undefined;
  const next = !unscheduled && reason.includes("Image") ? plugin("check", `pod/${name}`) : kubectl("describe", `pod/${name}`);
  return { message: `pod/${name} cannot start: ${inOneLine([reason, message ?? []].flat().join(": "))}`, next: { ...next, namespace } };
}

/** Returns the last line that a pod has printed. Its status has the end of the log if it failed. */
const lastWords = (pod: Pod): string =>
  statusesOf(pod)
    .flatMap(({ state }) => (state?.terminated?.message ?? "").trimEnd().split("\n").at(-1) ?? [])
    .join("");

/** A message of the cluster may have lines, and a megabyte. */
const inOneLine = (text: string): string => text.slice(0, 500).replace(/\s+/g, " ").trim();

const isUtc = ({ spec: { timeZone } }: CronJob): boolean => timeZone === "Etc/UTC" || timeZone === "UTC";

function nextOf(schedule: CronJob, now: Date): string {
  const { schedule: times = "", timeZone } = schedule.spec;
  const next = isUtc(schedule) ? nextRun(times, now) : undefined;
  const zone = timeZone === undefined ? "the time zone of the control plane" : `time zone ${timeZone}`;
  return next ? `next run at ${toSeconds(next)}` : `schedule ${JSON.stringify(times)} in ${zone}`;
}

/** Finds a time of the schedule at which no run has started. The CronJob controller did not run, or could not create a Job. */
function lateness(schedule: CronJob, latest: Run | undefined, now: Date): Problem | undefined {
  const { metadata, spec, status } = schedule;
  if (!isUtc(schedule) || spec.suspend || latest?.state === "running") return undefined;
  const before = [createdAt(schedule), status?.lastScheduleTime ?? "", latest?.startedAt ?? ""].sort().at(-1) ?? "";
  const due = nextRun(spec.schedule ?? "", new Date(before));
  if (!due || now.getTime() - due.getTime() < tolerance) return undefined;
  const next = { ...kubectl("describe", `cronjob/${metadata.name}`), namespace: metadata.namespace };
  return { message: `no run started at ${toSeconds(due)}`, next };
}

/** The line of `apply --skip-blocked` for a namespace whose own objects are in the way. */
const blockedLine = /^Warning: namespace "(?<blocked>[a-z0-9-]{1,63})" is blocked: (?<reason>.+)$/;

/** Returns the namespaces that the last run of `apply` could not write. The status of its pod has the end of what it has printed. */
function blockedNamespaces(schedule: CronJob, { jobs, pods }: Listed): readonly CheckResult[] {
  // The output of other verbs has names at the start of a line, which tenants choose
  const container = schedule.spec.jobTemplate.spec.template.spec.containers.find(({ args = [] }) => args.includes("--skip-blocked"));
  if (!container) return [];
  const own = ownedBy(schedule, jobs).flatMap((job) => ownedBy(job, pods));
  const pod = own.find(({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed");
  if (!pod) return [];
  const { name, namespace = "" } = pod.metadata;
  const next = { ...kubectl("logs", `pod/${name}`), namespace };
  const printed = statusesOf(pod).find((one) => one.name === container.name)?.state?.terminated?.message ?? "";
  const lines = printed.split("\n").map((line) => blockedLine.exec(line)?.groups);
  const reasons = new Map(lines.flatMap((found) => (found ? [[found.blocked ?? "", found.reason ?? ""]] : [])));
  const found = [...reasons].map(
    ([blocked, reason]): CheckResult => ({
      status: "failed",
      subject: `namespace/${blocked}`,
      message: `namespace ${blocked} is blocked: ${inOneLine(reason)}`,
      next,
    }),
  );
  // The status has only the last lines, and the summary of the run counts all namespaces
  const total = Number(/\b(?<count>\d{1,6}) namespaces? blocked$/.exec(printed.trimEnd())?.groups?.["count"] ?? 0);
  const others = (count: number) => `${counted(count, "more namespace")} ${pluralize(count, "is", "are")} blocked`;
  return limited(found, (count) => others(Math.max(count, count + total - found.length)), next);
}
