import { listAll } from "../../src/cluster/port.ts";
import { absent, CliError, Interrupted, withLines } from "../../src/errors.ts";
import type { Fix } from "../../src/fix.ts";
import { type Job, managedBy, type Pod } from "../../src/objects.ts";
import { printError } from "../../src/output/error.ts";
import { printList } from "../../src/output/object.ts";
import { printableFlow } from "../../src/output/printable.ts";
import { parseImage } from "../../src/registry/image-reference.ts";
import { isLoginServer } from "../../src/registry/login-server.ts";
import { azureCommands } from "../../src/schedule/azure-commands.ts";
import { type Schedule, scheduleName, scheduleObjects } from "../../src/schedule/objects.ts";
import { resultOf, summaryOf } from "../../src/schedule/runs.ts";
import { pagesAddress } from "../project.ts";
import type { Session } from "../session.ts";
import { publishedImage } from "./options.ts";

/** Milliseconds between two reads of the first Job. */
const interval = 1000;

/**
 * Applies a schedule with kubectl, starts a first Job like `kubectl create job --from`, and waits until it ends.
 * @param wait milliseconds
 * @throws CliError if kubectl can't apply an object
 * @returns the exit code: 1 if the Job did not succeed
 */
export async function applySchedule(schedule: Schedule, wait: number, session: Session): Promise<number> {
  const { stdout, failure } = await session.apply(await printList(scheduleObjects(schedule), "json"));
  session.print(printableFlow(stdout));
  if (failure !== undefined) {
    const [first = "", ...others] = failure.trim().split("\n");
    throw new CliError(/\bforbidden\b/i.test(failure) ? "forbidden" : "invalid", withLines(first, ...others));
  }
  const job = await startJob(schedule, wait, session);
  session.print(`job.batch/${job} created\n`);
  const status: Fix = { verb: "schedule", targets: ["status"] };
  const failed = await session
    .during(`Waiting for job/${job}`, () => endOfJob(job, schedule, wait, session))
    .catch((error: unknown) => {
      throw error instanceof Interrupted ? new Interrupted(`interrupted; job/${job} continues`, { hint: status }) : error;
    });
  if (failed) {
    printError(session, failed);
    return 1;
  }
  session.print(`job.batch/${job} succeeded\n`);
  session.hint(status);
  return 0;
}

/** Creates a Job from the applied CronJob. @returns its name */
async function startJob(schedule: Schedule, wait: number, session: Session): Promise<string> {
  const { namespace } = schedule;
  const cronName = scheduleName(schedule);
  const cluster = session.cluster();
  const cronJob = await cluster.get({ kind: "cronjob.batch", namespace, name: cronName });
  if (!cronJob) throw absent("cronjobs.batch", cronName);
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const name = `${cronName}-${session.runId.slice(0, 8)}`;
  const create = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      namespace,
      labels: metadata?.labels,
      annotations: { "cronjob.kubernetes.io/instantiate": "manual" },
      ownerReferences: [{ apiVersion: "batch/v1", kind: "CronJob", name: cronName, uid: cronJob.metadata.uid, controller: true }],
    },
    // The cluster ends the Job even if this process can't, but not before this process stops waiting
    spec: { ...spec, backoffLimit: 0, activeDeadlineSeconds: Math.ceil(wait / 1000) + 30 },
  };
  await cluster.write({ kind: "job.batch", namespace, name }, { create }, { dryRun: false, fieldManager: managedBy.value });
  return name;
}

/** Waits for the end of a Job. @returns why it did not succeed; undefined if it did */
async function endOfJob(name: string, schedule: Schedule, wait: number, session: Session): Promise<CliError | undefined> {
  const { namespace } = schedule;
  const cluster = session.cluster();
  const end = session.now().getTime() + wait;
  const hint: Fix = { kubectl: "describe job", args: [name], namespace };
  for (;;) {
    const job = await cluster.get({ kind: "job.batch", namespace, name });
    if (!job) return absent("jobs.batch", name);
    const pods = await listAll(cluster, "pod", { namespace, labels: `job-name=${name}` });
    const failure = pods.flatMap((pod) => stuckError(pod, schedule) ?? [])[0] ?? failureOf(job, pods, hint);
    if (failure || resultOf(job) === "Complete") return failure;
    if (session.now().getTime() >= end) return new CliError("timeout", `timed out waiting for job/${name}`, { hint });
    await session.sleep(interval);
  }
}

/** Returns the error of a failed Job, with the last lines of its pod. @param describe the hint for a pod that printed none */
function failureOf(job: Job, pods: readonly Pod[], describe: Fix): CliError | undefined {
  if (resultOf(job) !== "Failed") return undefined;
  // The pod runs this plugin, whose hint is on its line or on the next one
  const [message = "", hint = ""] = summaryOf(job, pods).split(/^hint: (?:.*\n {2})?/m);
  const lines = withLines(`job/${job.metadata.name} failed`, ...message.split("\n"));
  return new CliError("invalid", lines, { hint: hint.split("\n")[0] || describe });
}

/** The reasons for which a container can't start without a change (pkg/kubelet/images and kuberuntime). */
const stuckReasons = ["ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError"];

/** Returns why a pod can't start, and what to do. */
function stuckError({ metadata: { name }, status }: Pod, schedule: Schedule): CliError | undefined {
  const { reason = "", message } = status?.containerStatuses?.[0]?.state?.waiting ?? {};
  if (!stuckReasons.includes(reason)) return undefined;
  const { secret, image, namespace } = schedule;
  const pulls = reason.includes("Image");
  const lacksSecret = reason === "CreateContainerConfigError" && secret !== undefined;
  const fix = lacksSecret ? azureCommands(schedule).at(-1) : pulls && pullFix(schedule);
  const hint: string | Fix = fix || { kubectl: "describe pod", args: [name], namespace };
  return new CliError("invalid", withLines(`pod/${name} cannot ${pulls ? `pull ${image}` : "start"}`, message), { hint });
}

/** Returns the command that lets the schedule pull an image in an Azure registry, or how to replace the published image. */
function pullFix(schedule: Schedule): string | Fix | undefined {
  const { host, repository } = parseImage(schedule.image);
  if (`${host}/${repository}` === publishedImage) return `push the image to your registry, and add --image: ${pagesAddress}schedule.md`;
  if (!isLoginServer(host)) return undefined;
  const { namespace } = schedule;
  return { verb: "create", registry: host, repositories: [repository], serviceaccounts: [scheduleName(schedule)], namespace };
}
