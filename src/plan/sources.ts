import type { ManagedFields, Metadata } from "../objects.ts";

/** A tool that writes objects from its own source: a chart, Git, or a file. */
export type SourceName = "argocd" | "flux-helm" | "flux-kustomize" | "helm";

/** The parts of an object that identify its source. */
export type ManagedObject = { readonly kind: string; readonly metadata: Metadata };

/** How one source is detected. */
export type Source = {
  /**
   * Returns the Helm release, the Argo CD application or the Flux object that an object belongs to; undefined without the mark of the
   * source.
   */
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
      !says(metadata, `kustomize.${flux}/reconcile`, "disabled") &&
      !says(metadata, `kustomize.${flux}/ssa`, "ignore") &&
      !says(metadata, `kustomize.${flux}/ssa`, "ifnotpresent"),
    // Before it applies, it takes over the fields of every manager whose name starts with this prefix, and removes those that Git doesn't
    // contain
    undoes: (metadata, fieldManager) => fieldManager.startsWith("kubectl") && !says(metadata, `kustomize.${flux}/ssa`, "merge"),
  },
  "flux-helm": {
    nameIn: ({ metadata: { labels } }) => within(labels?.[`helm.${flux}/namespace`], labels?.[`helm.${flux}/name`]),
    mark: label(`helm.${flux}/name`),
    manager: "helm-controller",
    forces: true,
  },
  argocd: {
    nameIn: (object) => trackedBy(object) ?? object.metadata.labels?.[`${argocd}/instance`],
    mark: annotation(`${argocd}/tracking-id`),
    manager: "argocd-controller",
    forces: true,
    // `kubectl replace` restores the whole object
    undoes: ({ annotations }) =>
      (annotations?.[`${argocd}/sync-options`] ?? "").split(",").some((option) => option.trim() === "Replace=true"),
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
  },
};

/** Whether a label or an annotation has this value, ignoring case. */
const says = ({ labels, annotations }: Metadata, key: string, value: string) =>
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
export const forcing: ReadonlySet<string> = new Set(Object.values(sources).flatMap(({ forces, manager }) => (forces ? manager : [])));

/** Whether a manager only adds its own names to a list and keeps all others (openshift-controller-manager). */
export const isAdditive = ({ manager = "" }: ManagedFields): boolean => manager.startsWith("openshift.io/image-registry-pull-secrets_");
