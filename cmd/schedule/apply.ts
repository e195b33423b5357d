import { type Cluster, listAll } from "../../src/cluster/port.ts";
import { absent, CliError, withLines } from "../../src/errors.ts";
import type { Fix } from "../../src/fix.ts";
import type { Job, Pod } from "../../src/objects.ts";
import { printError } from "../../src/output/error.ts";
import { printList } from "../../src/output/object.ts";
import { printableFlow } from "../../src/output/printable.ts";
import { parseImage } from "../../src/registry/image-reference.ts";
import { isLoginServer } from "../../src/registry/login-server.ts";
import { azureCommands } from "../../src/schedule/azure-commands.ts";
import { type Schedule, scheduleName, scheduleObjects } from "../../src/schedule/objects.ts";
import { failedMessage, resultOf } from "../../src/schedule/runs.ts";
import { pagesAddress } from "../project.ts";
import type { Session } from "../session.ts";
import { publishedImage } from "./options.ts";

/** Milliseconds between two reads of the first Job. */
const interval = 1000;

/**
 * Applies a schedule with kubectl, and starts a first Job like `kubectl create job --from`.
 * @throws CliError if kubectl can't apply an object
 * @returns the exit code: 1 if the Job did not succeed
 */
export async function applySchedule(schedule: Schedule, how: Pick<Waiting, "wait" | "registry">, session: Session): Promise<number> {
  const { stdout, failure } = await session.apply(await printList(scheduleObjects(schedule), "json"));
  session.print(printableFlow(stdout));
  if (failure !== undefined) {
    const [first = "", ...others] = failure.trim().split("\n");
    throw new CliError(/\bforbidden\b/i.test(failure) ? "forbidden" : "invalid", withLines(first, ...others));
  }
  const waiting = { ...how, schedule, cluster: session.cluster(), session };
  const name = await startJob(waiting);
  session.print(`job.batch/${name} created\n`);
  const failed = await session.during(`Waiting for job/${name}`, () => endOfJob(name, waiting));
  if (failed) {
    printError(session, failed);
    return 1;
  }
  session.print(`job.batch/${name} succeeded\n`);
  session.hint({ verb: "schedule", targets: ["status"] });
  return 0;
}

async function startJob({ schedule, cluster, wait, session }: Waiting): Promise<string> {
  const { namespace } = schedule;
  const cronName = scheduleName(schedule);
  const cronJob = await cluster.get({ kind: "cronjob.batch", namespace, name: cronName });
  if (!cronJob) throw absent("cronjobs.batch", cronName);
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const name = `${cronName}-${Math.floor(session.now().getTime() / 1000).toString(36)}`;
  const job = {
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
  await cluster.write({ kind: "job.batch", namespace, name }, { create: job }, { dryRun: false, fieldManager: "kubectl-acr-secret" });
  return name;
}

type Waiting = {
  readonly schedule: Schedule;
  readonly cluster: Cluster;
  readonly session: Session;
  readonly wait: number;
  readonly registry: string | undefined;
};

/** Waits for the end of a Job. @returns why it did not succeed; undefined if it did */
async function endOfJob(name: string, waiting: Waiting): Promise<CliError | undefined> {
  const { cluster, session, wait, schedule } = waiting;
  const { namespace } = schedule;
  const end = session.now().getTime() + wait;
  const hint: Fix = { kubectl: "describe job", args: [name], namespace };
  for (;;) {
    const job = await cluster.get({ kind: "job.batch", namespace, name });
    if (!job) return absent("jobs.batch", name);
    const pods = await listAll(cluster, "pod", { namespace, labels: `job-name=${name}` });
    const failure = failureOf(job, pods, waiting);
    if (failure || resultOf(job) === "Complete") return failure;
    if (session.now().getTime() >= end) return new CliError("timeout", `timed out waiting for job/${name}`, { hint });
    await session.sleep(interval);
  }
}

function failureOf(job: Job, pods: readonly Pod[], waiting: Waiting): CliError | undefined {
  const { name, namespace } = job.metadata;
  const [stuck] = pods.flatMap((pod) => stuckError(pod, waiting) ?? []);
  if (stuck || resultOf(job) !== "Failed") return stuck;
  const lines = failedMessage(job, pods).split("\n");
  const start = lines.findIndex((line) => line.startsWith("hint: "));
  const [next, command = ""] = start < 0 ? [] : lines.slice(start);
  // The pod runs this plugin, whose hint is on its line or on the next one
  const hint = next && (command.startsWith("  ") ? command.trim() : next.slice("hint: ".length));
  const shown = start < 0 ? lines : lines.slice(0, start);
  return new CliError("invalid", withLines(`job/${name} failed`, ...shown), {
    hint: hint ?? { kubectl: "describe job", args: [name], namespace },
  });
}

/** The reasons for which a container can't start without a change (pkg/kubelet/images and kuberuntime). */
const stuckReasons = ["ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError"];

function stuckError({ metadata: { name: pod }, status }: Pod, { schedule, registry }: Waiting): CliError | undefined {
  const waiting = status?.containerStatuses?.[0]?.state?.waiting;
  if (!stuckReasons.includes(waiting?.reason ?? "")) return undefined;
  const { image, azure, namespace } = schedule;
  const isConfig = waiting?.reason === "CreateContainerConfigError" && azure !== undefined && "secret" in azure;
  const message = isConfig ? `pod/${pod} cannot start` : `pod/${pod} cannot pull ${image}`;
  const hint = isConfig ? azureCommands(schedule, registry).at(-1) : pullFix(schedule);
  return new CliError("invalid", withLines(message, waiting?.message), {
    hint: hint ?? { kubectl: "describe pod", args: [pod], namespace },
  });
}

/** Returns the command that lets the schedule pull an image in an Azure registry, or how to replace the published image. */
function pullFix(schedule: Schedule): string | Fix | undefined {
  const { host, repository } = parseImage(schedule.image);
  if (`${host}/${repository}` === publishedImage) return `push the image to your registry, and add --image: ${pagesAddress}schedule.md`;
  if (!isLoginServer(host)) return undefined;
  const { namespace } = schedule;
  return { verb: "create", registry: host, repositories: [repository], serviceaccounts: [scheduleName(schedule)], namespace };
}
