import { describe, expect, test } from "vitest";
import { kinds } from "../../../src/kinds.ts";
import type { Metadata } from "../../../src/objects.ts";
import { type Drift, driftOf } from "../../../src/plan/drift.ts";
import { applied, byHelm, flux, fluxHelm, helmLabel, helmNotes, ownedBy, said, tracked, wrote } from "../../support/situations/written.ts";

const account = kinds.serviceaccount.carries;
const fieldManager = "kubectl-acr-secret";

type Row = { why: string; metadata: Metadata; drift: Drift | undefined; as?: string };

describe("the list of a ServiceAccount, which is written whole", () => {
  test.for<Row>([
    { why: "nobody says anything", metadata: said({}), drift: undefined },
    { why: "managedFields are kept from us", metadata: { name: "default" }, drift: undefined },
    {
      why: "Helm wrote the list with its note",
      metadata: said(byHelm, wrote("helm", { ...byHelm, list: true })),
      drift: { by: "helm", name: "shop/web", does: "undoes" },
    },
    {
      why: "Helm applied it, and would not force",
      metadata: said(byHelm, wrote("helm", { ...byHelm, list: true, operation: "Apply" })),
      drift: { by: "helm", name: "shop/web", does: "stops" },
    },
    {
      why: "whatever Helm's process is called, the one that wrote its note is Helm",
      metadata: said(byHelm, wrote("terraform-provider-helm", { ...byHelm, list: true })),
      drift: { by: "helm", name: "shop/web", does: "undoes" },
    },
    { why: "the chart has no list", metadata: said(byHelm, wrote("helm", byHelm)), drift: undefined },
    {
      why: "the chart has none, and somebody else wrote one",
      metadata: said(byHelm, wrote("helm", byHelm), wrote("kubectl-patch", { list: true })),
      drift: undefined,
    },
    {
      why: "a chart's label without Helm's notes is another's who applied the chart",
      metadata: said({ labels: helmLabel }, wrote("kubectl-create", { labels: helmLabel, list: true })),
      drift: undefined,
    },
    {
      why: "notes without the label",
      metadata: said({ annotations: helmNotes }, wrote("helm", { annotations: helmNotes, list: true })),
      drift: undefined,
    },
    {
      why: "Flux installs by Helm too, and forces",
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
      why: "Argo CD applied the list, with force as it always does",
      metadata: said({ annotations: tracked }, wrote("argocd-controller", { annotations: tracked, list: true, operation: "Apply" })),
      drift: { by: "argocd", name: "web", does: "undoes" },
    },
    {
      why: "Argo CD tracks it, and has no list for it",
      metadata: said({ annotations: tracked }, wrote("argocd-controller", { annotations: tracked, operation: "Apply" })),
      drift: undefined,
    },
    {
      why: "Argo CD applied it as kubectl does",
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
      why: "a tracking note that was copied from another object",
      metadata: said(
        { annotations: { "argocd.argoproj.io/tracking-id": "web:/ServiceAccount:other/default" } },
        wrote("x", { list: true }),
      ),
      drift: undefined,
    },
    {
      why: "a tracking note of another kind",
      metadata: said(
        { annotations: { "argocd.argoproj.io/tracking-id": "web:apps/Deployment:demo/default" } },
        wrote("argocd-controller", { list: true }),
      ),
      drift: undefined,
    },
    {
      why: "Argo CD replaces it whole",
      metadata: said({ annotations: { ...tracked, "argocd.argoproj.io/sync-options": "Prune=false, Replace=true" } }),
      drift: { by: "argocd", name: "web", does: "undoes" },
    },
    {
      why: "Flux takes out what kubectl wrote, though Git has no list",
      metadata: said({ labels: flux }, wrote("kustomize-controller", { labels: flux, operation: "Apply" })),
      drift: { by: "flux-kustomize", name: "flux-system/apps", does: "undoes" },
    },
    {
      why: "but not what another manager wrote",
      as: "flux-client-side-apply",
      metadata: said({ labels: flux }, wrote("kustomize-controller", { labels: flux, operation: "Apply" })),
      drift: undefined,
    },
    {
      why: "unless Git has a list",
      as: "flux-client-side-apply",
      metadata: said({ labels: flux }, wrote("kustomize-controller", { labels: flux, list: true, operation: "Apply" })),
      drift: { by: "flux-kustomize", name: "flux-system/apps", does: "undoes" },
    },
    {
      why: "Flux was told to merge",
      metadata: said({ labels: flux, annotations: { "kustomize.toolkit.fluxcd.io/ssa": "Merge" } }),
      drift: undefined,
    },
    {
      why: "and merges a list that Git has by writing it whole",
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
      why: "Flux was told to leave it, by a label",
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
      why: "be it empty",
      metadata: said({ annotations: applied({ imagePullSecrets: [] }) }),
      drift: { by: "applied-file", name: expect.any(String), does: "undoes" },
    },
    {
      why: "the file that was applied last has no list",
      metadata: said({ annotations: applied({ kind: "ServiceAccount" }) }),
      drift: undefined,
    },
    {
      why: "a note of it that is no JSON",
      metadata: said({ annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{" } }),
      drift: undefined,
    },
    { why: "a note of it that is nothing", metadata: said({ annotations: applied(null as never) }), drift: undefined },
    {
      why: "somebody applies the list from somewhere",
      metadata: said({}, wrote("pulumi", { list: true, operation: "Apply" })),
      drift: { by: "manager", name: "pulumi", does: "undoes-or-stops" },
    },
    { why: "somebody applies something else of it", metadata: said({}, wrote("pulumi", { operation: "Apply" })), drift: undefined },
    {
      why: "a manager without a name applies the list",
      metadata: said({}, { operation: "Apply", fieldsV1: { "f:imagePullSecrets": {} } }),
      drift: { by: "manager", name: "", does: "undoes-or-stops" },
    },
    { why: "somebody wrote the list once", metadata: said({}, wrote("kubectl-edit", { list: true })), drift: undefined },
    { why: "we applied it ourselves", metadata: said({}, wrote(fieldManager, { list: true, operation: "Apply" })), drift: undefined },
    {
      why: "OpenShift adds its name and keeps the others",
      metadata: said({}, wrote("openshift.io/image-registry-pull-secrets_service-account-controller", { list: true, operation: "Apply" })),
      drift: undefined,
    },
    {
      why: "an operator may keep what it made as it made it",
      metadata: said({ ownerReferences: ownedBy(true) }),
      drift: { by: "controller", name: "Prometheus/k8s", does: "may-undo" },
    },
    { why: "who only owns it does not", metadata: said({ ownerReferences: ownedBy(false) }), drift: undefined },
  ])("$why", ({ metadata, drift, as = fieldManager }) => {
    expect(driftOf({ kind: "ServiceAccount", metadata }, { carries: account, fieldManager: as })).toEqual(drift);
  });
});
