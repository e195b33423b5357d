import { describe, expect, test } from "vitest";
import { kinds } from "../../../src/kinds.ts";
import type { Metadata } from "../../../src/objects.ts";
import { type Drift, driftOf } from "../../../src/plan/drift.ts";
import { applied, byHelm, flux, ownedBy, said, wrote } from "../../support/situations/written.ts";

const template = kinds["deployment.apps"].pullSecretList;
const fieldManager = "kubectl-acr-secret";

type Row = { why: string; metadata: Metadata; drift: Drift | undefined };

describe("finds drift of template lists, which the API merges by name", () => {
  test.for<Row>([
    {
      why: "Argo CD applies other names",
      metadata: said(
        { annotations: { "argocd.argoproj.io/tracking-id": "web:apps/Deployment:demo/default" } },
        wrote("argocd-controller", { list: true, operation: "Apply" }),
      ),
      drift: undefined,
    },
    { why: "Helm's chart has other names", metadata: said(byHelm, wrote("helm", { ...byHelm, list: true })), drift: undefined },
    {
      why: "the file that was applied last has other names",
      metadata: said({ annotations: applied({ spec: { template: { spec: { imagePullSecrets: [] } } } }) }),
      drift: undefined,
    },
    {
      why: "Flux removes the fields of kubectl",
      metadata: said({ labels: flux }),
      drift: { by: "flux-kustomize", name: "flux-system/apps", does: "undoes" },
    },
    {
      why: "Argo CD replaces the whole object",
      metadata: said({
        annotations: {
          "argocd.argoproj.io/tracking-id": "web:apps/Deployment:demo/default",
          "argocd.argoproj.io/sync-options": "Replace=true",
        },
      }),
      drift: { by: "argocd", name: "web", does: "undoes" },
    },
    {
      why: "an operator may restore its object",
      metadata: said({ ownerReferences: ownedBy(true) }),
      drift: { by: "controller", name: "Prometheus/k8s", does: "may-undo" },
    },
  ])("finds the tool that undoes a change of a template: $why", ({ metadata, drift }) => {
    expect(driftOf({ kind: "Deployment", metadata }, { pullSecretList: template, fieldManager })).toEqual(drift);
  });
});
