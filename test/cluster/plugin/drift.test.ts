import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binaries } from "../../../sandbox/binaries.ts";
import { chartPrograms } from "../../../sandbox/tools.ts";
import type { KubeObjects, ManagedFields, Metadata, ServiceAccount } from "../../../src/objects.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

/** A namespace with a pull secret `acr`. */
async function namespaceWithSecret(): Promise<string> {
  const namespace = await newNamespace();
  const data = { ".dockerconfigjson": Buffer.from('{"auths":{}}').toString("base64") };
  await create([{ apiVersion: "v1", kind: "Secret", metadata: { name: "acr", namespace }, type: "kubernetes.io/dockerconfigjson", data }]);
  return namespace;
}

const attach = (namespace: string, more = "", target = "serviceaccount/web") =>
  shell.type(`kubectl acr-secret attach acr ${target} -n ${namespace} ${more}`);

const theirs = [{ name: "theirs" }];
const namesIn = (list: ServiceAccount["imagePullSecrets"] = []) => list.map(({ name }) => name);
const namesOf = async (namespace: string) =>
  namesIn((await getJson<ServiceAccount>("serviceaccount", "web", "-n", namespace)).imagePullSecrets);

/** The ServiceAccount `web` as it stands in somebody's files. */
const file = (namespace: string, { metadata, ...more }: { metadata?: Partial<Metadata>; imagePullSecrets?: object[] }) =>
  JSON.stringify({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "web", namespace, ...metadata }, ...more });

const serverSide = (manager: string) => ["--server-side", `--field-manager=${manager}`, "--force-conflicts"];
const tracked = (namespace: string) => ({ annotations: { "argocd.argoproj.io/tracking-id": `web:/ServiceAccount:${namespace}/web` } });
const flux = { "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" };

describe("what is warned of is undone when the same file is applied again, and nothing else is", () => {
  test.for<{
    why: string;
    apply: string[];
    file: (namespace: string) => string;
    told: RegExp;
    after: string[];
  }>([
    {
      why: "Argo CD, which has the list",
      apply: serverSide("argocd-controller"),
      file: (namespace) => file(namespace, { metadata: tracked(namespace), imagePullSecrets: theirs }),
      told: /^Warning: serviceaccount\/web belongs to Argo CD application web: its next sync takes acr out again, .*attach acr serviceaccount\/web -o kustomize -n \S+\n$/,
      after: ["theirs"],
    },
    {
      why: "Argo CD, which has no list",
      apply: serverSide("argocd-controller"),
      file: (namespace) => file(namespace, { metadata: tracked(namespace) }),
      told: /^$/,
      after: ["acr"],
    },
    {
      why: "another manager, which has the list",
      apply: serverSide("pulumi"),
      file: (namespace) => file(namespace, { imagePullSecrets: theirs }),
      told: /^Warning: serviceaccount\/web has its list from field manager "pulumi": its next apply takes acr out again, or stops with a conflict, /,
      after: ["theirs"],
    },
    {
      why: "kubectl apply of a file with a list",
      apply: [],
      file: (namespace) => file(namespace, { imagePullSecrets: theirs }),
      told: /^Warning: serviceaccount\/web was applied from a file with such a list: the next kubectl apply of that file takes acr out again, /,
      after: ["theirs"],
    },
    {
      why: "kubectl apply of a file with an empty list",
      apply: [],
      file: (namespace) => file(namespace, { imagePullSecrets: [] }),
      told: /^Warning: serviceaccount\/web was applied from a file with such a list: /,
      after: [],
    },
    {
      why: "kubectl apply of a file without a list",
      apply: [],
      file: (namespace) => file(namespace, {}),
      told: /^$/,
      after: ["acr"],
    },
  ])("$why", async ({ apply, file, told, after }) => {
    const namespace = await namespaceWithSecret();
    const again = () => kubectl(["apply", ...apply, "-f", "-"], file(namespace));
    await again();
    const before = await namesOf(namespace);

    const { stderr, stdout } = await attach(namespace);

    expect(stdout).toBe("serviceaccount/web patched\n");
    expect(stderr).toMatch(told);
    expect(await namesOf(namespace)).toEqual([...before, "acr"]);
    expect((await attach(namespace)).stderr).toBe("");
    await again();
    expect(await namesOf(namespace)).toEqual(after);
  });

  test("who does not force stops at our name", async () => {
    const namespace = await namespaceWithSecret();
    const apply = () =>
      kubectl(["apply", "--server-side", "--field-manager=pulumi", "-f", "-"], file(namespace, { imagePullSecrets: theirs }));
    await apply();
    await attach(namespace);

    await expect(apply()).rejects.toThrow('conflict with "kubectl-acr-secret"');
    expect(await namesOf(namespace)).toEqual(["theirs", "acr"]);
  });
});

