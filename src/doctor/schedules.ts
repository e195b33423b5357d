import { beforePull } from "../check/pull-pod.ts";
import { day, soonDays } from "../duration.ts";
import { asRefusal, unlessRefused } from "../errors.ts";
import { type Command, kubectl, plugin } from "../hint.ts";
import { type Cluster, listAll } from "../kube/port.ts";
import type { Job, KubeObject, KubeObjects, Pod } from "../objects.ts";
import { passwordEnd, scheduleLabel } from "../schedule/objects.ts";
import { mapConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { isTimestamp, toSeconds } from "../timestamp.ts";
import { statusesOf } from "../usage/recreation.ts";
import { counted, placed } from "../wording.ts";
import { type CheckResult, findingOf, limited } from "./finding.ts";
import type { Expiries } from "./secrets.ts";

type CronJob = KubeObjects["cronjob.batch"];

/** Why a run failed or cannot start, and the command that shows more. */
type Problem = { readonly message: string; readonly next: Command };

/** Anyone who may create a CronJob can give it the label, but no earlier time of its creation. */
const mostSchedules = 20;

/** Checks this plugin's CronJobs in all namespaces, and which namespaces `apply` could not write. */
export async function checkSchedules(
  cluster: Pick<Cluster, "pages">,
  expiries: Promise<Expiries>,
  now: Date,
): Promise<readonly CheckResult[]> {
  const all = await listAll(cluster, "cronjob.batch", { labels: scheduleLabel });
  if (all.length === 0) return [{ status: "ok", message: "there are no schedules" }];
  const schedules = newestFirst(all).reverse();
  // Another check reports a failed read
  const { all: secrets } = await expiries.catch(unlessRefused({ all: [] }));
  const found = await mapConcurrently(schedules.slice(0, mostSchedules), limits.cluster, async (one) => [
    ...(await checkSchedule(cluster, one)),
    ...overdue(one, secrets, now),
    ...ownPassword(one, now),
  ]);
  const message = `only the first ${mostSchedules} of ${counted(schedules.length, "schedule")} are checked`;
  const next = { ...kubectl("get cronjobs", "--all-namespaces", "--selector", scheduleLabel), namespace: "" };
  const rest = schedules.length > mostSchedules ? [{ status: "unknown", subject: "others", message, next } as const] : [];
  return [...found.flat(), ...rest];
}

async function checkSchedule(cluster: Pick<Cluster, "pages">, schedule: CronJob): Promise<readonly CheckResult[]> {
  const { name, namespace = "" } = schedule.metadata;
  const subject = `cronjob/${name}`;
  const of = { namespace, labels: scheduleLabel };
  const listed = await Promise.all([
    listAll(cluster, "job.batch", of),
    listAll(cluster, "pod", of),
    listAll(cluster, "event", { namespace, fields: "reason=FailedCreate" }),
  ]).catch(asRefusal);
  if (listed instanceof Error) return [{ ...findingOf(listed, { subject }), status: "unknown" }];
  const [all, pods, refusals] = listed;
  const jobs = ownedBy(schedule, all);
  const [latest, ended] = [jobs[0], jobs.find((job) => holds(job, "Complete") || holds(job, "Failed"))];
  const problem = [latest, ended].flatMap((job) => (job && problemOf(job, pods, refusals)) ?? [])[0];
  const success = schedule.status?.lastSuccessfulTime;
  const last = success === undefined ? "no run has succeeded yet" : `last success: ${success}`;
  const words = [problem?.message ?? [], schedule.spec.suspend ? "suspended" : [], last].flat().join("; ");
  const found = { subject, message: `${subject}${placed({ namespace })}: ${words}`, next: problem?.next };
  const own = jobs.flatMap((job) => ownedBy(job, pods));
  return [{ ...found, status: problem ? "failed" : schedule.spec.suspend ? "warning" : "ok" }, ...blockedNamespaces(schedule, own)];
}

/**
 * Returns a warning if a password of the schedule's files should have been replaced by now. It is due in the last third of its life, and this
 * waits for half of that.
 */
function overdue({ metadata, status }: CronJob, secrets: Expiries["all"], now: Date): readonly CheckResult[] {
  const success = Date.parse(status?.lastSuccessfulTime ?? metadata.creationTimestamp ?? "");
  const own = secrets.filter(({ file }) => file?.home === metadata.namespace).toSorted((a, b) => a.at - b.at);
  // False if a time is not known
  const late = own.find(({ at, madeAt }) => now.getTime() > at - (at - madeAt) / 6 && success < at - (at - madeAt) / 3);
  if (!late) return [];
  const secret = `secret/${late.name}${placed(late)}`;
  const message = `no run has succeeded since ${secret} is due for rotation; it expires at ${toSeconds(new Date(late.at))}`;
  return [{ status: "warning", subject: `cronjob/${metadata.name}`, message }];
}

/** Returns a warning if the password with which the schedule signs in to Azure expires soon. The printed commands record the end. */
function ownPassword({ metadata }: CronJob, now: Date): readonly CheckResult[] {
  const { name, annotations = {} } = metadata;
  const end = annotations[passwordEnd] ?? "";
  const left = Date.parse(end) - now.getTime();
  if (!isTimestamp(end) || left > soonDays * day) return [];
  const message = `the password with which cronjob/${name}${placed(metadata)} signs in to Azure ${left > 0 ? "expires" : "expired"} at ${end}`;
  return [{ status: left > 0 ? "warning" : "failed", subject: `cronjob/${name}`, message }];
}

/** Returns the objects that an object owns, the newest first. Anyone can write a label. */
function ownedBy<T extends KubeObject>({ metadata: { uid } }: KubeObject, all: readonly T[]): T[] {
  return newestFirst(all.filter(({ metadata }) => (metadata.ownerReferences ?? []).some((owner) => owner.uid === uid)));
}

function newestFirst<T extends KubeObject>(all: readonly T[]): T[] {
  const createdAt = ({ metadata }: T): string => metadata.creationTimestamp ?? "";
  return all.toSorted((a, b) => (createdAt(a) < createdAt(b) ? 1 : -1));
}

const holds = ({ status }: Job, wanted: string): boolean =>
  (status?.conditions ?? []).some((one) => one.type === wanted && one.status === "True");

function problemOf(job: Job, pods: readonly Pod[], refusals: readonly KubeObjects["event"][]): Problem | undefined {
  const { name, namespace = "", uid } = job.metadata;
  if (holds(job, "Complete")) return undefined;
  const own = ownedBy(job, pods);
  // A quota or an admission policy
  const refusal = own.length === 0 ? refusals.findLast(({ involvedObject }) => involvedObject.uid === uid) : undefined;
  const describe = { ...kubectl("describe", `job/${name}`), namespace };
  if (refusal) return { message: `cannot start: ${inOneLine(refusal.message ?? refusal.reason)}`, next: describe };
  if (!holds(job, "Failed")) return own.flatMap((pod) => obstacleOf(pod) ?? [])[0];
  return { message: "the last run failed", next: own.length > 0 ? { ...kubectl("logs", `job/${name}`), namespace } : describe };
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

/** A message of the cluster may have lines, and a megabyte. */
const inOneLine = (text: string): string => text.slice(0, 500).replace(/\s+/g, " ").trim();

/** The line of `apply --skip-blocked` for a namespace whose own objects are in the way. */
const blockedLine = /^Warning: namespace "(?<blocked>[a-z0-9-]{1,63})" is blocked: (?<reason>.+)$/;

/** Returns the namespaces that the last run of `apply` could not write. The status of its pod has the end of what it has printed. */
function blockedNamespaces(schedule: CronJob, pods: readonly Pod[]): readonly CheckResult[] {
  // The output of other verbs has names at the start of a line, which tenants choose
  const container = schedule.spec.jobTemplate.spec.template.spec.containers.find(({ args = [] }) => args.includes("--skip-blocked"));
  const pod = pods.find(({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed");
  if (!container || !pod) return [];
  const next = { ...kubectl("logs", `pod/${pod.metadata.name}`), namespace: pod.metadata.namespace };
  const printed = statusesOf(pod).find(({ name }) => name === container.name)?.state?.terminated?.message ?? "";
  const lines = printed.split("\n").map((line) => blockedLine.exec(line)?.groups);
  const reasons = new Map(lines.flatMap((line) => (line ? [[line["blocked"] ?? "", line["reason"] ?? ""]] : [])));
  const found = [...reasons].map(([blocked, reason]): CheckResult => {
    return { status: "failed", subject: `namespace/${blocked}`, message: `namespace ${blocked} is blocked: ${inOneLine(reason)}`, next };
  });
  // The status has only the last lines, so the number of the others is unknown
  return limited(found, () => "more namespaces are blocked", next);
}
