import { parseJson } from "../json.ts";
import { at, type kinds, nameOf, type TargetKind } from "../kinds.ts";
import { lastApplied, type ManagedFields, type Metadata } from "../objects.ts";
import type { Change } from "./change.ts";
import { targetArgument } from "./wording.ts";

type SourceName = "argocd" | "flux-helm" | "flux-kustomize" | "helm";

/** The tool that is going to undo a change of a list. */
export type Drift = {
  readonly by: SourceName | "applied-file" | "manager" | "controller";
  /** The Helm release, the Argo CD application, the Flux object, the field manager, or the controller of the object. */
  readonly name: string;
  /** The tool overwrites the list with its own, stops because of a conflict, does either of these, or may undo the change. */
  readonly does: "undoes" | "stops" | "undoes-or-stops" | "may-undo";
};

/** Properties of the list, and the field manager that writes it. */
type Writing = { readonly pullSecretList: (typeof kinds)[TargetKind]["pullSecretList"]; readonly fieldManager: string };

/** The parts of an object that identify its source. */
type ManagedObject = { readonly kind: string; readonly metadata: Metadata };

/** Texts for a warning. `output`: the format of the patch to commit instead. */
type Words = { is(name: string): string; readonly next: string; readonly output?: "kustomize" | "helm" };

/** A tool that writes objects from its own source (a chart, Git, or a file), and how it is detected. */
type Source = Words & {
  /** Returns the release, application or Flux object that an object belongs to; undefined without the mark of the source. */
  nameIn(object: ManagedObject): string | undefined;
  /** The path of the mark in managedFields. The manager that wrote the mark is the source, whatever its name. */
  readonly mark: readonly string[];
  /** The default name of its manager, if managedFields doesn't show who wrote the mark. */
  readonly manager: string;
  /** It applies with force, so it doesn't stop at a conflict. */
  readonly forces: boolean;
  /** Whether it writes the object at all. */
  isActive?(metadata: Metadata): boolean;
  /** Whether it removes the fields of another field manager. */
  undoes?(metadata: Metadata, fieldManager: string): boolean;
};

const label = (key: string) => ["f:metadata", "f:labels", `f:${key}`];
const annotation = (key: string) => ["f:metadata", "f:annotations", `f:${key}`];
const within = (namespace: string | undefined, name: string | undefined) =>
  name === undefined || namespace === undefined ? name : `${namespace}/${name}`;

const flux = "toolkit.fluxcd.io";
const release = "meta.helm.sh/release";
const argocd = "argocd.argoproj.io";

/** The sources. The first one whose mark an object has counts. Objects that Flux installs with Helm also have Helm's mark. */
export const sources: Readonly<Record<SourceName, Source>> = {
  // kustomize-controller applies with force at each reconciliation (fluxcd/pkg ssa)
  "flux-kustomize": {
    nameIn: ({ metadata: { labels } }) => within(labels?.[`kustomize.${flux}/namespace`], labels?.[`kustomize.${flux}/name`]),
    mark: label(`kustomize.${flux}/name`),
    manager: "kustomize-controller",
    forces: true,
    isActive: (metadata) =>
      !hasValue(metadata, `kustomize.${flux}/reconcile`, "disabled") &&
      !hasValue(metadata, `kustomize.${flux}/ssa`, "ignore") &&
      !hasValue(metadata, `kustomize.${flux}/ssa`, "ifnotpresent"),
    // Before an apply, Flux takes over the fields of managers with this prefix and removes those that Git doesn't contain
    undoes: (metadata, fieldManager) => fieldManager.startsWith("kubectl") && !hasValue(metadata, `kustomize.${flux}/ssa`, "merge"),
    is: (name) => `belongs to Flux Kustomization ${name}`,
    next: "the next reconciliation",
    output: "kustomize",
  },
  "flux-helm": {
    nameIn: ({ metadata: { labels } }) => within(labels?.[`helm.${flux}/namespace`], labels?.[`helm.${flux}/name`]),
    mark: label(`helm.${flux}/name`),
    manager: "helm-controller",
    forces: true,
    is: (name) => `belongs to Flux HelmRelease ${name}`,
    next: "the next upgrade",
    output: "helm",
  },
  argocd: {
    nameIn: (object) => trackedBy(object) ?? object.metadata.labels?.[`${argocd}/instance`],
    mark: annotation(`${argocd}/tracking-id`),
    manager: "argocd-controller",
    forces: true,
    // `kubectl replace` restores the whole object
    undoes: ({ annotations }) =>
      (annotations?.[`${argocd}/sync-options`] ?? "").split(",").some((option) => option.trim() === "Replace=true"),
    is: (name) => `belongs to Argo CD application ${name}`,
    next: "the next sync",
    output: "kustomize",
  },
  // Templates of charts often have this label, even if another tool applies them. Only Helm itself writes the annotations
  helm: {
    nameIn: ({ metadata: { labels, annotations } }) =>
      labels?.["app.kubernetes.io/managed-by"] === "Helm"
        ? within(annotations?.[`${release}-namespace`], annotations?.[`${release}-name`])
        : undefined,
    mark: annotation(`${release}-name`),
    manager: "helm",
    forces: false,
    is: (name) => `belongs to Helm release ${name}`,
    next: "the next helm upgrade",
    output: "helm",
  },
};

