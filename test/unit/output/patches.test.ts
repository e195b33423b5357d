import { load } from "js-yaml";
import { expect, test } from "vitest";
import { kustomizePatches } from "../../../src/output/patches.ts";

const patchesIn = (printed: string) =>
  (load(printed) as { patches: { target: object; patch: string }[] }).patches.map(({ target, patch }) => ({
    target,
    patch: load(patch),
  }));

test("prints an item that Kustomize merges by name for a workload", () => {
  const target = { group: "apps", kind: "Deployment", name: "web" };
  const to = { kind: "deployment.apps", name: "web", namespace: "demo" } as const;
  const withItems = (imagePullSecrets: readonly object[]) => [
    {
      target,
      patch: { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec: { template: { spec: { imagePullSecrets } } } },
    },
  ];

  const attached = kustomizePatches([{ act: "attach", secret: "acr", names: ["theirs", "acr"], to }]);
  const detached = kustomizePatches([{ act: "detach", secret: "acr", names: ["theirs"], to }]);

  expect(patchesIn(attached)).toEqual(withItems([{ name: "acr" }]));
  expect(patchesIn(detached)).toEqual(withItems([{ name: "acr", $patch: "delete" }]));
});

test("quotes each entry of a list that is no plain text in YAML", () => {
  const injected = "web\n  patch: '[]'\n- target: {kind: ClusterRoleBinding, name: viewers}\n  patch: |-\n    - {op: replace}";
  const names = ["acr", "1e3", "no", "a: b", injected, "\u009b2J", "é"];

  const patches = kustomizePatches([{ act: "attach", secret: "acr", names, to: { kind: "serviceaccount", name: "web" } }]);

  expect(patches).not.toMatch(/[^\n -~]/);
  expect(patchesIn(patches)).toMatchObject([{ patch: { imagePullSecrets: names.map((name) => ({ name })) } }]);
});
