import { kinds, type TargetKind } from "../kinds.ts";

/** A kind of object whose list of pull secrets a manifest may have. */
export type ListedKind = {
  /** As kubectl prints it: `deployment.apps`. */
  readonly name: string;
  /** As a manifest spells it: `Deployment`. */
  readonly kind: string;
  /** Its API groups, former ones too; "" is the core. */
  readonly groups: readonly string[];
  readonly path: readonly string[];
  readonly makesPods: boolean;
};

const inTemplate = ["spec", "template", "spec", "imagePullSecrets"];
const workload = { makesPods: true, path: inTemplate } as const;
const apps = { ...workload, groups: ["apps", "extensions"] } as const;

const listed: readonly ListedKind[] = [
  { name: "pod", kind: "Pod", groups: [""], makesPods: true, path: ["spec", "imagePullSecrets"] },
  { name: "replicationcontroller", kind: "ReplicationController", groups: [""], ...workload },
  { name: "deployment.apps", kind: "Deployment", ...apps },
  { name: "statefulset.apps", kind: "StatefulSet", ...apps },
  { name: "daemonset.apps", kind: "DaemonSet", ...apps },
  { name: "replicaset.apps", kind: "ReplicaSet", ...apps },
  { name: "job.batch", kind: "Job", groups: ["batch"], ...workload },
  { name: "cronjob.batch", kind: "CronJob", groups: ["batch"], makesPods: true, path: ["spec", "jobTemplate", ...inTemplate] },
  ...Object.entries(kinds).flatMap(([name, row]) =>
    "carries" in row ? [{ name: name as TargetKind, kind: row.kind, groups: [""], makesPods: false, path: row.carries.path }] : [],
  ),
];

/** The kind that a manifest names; undefined for one that has no list of pull secrets. */
export function listedKind(apiVersion: string, kind: string): ListedKind | undefined {
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  return listed.find((row) => row.kind === kind && row.groups.includes(group));
}