/** Every writer that may undo a change. Those that are not a source are known from the list itself. */
const writers: Readonly<Record<Drift["by"], Words>> = {
  ...sources,
  "applied-file": { is: () => "was applied from a file with imagePullSecrets", next: "the next apply of that file", output: "kustomize" },
  manager: { is: (name) => `has imagePullSecrets from field manager ${name}`, next: "the next apply", output: "kustomize" },
  controller: { is: (name) => `is controlled by ${name}`, next: "the controller" },
};

/** Whether a label or an annotation has this value, ignoring case. */
const hasValue = ({ labels, annotations }: Metadata, key: string, value: string) =>
  [labels?.[key], annotations?.[key]].some((text) => text?.toLowerCase() === value);

/**
 * Returns the application in `APP:GROUP/KIND:NAMESPACE/NAME`. The annotation must name this object, because a copy of an object contains
 * the annotation too.
 */
function trackedBy({ kind, metadata: { annotations, namespace, name } }: ManagedObject): string | undefined {
  const [app, of = "", at] = (annotations?.[`${argocd}/tracking-id`] ?? "").split(":");
  return of.endsWith(`/${kind}`) && at === `${namespace}/${name}` ? app : undefined;
}

/** Managers that apply with force, for objects without a mark. */
const forcing: ReadonlySet<string> = new Set(Object.values(sources).flatMap(({ forces, manager }) => (forces ? manager : [])));

/** Whether a manager only adds its own names to a list and keeps all others (openshift-controller-manager). */
const isAdditive = ({ manager = "" }: ManagedFields): boolean => manager.startsWith("openshift.io/image-registry-pull-secrets_");

/**
 * Returns the tool that is going to undo an addition to an object's list of pull secrets; undefined if no such tool is known.
 * A list that is not merged by name is written as a whole, so every source that contains the list overwrites it. In a list that is merged
 * by name, each name belongs to its writer, for server-side apply and for a strategic merge. Only a source that removes foreign names
 * undoes the change there. A source without the list never changes it.
 */
export function driftOf(object: ManagedObject, { pullSecretList, fieldManager }: Writing): Drift | undefined {
  const { metadata } = object;
  const source = sourceOf(object);
  if (source && source.row.isActive?.(metadata) === false) return undefined;
  if (source?.row.undoes?.(metadata, fieldManager)) return { by: source.by, name: source.name, does: "undoes" };
  const listed = pullSecretList.list === "atomic" ? listedBy(metadata, source, { pullSecretList, fieldManager }) : undefined;
  return listed ?? controlledBy(metadata);
}

function sourceOf(object: ManagedObject) {
  for (const [by, row] of Object.entries(sources)) {
    const name = row.nameIn(object);
    if (name !== undefined) return { by: by as SourceName, name, row };
  }
  return undefined;
}

