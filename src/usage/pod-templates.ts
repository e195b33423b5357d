import { CliError } from "../errors.ts";
import { at, type ClusterKind, kinds, type PodKind, type TargetKind, type templateKinds, type Workload } from "../kinds.ts";
import type { Where } from "../kube/port.ts";
import type { KubeObjects, Metadata, PodSpec } from "../objects.ts";
import { awaitAll } from "../scope/concurrency.ts";
import type { NewPod } from "./admission.ts";
import { asWorkload } from "./pods.ts";
import { controllerOf, podSpecOf } from "./references.ts";
import { isOver } from "./targets.ts";

export type Template = {
  readonly workload: Workload;
  readonly spec: PodSpec;
  /** That of the workload. */
  readonly metadata: Metadata;
  /** The pod that it starts. */
  readonly pod: NewPod;
};

export type TemplateKind = (typeof templateKinds)[number];

export type ListIn = <K extends ClusterKind>(kind: K, where?: Omit<Where, "namespace">) => Promise<readonly KubeObjects[K][]>;

/**
 * Reads the templates that start pods. A kind that the user may not list, or that the server doesn't have, has none. Kubernetes' own roles
 * don't allow to list PodTemplates, which are not targets, so these are not reported.
 */
export async function readTemplates(
  listIn: ListIn,
  chosen: readonly TemplateKind[],
  labels: string | undefined,
  skipped: Set<PodKind>,
): Promise<Template[]> {
  const lists = chosen.map(async (kind) => {
    try {
      return await readKind(listIn, kind, labels);
    } catch (error) {
      if (!(error instanceof CliError) || !["forbidden", "notFound"].includes(error.kind)) throw error;
      if (error.kind === "forbidden" && "pullSecretList" in kinds[kind]) skipped.add(kind);
      return [];
    }
  });
  return (await awaitAll(lists)).flat();
}

async function readKind(listIn: ListIn, kind: TemplateKind, labels: string | undefined): Promise<Template[]> {
  if ("createdBy" in kinds[kind] && (await listIn(kind, { labels, metadataOnly: true })).every(isCreated)) return [];
  return (await listIn<TemplateKind>(kind, { labels })).filter(startsPods).flatMap((object) => templateOf(kind, object));
}

/** Returns the template of an object; none for a ServiceAccount. */
export function templateOf(kind: TargetKind | PodKind, object: { readonly metadata: Metadata }): Template[] {
  const spec = podSpecOf(kind, object);
  const row = kinds[kind];
  if (!spec || !("podSpec" in row)) return [];
  const { metadata } = object;
  const pod = at(object, row.podSpec.slice(0, -1)) as NewPod;
  // A policy may reject pods without a controller
  const owner = { apiVersion: row.api, kind: row.kind, name: metadata.name, uid: metadata.uid ?? "", controller: true };
  return [
    {
      workload: asWorkload({ kind: row.kind, name: metadata.name }),
      spec,
      metadata,
      pod: { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } },
    },
  ];
}

/** Whether an object starts pods. An ended Job doesn't, nor a ReplicaSet of a Deployment, nor an older version without replicas. */
function startsPods(object: KubeObjects[TemplateKind]): boolean {
  if (isOver(object) || isCreated(object)) return false;
  return object.kind !== "ReplicaSet" || !controllerOf(object.metadata) || object.spec.replicas !== 0;
}

/** Whether a Deployment starts the object's pods. A cluster has many such objects, so only their metadata is read. */
const isCreated = ({ metadata }: { readonly metadata: Metadata }): boolean =>
  controllerOf(metadata)?.kind === kinds["replicaset.apps"].createdBy;
