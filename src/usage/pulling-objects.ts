import { isPullPod } from "../check/pull-pod.ts";
import { asNotFound, CliError, isForbidden } from "../errors.ts";
import { nameOf, type PodKind, templateKinds, type Workload } from "../kinds.ts";
import { type Cluster, listAll } from "../kube/port.ts";
import type { Pod, Secret, ServiceAccount } from "../objects.ts";
import { type ClusterScope, clusterWideOrEach, type NamespaceScope, untilUnreadable } from "../scope/cluster-scopes.ts";
import { awaitAll, memoize, once } from "../scope/concurrency.ts";
import { wideFrom } from "../scope/limits.ts";
import { byKey, capped, readByNamespace } from "../scope/pages-by-namespace.ts";
import { shapeNamed } from "../secret/shapes.ts";
import { requireNamespace } from "./namespace.ts";
import { type ListIn, readTemplates, type Template, type TemplateKind, templateOf } from "./pod-templates.ts";
import { asWorkload, podOwner } from "./pods.ts";
import { accountOf, controllerOf } from "./references.ts";
import {
  among,
  filterOf,
  firstMissing,
  isOver,
  kindOf,
  missingTarget,
  type TargetObject,
  type TargetPick,
  uniqueObjects,
} from "./targets.ts";

/** The pods and templates that a command selects. Without picks: every pod, and every template without pods. */
export type PullSelection = {
  readonly picks: readonly TargetPick[];
  /** Without picks: only pods and templates with these labels. */
  readonly selector: string | undefined;
  /** A pattern may match nothing in a namespace, because it may match in another one. */
  readonly lenient: boolean;
};

export type PullingObjects = {
  readonly pods: readonly Pod[];
  readonly templates: readonly Template[];
  readonly accounts: readonly ServiceAccount[];
  /** The controllers of other controllers: of `job/report-1`, its CronJob. */
  readonly controllers: ReadonlyMap<string, Workload>;
};

/** A namespace whose objects can be read. */
export type PullReader = NamespaceScope & {
  read(): Promise<PullingObjects>;
  /** Those of its pull secrets that a list of the cluster returned. Others are read by name. */
  readonly secrets?: readonly Secret[];
};

/**
 * Yields the namespaces of a scope. Reads many namespaces from cluster-wide lists. If the cluster can't be read, yields a failing reader.
 * @param skipped receives the kinds of template that can't be listed
 */
export function pullReadersOf(clusterScope: ClusterScope, selection: PullSelection, skipped: Set<PodKind>): AsyncGenerator<PullReader> {
  const each = readersPerNamespace(clusterScope, selection, skipped);
  const open = clusterScope.open && clusterScope.namespaces.length >= wideFrom;
  const readers = clusterWideOrEach({ ...clusterScope, open }, readersFromClusterLists(clusterScope, selection, skipped), each);
  const { cluster } = clusterScope;
  return untilUnreadable(readers, (error) => ({ cluster, namespace: "", read: () => Promise.reject(error) }));
}

function* readersPerNamespace(
  { cluster, namespaces, open }: ClusterScope,
  selection: PullSelection,
  skipped: Set<PodKind>,
): Generator<PullReader> {
  for (const namespace of namespaces) {
    const listIn: ListIn = (kind, where) => listAll(cluster, kind, { ...where, namespace });
    const read = async () => {
      const end = await readSelected(namespace, listIn, selection, skipped).catch(asNotFound);
      const isEmpty = end instanceof CliError || end.pods.length + end.templates.length === 0;
      if (isEmpty && !open) await requireNamespace(cluster, namespace);
      if (end instanceof CliError) throw end;
      return end;
    };
    yield { cluster, namespace, read };
  }
}

/** Reads each list of the cluster once, page by page. The objects of a namespace are read before its reader is yielded. */
async function* readersFromClusterLists(
  clusterScope: ClusterScope,
  selection: PullSelection,
  skipped: Set<PodKind>,
): AsyncGenerator<PullReader> {
  const { cluster, namespaces } = clusterScope;
  const listIn = clusterLists(cluster);
  // For a few pods, the list would mostly contain Secrets of others
  const isAll = selection.picks.length === 0 && selection.selector === undefined;
  const secretsIn = isAll ? secretsByNamespace(clusterScope) : async () => [];
  for (const namespace of byKey(namespaces)) {
    const reading = readSelected(namespace, listIn(namespace), selection, skipped);
    // A missing target is an error of its namespace only
    const [secrets] = await awaitAll([secretsIn(namespace), reading.catch(asNotFound)]);
    yield { cluster, namespace, read: () => reading, secrets };
  }
}

/** Reads the pull secrets of each namespace from one list: not all if they are too large, and none if the list is forbidden. */
function secretsByNamespace({ cluster, trace }: ClusterScope): (namespace: string) => Promise<readonly Secret[]> {
  const secretsIn = readByNamespace(capped(cluster.pages("secret", { fields: `type=${shapeNamed().type}` }), new Set()));
  const report = once(() => trace(6, () => "Reading each Secret by name, because their list is forbidden"));
  return (namespace) =>
    secretsIn(namespace).catch((error: unknown) => {
      if (!isForbidden(error)) throw error;
      report();
      return [];
    });
}