/** Returns the source of the list: the tool that wrote it last, or the file that was applied according to the annotation. */
function listedBy(metadata: Metadata, source: ReturnType<typeof sourceOf>, { pullSecretList, fieldManager }: Writing): Drift | undefined {
  const path = pullSecretList.path.map((step) => `f:${step}`);
  const entries = metadata.managedFields ?? [];
  const owners = entries.filter((entry) => entry.manager !== fieldManager && has(entry, path) && !isAdditive(entry));
  const own = source && owners.find((entry) => isFrom(source.row, entry, entries));
  if (source && own) return { by: source.by, name: source.name, does: doesAgain(own, source.row.forces ? "undoes" : "stops") };
  if (hasApplied(metadata, pullSecretList.path)) return fromFile(source);
  const applier = owners.find(({ operation }) => operation === "Apply");
  if (!applier) return undefined;
  const { manager = "" } = applier;
  return { by: "manager", name: manager, does: forcing.has(manager) ? "undoes" : "undoes-or-stops" };
}

/**
 * Whether a managedFields entry was written by a source. The manager that wrote the source's mark is that source. If it is not recorded,
 * the source's default manager counts.
 */
function isFrom({ mark, manager }: Source, { manager: owner }: ManagedFields, entries: readonly ManagedFields[]): boolean {
  const writers = entries.filter((entry) => has(entry, mark)).map((entry) => entry.manager);
  return writers.length > 0 ? writers.includes(owner) : owner === manager;
}

/**
 * Returns the effect of a writer's next write. An apply gets a conflict over the added name. Any other write of an atomic list replaces the
 * whole list.
 */
const doesAgain = ({ operation }: ManagedFields, atConflict: Drift["does"]): Drift["does"] =>
  operation === "Apply" ? atConflict : "undoes";

/** Returns the drift of a list in the last-applied annotation. Argo CD writes the same annotation as kubectl. */
const fromFile = (source: ReturnType<typeof sourceOf>): Drift =>
  source?.by === "argocd"
    ? { by: source.by, name: source.name, does: "undoes" }
    : { by: "applied-file", name: lastApplied, does: "undoes" };

/** Whether the last applied file contains the list, even an empty one: its next apply restores the whole list. */
function hasApplied({ annotations }: Metadata, path: readonly string[]): boolean {
  return at(parseJson(annotations?.[lastApplied] ?? ""), path) !== undefined;
}

/** Returns the controller that may restore the object. Its metadata doesn't say whether it does. */
function controlledBy({ ownerReferences }: Metadata): Drift | undefined {
  const controller = ownerReferences?.find((reference) => reference.controller);
  return controller && { by: "controller", name: `${controller.kind}/${controller.name}`, does: "may-undo" };
}

const has = ({ fieldsV1 }: ManagedFields, path: readonly string[]) => at(fieldsV1, path) !== undefined;

const effects: Readonly<Record<Drift["does"], (secret: string) => string>> = {
  undoes: (secret) => `removes ${secret}`,
  stops: (secret) => `fails with a conflict over ${secret}`,
  "undoes-or-stops": (secret) => `removes ${secret} or fails with a conflict`,
  "may-undo": (secret) => `may remove ${secret}`,
};

/** Quotes a name unless it is plain. A tenant may have written it, and it must not look like a part of the message. */
const plain = (name: string) => (/^[\w./-]+$/.test(name) ? name : JSON.stringify(name));

/**
 * Warns about the tool that is going to undo a change, with the command that prints what to commit instead. Returns nothing if the target
 * stays unchanged.
 */
export function warnDrift(change: Change, drift: Drift | undefined): Change[] {
  if (change.act !== "attach" || !drift) return [];
  const { to, secret } = change;
  const { is, next, output } = writers[drift.by];
  const message = `${nameOf(to)} ${is(plain(drift.name))}, and ${next} ${effects[drift.does](secret)}`;
  const warn = { act: "warn", id: "drift", needs: to, to } as const;
  if (!output) return [{ ...warn, message }];
  return [{ ...warn, message: `${message}; commit the output of`, fix: { verb: "attach", secret, targets: [targetArgument(to)], output } }];
}
