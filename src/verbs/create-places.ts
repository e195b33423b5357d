import type { Ref } from "../kinds.ts";
import type { Cluster } from "../kube/port.ts";
import type { Secret } from "../objects.ts";
import type { ImageRef } from "../registry/port.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { memoize } from "../scope/concurrency.ts";
import { selectNamespaces, uidsOf } from "../scope/namespaces.ts";
import { isOpen, type Scope } from "../scope/scope.ts";
import { type Copies, copiesOf, credentialOf } from "../secret/record.ts";
import type { Tools } from "../tools.ts";
import { imagesFrom, imagesIn } from "../usage/images.ts";
import { type NamespaceReader, readersOf } from "../usage/namespace-reader.ts";
import { type NamespaceState, readNamespace } from "../usage/namespace-state.ts";
import { picksOf, type TargetOptions, templatesOf, wantsTargets } from "../usage/targets.ts";
import { inLine } from "../wording.ts";

/** A namespace of a run. */
export type Place = {
  readonly namespace: string;
  /** It gets a copy of the source. */
  readonly hasCopy: boolean;
  /** Its targets get the Secret. */
  readonly isTarget: boolean;
  read(): Promise<NamespaceState>;
};

export type Places = {
  /** The source. */
  readonly secret: Secret | undefined;
  /** The namespaces that have a copy after the run, with their uids. */
  readonly copies: Copies;
  /** What to say about the selection. */
  readonly notes: readonly string[];
  readonly namespaces: readonly string[];
  all(): AsyncIterable<Place>;
  /** The images of a registry that the target namespaces use; none if pods don't tell. */
  images(host: string | undefined): Promise<readonly ImageRef[]>;
};

type Order = {
  readonly source: Ref<"secret">;
  readonly copyTo: Scope | undefined;
  readonly targets: TargetOptions;
  readonly repositories: readonly string[];
  readonly fromPods: boolean;
  readonly podsTell: boolean;
  readonly restart: "stuck" | "all" | "none";
  readonly wait: number;
};

/** Reads which namespaces a run writes: its own, or with copies those that the source records and those that the flags select. */
export async function placesOf(order: Order, tools: Tools): Promise<Places> {
  const { source, copyTo } = order;
  const { namespace = "" } = source;
  const cluster = tools.cluster();
  const reads = readsOf(order, tools);
  const own = copyTo ? undefined : await readNamespace({ cluster, namespace }, { ...reads, lenient: false });
  const secret = own ? own.secret : await cluster.get(source);
  const selected = copyTo ? await selectNamespaces(copyTo, cluster) : undefined;
  const { kept, copies } = await copiesAfter(secret, namespace, selected ?? new Map(), cluster);
  const targetScope = { cluster, namespaces: selected ? [...selected.keys()] : [namespace], open: copyTo !== undefined && isOpen(copyTo) };
  const copyOnly = { secret: source.name, targets: { picks: [], whereUsed: false }, pods: "none", lenient: true } as const;

  async function* all(): AsyncGenerator<Place> {
    const place = (isTarget: boolean) => (reader: NamespaceReader) => ({
      namespace: reader.scope.namespace,
      hasCopy: reader.scope.namespace in copies,
      isTarget,
      read: reader.read,
    });
    if (own) yield { namespace, hasCopy: false, isTarget: true, read: async () => own };
    else for await (const reader of readersOf(targetScope, { ...reads, lenient: true })) yield place(true)(reader);
    const rest: ClusterScope = { cluster, namespaces: kept, open: kept.length > 0 };
    for await (const reader of readersOf(rest, copyOnly)) yield place(false)(reader);
  }

  const images = new Map<string, Promise<readonly ImageRef[]>>();
  const readImages = async (host: string): Promise<readonly ImageRef[]> => {
    if (own) return imagesFrom([host], [...own.pods, ...templatesOf(own.targets)]);
    if (!order.podsTell || (order.repositories.length > 0 && !order.fromPods)) return [];
    return imagesIn(targetScope, { hosts: [host], picks: picksOf(order.targets) });
  };
  return {
    secret,
    copies,
    notes: selected ? notesOn([...selected.keys()], kept) : [],
    namespaces: [...targetScope.namespaces, ...kept],
    all,
    images: (host) => (host === undefined ? Promise.resolve([]) : memoize(images, host, () => readImages(host))),
  };
}

function notesOn(selected: readonly string[], kept: readonly string[]): string[] {
  const none = selected.length === 0 ? ["no namespace matches"] : [];
  if (kept.length === 0) return none;
  return [...none, `${inLine(kept)} ${kept.length > 1 ? "keep their copies" : "keeps its copy"}, although not selected`];
}

/** Returns which recorded copies stay although not selected, and all copies that the source has after the run. */
async function copiesAfter(secret: Secret | undefined, own: string, selected: ReadonlyMap<string, string>, cluster: Cluster) {
  const recorded = credentialOf(secret) ? copiesOf(secret) : {};
  const others = Object.entries(recorded).filter(([name]) => !selected.has(name));
  const uids = await uidsOf(
    others.map(([name]) => name),
    cluster,
  );
  // A namespace that was deleted and created again was given nothing
  const kept = others.filter(([name, uid]) => uids.get(name) === uid);
  const copies: Copies = Object.fromEntries([...kept, ...selected].filter(([name]) => name !== own).sort());
  return { kept: kept.map(([name]) => name), copies };
}

/** What to read in the target namespaces: all pods if their images determine the repositories or prove the credential. */
function readsOf(order: Order, { sleep }: Tools) {
  const { source, targets, repositories, restart, podsTell, copyTo, wait } = order;
  const isAll = copyTo === undefined || repositories.length === 0 || targets.whereUsed || restart === "all";
  const waiting = wantsTargets(targets) ? "waiting" : "none";
  const pods = podsTell ? (isAll ? "all" : waiting) : "none";
  return { secret: source.name, targets, pods, wait: { milliseconds: wait, sleep } } as const;
}
