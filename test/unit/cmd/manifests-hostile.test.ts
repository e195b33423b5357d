import { expect, test } from "vitest";
import * as yaml from "yaml";
import { kustomizePatches } from "../../../src/output/patches.ts";
import { folderOf } from "../../support/manifests/folder.ts";

const injected = "web\n  patch: '[]'\n- target: {kind: ClusterRoleBinding, name: viewers}\n  patch: |-\n    - {op: replace}";

const deployment = (metadata: object) =>
  JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { template: { spec: { containers: [] } } } });

test.for([
  { why: "a name with lines", metadata: { name: injected }, message: "metadata.name" },
  { why: "a name with an escape sequence", metadata: { name: "web\u001b[2J" }, message: "metadata.name" },
  { why: "a name in capitals", metadata: { name: "Web" }, message: "metadata.name" },
  { why: "a name that is too long", metadata: { name: "w".repeat(254) }, message: "metadata.name" },
  { why: "a namespace with lines", metadata: { name: "web", namespace: injected }, message: "metadata.namespace" },
  { why: "a namespace with a dot", metadata: { name: "web", namespace: "a.b" }, message: "metadata.namespace" },
])("refuses to print a patch when a manifest has $why", async ({ metadata, message }) => {
  const { type } = await folderOf({ "good.yaml": deployment({ name: "good" }), "bad.yaml": deployment(metadata) });

  const { stdout, stderr, code } = await type("attach acr -f @/good.yaml -f @/bad.yaml -o kustomize");

  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr).toContain(`error: @/bad.yaml:1:1: invalid ${message} "`);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).not.toContain("\u001b");
});

test("quotes each entry of a list that is no plain text in YAML", () => {
  const names = ["acr", "1e3", "no", "a: b", injected, "\u009b2J", "é"];

  const patches = kustomizePatches([{ act: "attach", secret: "acr", names, to: { kind: "serviceaccount", name: "web" } }]);

  expect(patches).not.toMatch(/[^\n -~]/);
  const { patches: [one] = [] } = yaml.parse(patches) as { patches: { patch: string }[] };
  expect(yaml.parse(one?.patch ?? "")).toMatchObject({ imagePullSecrets: names.map((name) => ({ name })) });
});
