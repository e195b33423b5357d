import type { ManagedFields, Metadata } from "../objects.ts";

/** What writes objects from a source of its own: a chart, Git, a file. */
export type SourceName = "argocd" | "flux-helm" | "flux-kustomize" | "helm";

/** An object, as far as it says who writes it. */
export type Written = { readonly kind: string; readonly metadata: Metadata };

/** How one source is known. */
export type Source = {
  /** The release, the application or the object of Flux that an object belongs to; undefined where it bears no mark. */
  nameIn(object: Written): string | undefined;
  /** Where in managedFields the mark stands: whoever wrote it is the source, whatever it is called there. */
  readonly mark: readonly string[];
  /** What it is called by default, where managedFields does not tell who wrote the mark. */
  readonly manager: string;
  /** It takes fields over when it applies, instead of stopping at a conflict. */
  readonly forces: boolean;
  /** Whether it writes the object at all. */
  isActive?(metadata: Metadata): boolean;
  /** Whether it takes out what a field manager wrote beside it. */
  undoes?(metadata: Metadata, fieldManager: string): boolean;
};

const label = (key: string) => ["f:metadata", "f:labels", `f:${key}`];
const annotation = (key: string) => ["f:metadata", "f:annotations", `f:${key}`];
const within = (namespace: string | undefined, name: string | undefined) =>
  name === undefined || namespace === undefined ? name : `${namespace}/${name}`;

const flux = "toolkit.fluxcd.io";
const release = "meta.helm.sh/release";
const argocd = "argocd.argoproj.io";

/** One row a source; the first whose mark an object bears counts. What Flux installs by Helm bears Helm's too. */
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
    // Before it applies it makes the fields of every manager whose name begins so its own, and what Git has not of them goes
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
    // `kubectl replace` puts the whole object back
    undoes: ({ annotations }) =>
      (annotations?.[`${argocd}/sync-options`] ?? "").split(",").some((option) => option.trim() === "Replace=true"),
  },
  // A chart's own templates often bear the label, whoever applies them: only Helm itself writes the annotations
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

/** Whether a label or an annotation has this value, in whatever case. */
const says = ({ labels, annotations }: Metadata, key: string, value: string) =>
  [labels?.[key], annotations?.[key]].some((text) => text?.toLowerCase() === value);

/** The application of `APP:GROUP/KIND:NAMESPACE/NAME`. Who copies an object copies its note too, so it has to be this very one. */
function trackedBy({ kind, metadata: { annotations, namespace, name } }: Written): string | undefined {
  const [app, of = "", at] = (annotations?.[`${argocd}/tracking-id`] ?? "").split(":");
  return of.endsWith(`/${kind}`) && at === `${namespace}/${name}` ? app : undefined;
}

/** The managers that apply with force, where no mark tells whose they are. */
export const forcing: ReadonlySet<string> = new Set(Object.values(sources).flatMap(({ forces, manager }) => (forces ? manager : [])));

/** Managers that add their own names to a list and keep everybody's (openshift-controller-manager). */
export const isAdditive = ({ manager = "" }: ManagedFields): boolean => manager.startsWith("openshift.io/image-registry-pull-secrets_");
