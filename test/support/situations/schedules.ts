import type { ContainerStatus, Job, KubeObjects, Metadata, Pod } from "../../../src/objects.ts";

type CronJob = KubeObjects["cronjob.batch"];

const label = { "acr-secret/schedule": "teams" };
const ownedBy = (uid: string) => ({ ownerReferences: [{ apiVersion: "batch/v1", kind: "CronJob", name: "teams", uid, controller: true }] });
const metadata = (name: string, more: Partial<Metadata> = {}): Metadata => ({ name, namespace: "acr-secret", labels: label, ...more });

export const cronJob = (more: Partial<CronJob["spec"]> = {}, at: Partial<Metadata> = {}): CronJob => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: metadata("teams", { uid: "schedule", ...at }),
  spec: {
    jobTemplate: { spec: { template: { spec: { containers: [{ name: "acr-secret", args: ["apply", "--skip-blocked", "--quiet"] }] } } } },
    ...more,
  },
  status: { lastSuccessfulTime: "2026-01-01T10:00:30Z" },
});

/** Returns a run that started at a minute of the hour. */
export const job = (minute: string, ended?: "Complete" | "Failed", of = "schedule"): Job => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: metadata(`teams-${minute}`, { uid: `job-${minute}`, creationTimestamp: `2026-01-01T10:${minute}:00Z`, ...ownedBy(of) }),
  spec: { template: { spec: { containers: [] } } },
  status: { conditions: ended ? [{ type: ended, status: "True", reason: "BackoffLimitExceeded", message: "too many failures" }] : [] },
});

type State = Partial<NonNullable<Pod["status"]>> & { readonly state?: ContainerStatus["state"] };

export const pod = (minute: string, { state, ...status }: State): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: metadata(`teams-${minute}-a`, { creationTimestamp: `2026-01-01T10:${minute}:01Z`, ...ownedBy(`job-${minute}`) }),
  spec: { containers: [] },
  status: { phase: "Pending", ...(state && { containerStatuses: [{ name: "acr-secret", state }] }), ...status },
});

export const waiting = (reason: string, message = "") => ({ state: { waiting: { reason, message } } });

export const event = (uid: string, lastTimestamp: string, message: string): KubeObjects["event"] => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: { name: `e-${uid}`, namespace: "acr-secret" },
  involvedObject: { apiVersion: "batch/v1", kind: "Job", namespace: "acr-secret", name: "teams", uid },
  type: "Warning",
  reason: "FailedCreate",
  message,
  lastTimestamp,
});
