import { expect, test } from "vitest";
import { type Drift, warnDrift } from "../../../src/plan/drift.ts";

const to = { kind: "serviceaccount", namespace: "demo", name: "web" } as const;
const attached = { act: "attach", to, secret: "acr", before: [], after: ["acr"] } as const;
const fix = (output: string) => ({ verb: "attach", secret: "acr", targets: ["serviceaccount/web"], output });

test.for<{ drift: Drift; message: string; output: string | undefined }>([
  {
    drift: { by: "helm", name: "shop/web", does: "undoes" },
    message: "belongs to Helm release shop/web, and the next helm upgrade removes acr; commit the output of",
    output: "helm",
  },
  {
    drift: { by: "helm", name: "shop/web", does: "stops" },
    message: "belongs to Helm release shop/web, and the next helm upgrade fails with a conflict over acr; commit the output of",
    output: "helm",
  },
  {
    drift: { by: "flux-helm", name: "shop/web", does: "undoes" },
    message: "belongs to Flux HelmRelease shop/web, and the next upgrade removes acr; commit the output of",
    output: "helm",
  },
  {
    drift: { by: "flux-kustomize", name: "flux-system/apps", does: "undoes" },
    message: "belongs to Flux Kustomization flux-system/apps, and the next reconciliation removes acr; commit the output of",
    output: "kustomize",
  },
  {
    drift: { by: "argocd", name: "web", does: "undoes" },
    message: "belongs to Argo CD application web, and the next sync removes acr; commit the output of",
    output: "kustomize",
  },
  {
    drift: { by: "applied-file", name: "", does: "undoes" },
    message: "was applied from a file with imagePullSecrets, and the next apply of that file removes acr; commit the output of",
    output: "kustomize",
  },
  {
    drift: { by: "manager", name: "pulumi", does: "undoes-or-stops" },
    message:
      "has imagePullSecrets from field manager pulumi, and the next apply removes acr or fails with a conflict; commit the output of",
    output: "kustomize",
  },
  {
    drift: { by: "controller", name: "Prometheus/k8s", does: "may-undo" },
    message: "is controlled by Prometheus/k8s, and the controller may remove acr",
    output: undefined,
  },
])("warns that a target $message", ({ drift, message, output }) => {
  const warn = { act: "warn", id: "drift", needs: to, to, message: `serviceaccount/web ${message}` };

  expect(warnDrift(attached, drift)).toStrictEqual([output === undefined ? warn : { ...warn, fix: fix(output) }]);
});

test("quotes a name that contains a sentence", () => {
  expect(warnDrift(attached, { by: "helm", name: "demo/x: all is well\nrun this", does: "undoes" })).toMatchObject([
    { message: expect.stringMatching(/^serviceaccount\/web belongs to Helm release "demo\/x: all is well\\nrun this", and the next /) },
  ]);
});

test("names a target as on the command line in the command", () => {
  const web = { kind: "deployment.apps", namespace: "demo", name: "web" } as const;

  expect(warnDrift({ ...attached, to: web }, { by: "argocd", name: "web", does: "undoes" })).toMatchObject([
    { message: expect.stringMatching(/^deployment\.apps\/web belongs/), fix: { targets: ["deployment/web"] } },
  ]);
});

test("does not warn about an unchanged target or a target without a source", () => {
  expect(warnDrift({ act: "keep", to, because: "already attached" }, { by: "argocd", name: "web", does: "undoes" })).toEqual([]);
  expect(warnDrift(attached, undefined)).toEqual([]);
});
