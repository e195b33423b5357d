import type { ManagedFields, Metadata } from "../../../src/objects.ts";

type Written = { labels?: Record<string, string>; annotations?: Record<string, string>; list?: true; operation?: "Apply" | "Update" };

/** Returns an entry of managedFields: the metadata and the list that a manager has written. */
export const wrote = (manager: string, { labels = {}, annotations = {}, list, operation = "Update" }: Written): ManagedFields => {
  const keys = (texts: object) => Object.fromEntries(Object.keys(texts).map((key) => [`f:${key}`, {}]));
  const metadata = { "f:metadata": { "f:labels": keys(labels), "f:annotations": keys(annotations) } };
  const name = { ".": {}, 'k:{"name":"theirs"}': { ".": {}, "f:name": {} } };
  const lists = { "f:imagePullSecrets": {}, "f:spec": { "f:template": { "f:spec": { "f:imagePullSecrets": name } } } };
  return { manager, operation, apiVersion: "v1", fieldsV1: { ...metadata, ...(list && lists) } };
};

export const flux = { "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" };
export const fluxHelm = { "helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "shop" };
export const helmLabel = { "app.kubernetes.io/managed-by": "Helm" };
export const helmNotes = { "meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop" };
export const tracked = { "argocd.argoproj.io/tracking-id": "web:/ServiceAccount:demo/default" };
export const applied = (manifest: object) => ({ "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(manifest) });

/** Returns metadata with one entry of managedFields for each writer. */
export const said = (more: Partial<Metadata>, ...managedFields: ManagedFields[]): Metadata => ({
  name: "default",
  namespace: "demo",
  managedFields,
  ...more,
});
export const byHelm = { labels: helmLabel, annotations: helmNotes };

/** Returns an operator's resource as an owner, which controls the object or only owns it. */
export const ownedBy = (controller: boolean) => [
  { apiVersion: "monitoring.coreos.com/v1", kind: "Prometheus", name: "k8s", uid: "u", ...(controller && { controller }) },
];