/** What kustomize-controller does before it applies: the fields of every manager whose name begins with `kubectl` become its own. */
async function takeOver(kind: string, namespace: string): Promise<void> {
  const { metadata } = await getJson<{ metadata: Metadata }>(kind, "web", "-n", namespace, "--show-managed-fields");
  const [mine, others] = [
    (entry: ManagedFields) => /^kubectl|^kustomize-controller$/.test(entry.manager ?? ""),
    metadata.managedFields ?? [],
  ];
  const fieldsV1 = others.filter(mine).reduce<object>((all, entry) => merged(all, entry.fieldsV1 ?? {}), {});
  const apiVersion = others.find(mine)?.apiVersion;
  const one = {
    manager: "kustomize-controller",
    operation: "Apply",
    apiVersion,
    time: "2026-01-01T00:00:00Z",
    fieldsType: "FieldsV1",
    fieldsV1,
  };
  const patch = [{ op: "replace", path: "/metadata/managedFields", value: [...others.filter((entry) => !mine(entry)), one] }];
  await kubectl(["patch", kind, "web", "-n", namespace, "--type=json", "-p", JSON.stringify(patch)]);
}

function merged(one: object, other: object): object {
  const both = { ...one } as Record<string, object>;
  for (const [key, value] of Object.entries(other)) both[key] = merged(both[key] ?? {}, value);
  return both;
}

test.for([
  { manager: "kubectl-acr-secret", told: /^Warning: serviceaccount\/web belongs to Flux Kustomization flux-system\/apps: /, after: [] },
  { manager: "flux-client-side-apply", told: /^$/, after: ["acr"] },
])("of a list that Git does not have, Flux undoes what $manager wrote: $after", async ({ manager, told, after }) => {
  const namespace = await namespaceWithSecret();
  const apply = () => kubectl(["apply", ...serverSide("kustomize-controller"), "-f", "-"], file(namespace, { metadata: { labels: flux } }));
  await apply();

  expect((await attach(namespace, `--field-manager=${manager}`)).stderr).toMatch(told);
  expect(await namesOf(namespace)).toEqual(["acr"]);
  await takeOver("serviceaccount", namespace);
  await apply();
  expect(await namesOf(namespace)).toEqual(after);
});

