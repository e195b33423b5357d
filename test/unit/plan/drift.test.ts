import { describe, expect, test } from "vitest";
import { kinds } from "../../../src/kinds.ts";
import type { Metadata } from "../../../src/objects.ts";
import { type Drift, driftOf } from "../../../src/plan/drift.ts";
import { applied, byHelm, flux, fluxHelm, helmLabel, helmNotes, ownedBy, said, tracked, wrote } from "../../support/situations/written.ts";

const account = kinds.serviceaccount.pullSecretList;
const fieldManager = "kubectl-acr-secret";

type Row = { why: string; metadata: Metadata; drift: Drift | undefined; as?: string };

describe("finds drift of ServiceAccount lists, which are replaced as a whole", () => {
  test.for<Row>([
    { why: "no metadata names a tool", metadata: said({}), drift: undefined },
    { why: "managedFields are absent", metadata: { name: "default" }, drift: undefined },
    {
      why: "Helm wrote the list and its annotation",
      metadata: said(byHelm, wrote("helm", { ...byHelm, list: true })),
      drift: { by: "helm", name: "shop/web", does: "undoes" },
    },
    {
      why: "Helm applied the list, without force",
      metadata: said(byHelm, wrote("helm", { ...byHelm, list: true, operation: "Apply" })),
      drift: { by: "helm", name: "shop/web", does: "stops" },
    },
    {
      why: "the manager that wrote Helm's annotation is Helm, whatever its name is",
      metadata: said(byHelm, wrote("terraform-provider-helm", { ...byHelm, list: true })),
      drift: { by: "helm", name: "shop/web", does: "undoes" },
    },
    { why: "the chart has no list", metadata: said(byHelm, wrote("helm", byHelm)), drift: undefined },
    {
      why: "the chart has no list, and another tool wrote one",
      metadata: said(byHelm, wrote("helm", byHelm), wrote("kubectl-patch", { list: true })),
      drift: undefined,
    },
    {
      why: "another tool applied the chart, which has Helm's label without its annotations",
      metadata: said({ labels: helmLabel }, wrote("kubectl-create", { labels: helmLabel, list: true })),
      drift: undefined,
    },
    {
      why: "annotations without the label",
      metadata: said({ annotations: helmNotes }, wrote("helm", { annotations: helmNotes, list: true })),
      drift: undefined,
    },
    {
      why: "Flux installs with Helm, with force",
      metadata: said(
        { ...byHelm, labels: { ...helmLabel, ...fluxHelm } },
        wrote("helm-controller", { ...byHelm, labels: fluxHelm, list: true, operation: "Apply" }),
      ),
      drift: { by: "flux-helm", name: "shop/web", does: "undoes" },
    },
    {
      why: "a HelmRelease whose chart has no list",
      metadata: said({ labels: { ...helmLabel, ...fluxHelm }, annotations: helmNotes }, wrote("helm-controller", { labels: fluxHelm })),
      drift: undefined,
    },
    {
      why: "Argo CD applied the list, with force",
      metadata: said({ annotations: tracked }, wrote("argocd-controller", { annotations: tracked, list: true, operation: "Apply" })),
      drift: { by: "argocd", name: "web", does: "undoes" },
    },
    {
      why: "Argo CD tracks it, and has no list for it",
      metadata: said({ annotations: tracked }, wrote("argocd-controller", { annotations: tracked, operation: "Apply" })),
      drift: undefined,
    },
    {
      why: "Argo CD applied the list like kubectl",
      metadata: said({ annotations: { ...tracked, ...applied({ imagePullSecrets: [{ name: "theirs" }] }) } }),
      drift: { by: "argocd", name: "web", does: "undoes" },
    },
    {
      why: "Argo CD tracks by its label",
      metadata: said(
        { labels: { "argocd.argoproj.io/instance": "shop" } },
        wrote("argocd-controller", { labels: { "argocd.argoproj.io/instance": "shop" }, list: true, operation: "Apply" }),
      ),
      drift: { by: "argocd", name: "shop", does: "undoes" },
    },
    {
      why: "the common label alone is no mark of Argo CD, but its manager is known",
      metadata: said(
        { labels: { "app.kubernetes.io/instance": "web" } },
        wrote("argocd-controller", { labels: { "app.kubernetes.io/instance": "web" }, list: true, operation: "Apply" }),
      ),
      drift: { by: "manager", name: "argocd-controller", does: "undoes" },
    },
    { why: "the common label alone", metadata: said({ labels: { "app.kubernetes.io/instance": "web" } }), drift: undefined },
    {
      why: "the tracking id was copied from another object",
      metadata: said(
        { annotations: { "argocd.argoproj.io/tracking-id": "web:/ServiceAccount:other/default" } },
        wrote("x", { list: true }),
      ),
      drift: undefined,
    },
    {
      why: "the tracking id is of another kind",
      metadata: said(
        { annotations: { "argocd.argoproj.io/tracking-id": "web:apps/Deployment:demo/default" } },
        wrote("argocd-controller", { list: true }),
      ),
      drift: undefined,
    },
    {
      why: "Argo CD replaces the whole object",
      metadata: said({ annotations: { ...tracked, "argocd.argoproj.io/sync-options": "Prune=false, Replace=true" } }),
      drift: { by: "argocd", name: "web", does: "undoes" },
    },
    {
      why: "Flux removes the fields of kubectl, even if Git has no list",
      metadata: said({ labels: flux }, wrote("kustomize-controller", { labels: flux, operation: "Apply" })),
      drift: { by: "flux-kustomize", name: "flux-system/apps", does: "undoes" },
    },
    {
      why: "Flux keeps the fields of another manager",
      as: "flux-client-side-apply",
      metadata: said({ labels: flux }, wrote("kustomize-controller", { labels: flux, operation: "Apply" })),
      drift: undefined,
    },
    {
      why: "Git has a list",
      as: "flux-client-side-apply",
      metadata: said({ labels: flux }, wrote("kustomize-controller", { labels: flux, list: true, operation: "Apply" })),
      drift: { by: "flux-kustomize", name: "flux-system/apps", does: "undoes" },
    },
    {
      why: "an annotation makes Flux merge",
      metadata: said({ labels: flux, annotations: { "kustomize.toolkit.fluxcd.io/ssa": "Merge" } }),
      drift: undefined,
    },
    {
      why: "Flux merges, and Git has a list, which Flux replaces",
      metadata: said(
        { labels: flux, annotations: { "kustomize.toolkit.fluxcd.io/ssa": "merge" } },
        wrote("kustomize-controller", { labels: flux, list: true, operation: "Apply" }),
      ),
      drift: { by: "flux-kustomize", name: "flux-system/apps", does: "undoes" },
    },
    ...["IfNotPresent", "Ignore"].map((value) => ({
      why: `Flux does not write it any more: ssa ${value}`,
      metadata: said(
        { labels: flux, annotations: { "kustomize.toolkit.fluxcd.io/ssa": value } },
        wrote("kustomize-controller", { labels: flux, list: true, operation: "Apply" }),
      ),
      drift: undefined,
    })),
    {
      why: "a label disables Flux",
      metadata: said({ labels: { ...flux, "kustomize.toolkit.fluxcd.io/reconcile": "disabled" } }),
      drift: undefined,
    },
    {
      why: "the file that was applied last has the list",
      metadata: said(
        { annotations: applied({ imagePullSecrets: [{ name: "theirs" }] }) },
        wrote("kubectl-client-side-apply", { list: true }),
      ),
      drift: { by: "applied-file", name: expect.any(String), does: "undoes" },
    },
    {
      why: "the file that was applied last has an empty list",
      metadata: said({ annotations: applied({ imagePullSecrets: [] }) }),
      drift: { by: "applied-file", name: expect.any(String), does: "undoes" },
    },
    {
      why: "the file that was applied last has no list",
      metadata: said({ annotations: applied({ kind: "ServiceAccount" }) }),
      drift: undefined,
    },
    {
      why: "the last-applied annotation is not JSON",
      metadata: said({ annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{" } }),
      drift: undefined,
    },
    { why: "the last-applied annotation is null", metadata: said({ annotations: applied(null as never) }), drift: undefined },
    {
      why: "an unknown manager applies the list",
      metadata: said({}, wrote("pulumi", { list: true, operation: "Apply" })),
      drift: { by: "manager", name: "pulumi", does: "undoes-or-stops" },
    },
    { why: "an unknown manager applies another field", metadata: said({}, wrote("pulumi", { operation: "Apply" })), drift: undefined },
    {
      why: "a manager without a name applies the list",
      metadata: said({}, { operation: "Apply", fieldsV1: { "f:imagePullSecrets": {} } }),
      drift: { by: "manager", name: "", does: "undoes-or-stops" },
    },
    { why: "a manager updated the list", metadata: said({}, wrote("kubectl-edit", { list: true })), drift: undefined },
    { why: "this plugin applied the list", metadata: said({}, wrote(fieldManager, { list: true, operation: "Apply" })), drift: undefined },
    {
      why: "OpenShift adds its name and keeps the others",
      metadata: said({}, wrote("openshift.io/image-registry-pull-secrets_service-account-controller", { list: true, operation: "Apply" })),
      drift: undefined,
    },
    {
      why: "an operator may restore its object",
      metadata: said({ ownerReferences: ownedBy(true) }),
      drift: { by: "controller", name: "Prometheus/k8s", does: "may-undo" },
    },
    {
      why: "an owner that is not its controller does not restore it",
      metadata: said({ ownerReferences: ownedBy(false) }),
      drift: undefined,
    },
  ])("finds the tool that undoes a change of a ServiceAccount: $why", ({ metadata, drift, as = fieldManager }) => {
    expect(driftOf({ kind: "ServiceAccount", metadata }, { pullSecretList: account, fieldManager: as })).toEqual(drift);
  });
});
