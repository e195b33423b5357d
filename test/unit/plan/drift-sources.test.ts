import { expect, test } from "vitest";
import { kinds } from "../../../src/kinds.ts";
import { driftOf, sources } from "../../../src/plan/drift.ts";
import { byHelm, flux, fluxHelm, said, tracked, wrote } from "../../support/situations/written.ts";

/** The source of each mark, with the source's default name. Flux undoes none of these field managers because of its name alone. */
const marks = [
  { by: "helm", marked: byHelm, manager: "helm" },
  { by: "flux-helm", marked: { labels: fluxHelm }, manager: "helm-controller" },
  { by: "flux-kustomize", marked: { labels: flux }, manager: "kustomize-controller" },
  { by: "argocd", marked: { annotations: tracked }, manager: "argocd-controller" },
] as const;

const drift = (metadata: ReturnType<typeof said>) =>
  driftOf({ kind: "ServiceAccount", metadata }, { pullSecretList: kinds.serviceaccount.pullSecretList, fieldManager: "me" })?.by;

test.for(marks)("finds $by by the writer of its mark, whatever the manager's name is", ({ by, marked, manager }) => {
  expect(drift(said(marked, wrote("any-name", { ...marked, list: true })))).toBe(by);
  expect(drift(said(marked, wrote("any-name", marked), wrote(manager, { list: true })))).toBeUndefined();
});

test.for(marks)("finds $by by its default manager when the writer of the mark is unknown", ({ by, marked, manager }) => {
  expect(drift(said(marked, wrote(manager, { list: true })))).toBe(by);
  expect(drift(said(marked, wrote("any-name", { list: true })))).toBeUndefined();
});

test.for<{ labels: Record<string, string>; name: string | undefined }>([
  { labels: { "kustomize.toolkit.fluxcd.io/name": "apps" }, name: "apps" },
  { labels: { "kustomize.toolkit.fluxcd.io/namespace": "flux-system" }, name: undefined },
  { labels: {}, name: undefined },
])("reads $name from $labels", ({ labels, name }) => {
  expect(sources["flux-kustomize"].nameIn({ kind: "ServiceAccount", metadata: { name: "default", labels } })).toBe(name);
});

test.for([
  { id: "web:/ServiceAccount:demo/default", app: "web" },
  { id: "argocd_web:/ServiceAccount:demo/default", app: "argocd_web" },
  { id: "web:/ServiceAccount:other/default", app: undefined },
  { id: "web:/ServiceAccount:demo/other", app: undefined },
  { id: "web:apps/Deployment:demo/default", app: undefined },
  { id: "web:/XServiceAccount:demo/default", app: undefined },
  { id: "web", app: undefined },
  { id: "", app: undefined },
])("reads application $app from the tracking id $id", ({ id, app }) => {
  const metadata = { name: "default", namespace: "demo", annotations: { "argocd.argoproj.io/tracking-id": id } };

  expect(sources.argocd.nameIn({ kind: "ServiceAccount", metadata })).toBe(app);
});