describe("a template, whose names are merged", () => {
  const deployment = (namespace: string, metadata: object, imagePullSecrets: object[]) => {
    const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web" }], imagePullSecrets } };
    const spec = { replicas: 0, selector: { matchLabels: { app: "web" } }, template };
    return JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace, ...metadata }, spec });
  };
  const listOf = async (namespace: string) =>
    namesIn((await getJson<KubeObjects["deployment.apps"]>("deployment", "web", "-n", namespace)).spec.template.spec.imagePullSecrets);
  const told =
    /^Warning: deployment\.apps\/web belongs to Flux Kustomization flux-system\/apps: .* attach acr deployment\/web -o kustomize /;

  test.for([
    { why: "server-side apply", apply: serverSide("argocd-controller"), metadata: {}, says: /^$/, after: ["theirs", "acr"] },
    { why: "kubectl apply", apply: [], metadata: {}, says: /^$/, after: ["theirs", "acr"] },
    { why: "Flux", apply: serverSide("kustomize-controller"), metadata: { labels: flux }, says: told, after: ["theirs"] },
  ])("$why again leaves $after", async ({ apply, metadata, says, after }) => {
    const namespace = await namespaceWithSecret();
    const again = () => kubectl(["apply", ...apply, "-f", "-"], deployment(namespace, metadata, theirs));
    await again();

    expect((await attach(namespace, "", "deployment/web")).stderr).toMatch(says);
    expect(await listOf(namespace)).toEqual(["theirs", "acr"]);
    if (metadata.labels) await takeOver("deployment", namespace);
    await again();
    expect(await listOf(namespace)).toEqual(after);
  });
});

describe("Helm itself", () => {
  let helm = "";
  const chart = join(shell.folder, "chart");
  const template = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  labels:
    color: {{ .Values.color }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
{{ toYaml . }}
{{- end }}
`;
  beforeAll(async () => {
    helm = (await binaries({ need: chartPrograms })).program("helm");
    await mkdir(join(chart, "templates"), { recursive: true });
    await writeFile(join(chart, "Chart.yaml"), "apiVersion: v2\nname: web\nversion: 0.1.0\n");
    await writeFile(join(chart, "values.yaml"), "color: blue\nimagePullSecrets: []\n");
    await writeFile(join(chart, "templates/serviceaccount.yaml"), template);
  });

  /** The values by which a chart has these names. */
  const having = (...names: string[]) => names.map((name, at) => `--set imagePullSecrets[${at}].name=${name}`).join(" ");
  const none = having();
  const takes =
    /^Warning: serviceaccount\/web belongs to Helm release \S+\/web: the next helm upgrade takes acr out again, .* -o helm -n \S+\n$/;
  const stops = /^Warning: serviceaccount\/web belongs to Helm release \S+\/web: the next helm upgrade stops with a conflict over acr, /;
  const conflict = /conflict with "kubectl-acr-secret"/;

  test.for<{ why: string; how: "true" | "false"; has: string; next: string; told: RegExp; says: RegExp; after: string[] }>([
    {
      why: "the chart's list, as it was",
      how: "false",
      has: having("theirs"),
      next: having("theirs"),
      told: takes,
      says: /^/,
      after: ["theirs"],
    },
    { why: "the chart's list, changed", how: "false", has: having("theirs"), next: having("new"), told: takes, says: /^/, after: ["new"] },
    { why: "no list", how: "false", has: none, next: "--set color=red", told: /^$/, says: /^/, after: ["acr"] },
    {
      why: "the chart's list, as it was",
      how: "true",
      has: having("theirs"),
      next: having("theirs"),
      told: stops,
      says: conflict,
      after: ["theirs", "acr"],
    },
    {
      why: "the chart's list with our name",
      how: "true",
      has: having("theirs"),
      next: having("theirs", "acr"),
      told: stops,
      says: /^$/,
      after: ["theirs", "acr"],
    },
    { why: "no list", how: "true", has: none, next: "--set color=red", told: /^$/, says: /^$/, after: ["acr"] },
  ])("an upgrade with $why, --server-side=$how, leaves $after", { timeout: 60_000 }, async ({ how, has, next, told, says, after }) => {
    const namespace = await namespaceWithSecret();
    const type = (verb: string, values: string) =>
      shell.type(`${helm} ${verb} web ${chart} -n ${namespace} --server-side=${how} ${values}`);
    expect(await type("install", has)).toMatchObject({ code: 0 });

    expect((await attach(namespace)).stderr).toMatch(told);
    const upgraded = await type("upgrade", next);
    expect(upgraded.stderr).toMatch(says);
    expect(upgraded.code).toBe(says === conflict ? 1 : 0);
    expect(await namesOf(namespace)).toEqual(after);
  });
});