type ReadIn = (namespace: string) => Promise<readonly never[]>;

function clusterLists(cluster: Cluster): (namespace: string) => ListIn {
  const lists = new Map<string, ReadIn>();
  return (namespace) => {
    // A list returns the objects of a namespace only once
    const read = new Map<string, Promise<readonly never[]>>();
    return (kind, where) => {
      const key = JSON.stringify([kind, where]);
      const list = memoize(lists, key, () => readByNamespace(cluster.pages(kind, where)) as ReadIn);
      return memoize(read, key, () => list(namespace));
    };
  };
}

async function readSelected(namespace: string, listIn: ListIn, selection: PullSelection, skipped: Set<PodKind>): Promise<PullingObjects> {
  const forbidden = new Set<PodKind>();
  const templatesOf: TemplateLists = (chosen, labels) => readTemplates(listIn, chosen, labels, forbidden);
  const read = selection.picks.length > 0 ? readPicked(namespace, listIn, templatesOf, selection) : readAll(listIn, templatesOf, selection);
  const objects = await read;
  // If pods can't be listed either, that error says it
  for (const kind of forbidden) skipped.add(kind);
  return objects;
}

type TemplateLists = (chosen: readonly TemplateKind[], labels?: string) => Promise<Template[]>;

async function readAll(listIn: ListIn, templatesOf: TemplateLists, { selector: labels }: PullSelection): Promise<PullingObjects> {
  const [all, accounts, templates] = await awaitAll([
    listIn("pod", { labels }),
    listIn("serviceaccount"),
    templatesOf(templateKinds, labels),
  ]);
  const controllers = controllersOf(templates);
  const pods = all.filter(isPulling);
  return { pods, accounts, controllers, templates: withoutPods(templates, pods, controllers) };
}

/** @throws CliError notFound for a target that doesn't exist */
async function readPicked(
  namespace: string,
  listIn: ListIn,
  templatesOf: TemplateLists,
  { picks, lenient }: PullSelection,
): Promise<PullingObjects> {
  const found = await awaitAll(picks.map(async (pick) => among<TargetObject>(pick, await listIn(pick.kind, filterOf(pick)), isLive)));
  const missing = firstMissing(picks, found, { lenient, targets: { picks, whereUsed: false } });
  if (missing) throw missingTarget(missing, namespace);
  const chosen = uniqueObjects(found.flat());
  const named = chosen.filter((object) => object.kind === "Pod").filter((pod) => !isPullPod(pod));
  const byAccount = new Set(chosen.filter(({ kind }) => kind === "ServiceAccount").map(({ metadata }) => metadata.name));
  const own = chosen.filter(({ kind }) => kind !== "Pod").flatMap((object) => templateOf(kindOf(object), object));
  const kindsOfOthers = byAccount.size > 0 ? templateKinds : own.some(({ workload }) => workload.kind === "cronjob") ? jobs : [];
  const [accounts, all, others] = await awaitAll([
    listIn("serviceaccount"),
    own.length + byAccount.size > 0 ? listIn("pod") : [],
    templatesOf(kindsOfOthers),
  ]);
  const controllers = controllersOf([...own, ...others]);
  const wanted = new Set(own.map(({ workload }) => nameOf(workload)));
  const isWanted = (pod: Pod) =>
    byAccount.has(accountOf(pod.spec)) || chainOf(pod, controllers).some((workload) => wanted.has(nameOf(workload)));
  const pods = all.filter((pod) => isPulling(pod) && isWanted(pod));
  const ofAccounts = others.filter(({ spec }) => byAccount.has(accountOf(spec)));
  return {
    pods: [...new Map([...pods, ...named].map((pod) => [pod.metadata.name, pod])).values()],
    templates: [...own, ...withoutPods(ofAccounts, pods, controllers).filter(({ workload }) => !wanted.has(nameOf(workload)))],
    accounts,
    controllers,
  };
}

const jobs = ["job.batch"] as const;

const controllersOf = (templates: readonly Template[]): ReadonlyMap<string, Workload> =>
  new Map(
    templates.flatMap(({ workload, metadata }) => {
      const controller = controllerOf(metadata);
      return controller ? [[nameOf(workload), asWorkload(controller)] as const] : [];
    }),
  );

/** Returns the controllers of a pod, and the pod itself if it has none. The last one is the object that the user changes. */
export function chainOf(pod: Pod, controllers: PullingObjects["controllers"]): Workload[] {
  const owner = podOwner(pod);
  if (!owner) return [{ kind: "pod", name: pod.metadata.name }];
  const above = owner.template && nameOf(owner.template) !== nameOf(owner) ? owner.template : controllers.get(nameOf(owner));
  return [owner, ...(above ? [above] : [])].map(({ kind, name }) => ({ kind, name }));
}

function withoutPods(templates: readonly Template[], pods: readonly Pod[], controllers: PullingObjects["controllers"]): Template[] {
  const withPods = new Set(pods.flatMap((pod) => chainOf(pod, controllers)).map(nameOf));
  return templates.filter(({ workload }) => !withPods.has(nameOf(workload)));
}

const isLive = (object: TargetObject): boolean => !object.metadata.deletionTimestamp && !isOver(object);

const isPulling = (pod: Pod): boolean => isLive(pod) && !isPullPod(pod);
