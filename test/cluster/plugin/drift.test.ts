import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binaries } from "../../../sandbox/binaries.ts";
import { chartPrograms } from "../../../sandbox/tools.ts";
import type { KubeObjects, ServiceAccount } from "../../../src/objects.ts";
import { accountFile, deploymentFile, namespaceWithSecret, takeOver } from "../../support/drift.ts";
import { getJson, kubectl } from "../../support/kubectl.ts";
import { openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const attach = (namespace: string, more = "", target = "serviceaccount/web") =>
  shell.type(`kubectl acr-secret attach -n ${namespace} acr ${target} ${more}`);

const theirs = [{ name: "theirs" }];
const namesIn = (list: ServiceAccount["imagePullSecrets"] = []) => list.map(({ name }) => name);
const namesOf = async (namespace: string) =>
  namesIn((await getJson<ServiceAccount>("serviceaccount", "web", "-n", namespace)).imagePullSecrets);

const serverSide = (manager: string) => ["--server-side", `--field-manager=${manager}`, "--force-conflicts"];
const tracked = (namespace: string) => ({ annotations: { "argocd.argoproj.io/tracking-id": `web:/ServiceAccount:${namespace}/web` } });
const flux = { "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" };

describe("warns exactly when applying the same file again removes the name", () => {
  test.for<{
    why: string;
    apply: string[];
    file: (namespace: string) => string;
    warning: RegExp;
    after: string[];
  }>([
    {
      why: "Argo CD owns the list",
      apply: serverSide("argocd-controller"),
      file: (namespace) => accountFile(namespace, { metadata: tracked(namespace), imagePullSecrets: theirs }),
      warning:
        /^Warning: serviceaccount\/web belongs to Argo CD application web, and the next sync removes acr; .*:\n {2}kubectl acr-secret attach -n \S+ acr serviceaccount\/web -o kustomize\n$/,
      after: ["theirs"],
    },
    {
      why: "Argo CD owns no list",
      apply: serverSide("argocd-controller"),
      file: (namespace) => accountFile(namespace, { metadata: tracked(namespace) }),
      warning: /^$/,
      after: ["acr"],
    },
    {
      why: "another manager owns the list",
      apply: serverSide("pulumi"),
      file: (namespace) => accountFile(namespace, { imagePullSecrets: theirs }),
      warning:
        /^Warning: serviceaccount\/web has imagePullSecrets from field manager pulumi, and the next apply removes acr or fails with a conflict; /,
      after: ["theirs"],
    },
    {
      why: "kubectl apply has a file with a list",
      apply: [],
      file: (namespace) => accountFile(namespace, { imagePullSecrets: theirs }),
      warning: /^Warning: serviceaccount\/web was applied from a file with imagePullSecrets, and the next apply of that file removes acr; /,
      after: ["theirs"],
    },
    {
      why: "kubectl apply has a file with an empty list",
      apply: [],
      file: (namespace) => accountFile(namespace, { imagePullSecrets: [] }),
      warning: /^Warning: serviceaccount\/web was applied from a file with imagePullSecrets, /,
      after: [],
    },
    {
      why: "kubectl apply has a file without a list",
      apply: [],
      file: (namespace) => accountFile(namespace, {}),
      warning: /^$/,
      after: ["acr"],
    },
  ])("$why", async ({ apply, file, warning, after }) => {
    const namespace = await namespaceWithSecret();
    const again = () => kubectl(["apply", ...apply, "-f", "-"], file(namespace));
    await again();
    const before = await namesOf(namespace);
    const looked = await attach(namespace, "--diff --dry-run=server");
    expect({ code: looked.code, names: await namesOf(namespace) }).toEqual({ code: 1, names: before });
    expect(looked.stdout).toMatch(/^--- serviceaccount\/web\n\+\+\+ serviceaccount\/web\n@@ .* @@\n[\s\S]*\+- name: acr\n$/);
    expect(looked.stderr).toMatch(warning);

    const { stderr, stdout } = await attach(namespace);

    expect(stdout).toBe("serviceaccount/web patched\n");
    expect(stderr).toMatch(warning);
    expect(await namesOf(namespace)).toEqual([...before, "acr"]);
    expect(await attach(namespace, "--diff")).toEqual({ stdout: "", stderr: "", code: 0 });
    await again();
    expect(await namesOf(namespace)).toEqual(after);
  });

  test("reports a conflict to a manager that does not force", async () => {
    const namespace = await namespaceWithSecret();
    const apply = () =>
      kubectl(["apply", "--server-side", "--field-manager=pulumi", "-f", "-"], accountFile(namespace, { imagePullSecrets: theirs }));
    await apply();
    await attach(namespace);

    await expect(apply()).rejects.toThrow('conflict with "kubectl-acr-secret"');
    expect(await namesOf(namespace)).toEqual(["theirs", "acr"]);
  });
});

test.for([
  {
    manager: "kubectl-acr-secret",
    warning: /^Warning: serviceaccount\/web belongs to Flux Kustomization flux-system\/apps, and /,
    after: [],
  },
  { manager: "flux-client-side-apply", warning: /^$/, after: ["acr"] },
])("leaves $after when Flux applies a manifest without the list that $manager wrote", async ({ manager, warning, after }) => {
  const namespace = await namespaceWithSecret();
  const apply = () =>
    kubectl(["apply", ...serverSide("kustomize-controller"), "-f", "-"], accountFile(namespace, { metadata: { labels: flux } }));
  await apply();

  expect((await attach(namespace, `--field-manager=${manager}`)).stderr).toMatch(warning);
  expect(await namesOf(namespace)).toEqual(["acr"]);
  await takeOver("serviceaccount", namespace);
  await apply();
  expect(await namesOf(namespace)).toEqual(after);
});

describe("merges the names of a template", () => {
  const listOf = async (namespace: string) =>
    namesIn((await getJson<KubeObjects["deployment.apps"]>("deployment", "web", "-n", namespace)).spec.template.spec.imagePullSecrets);
  const warning =
    /^Warning: deployment\.apps\/web belongs to Flux Kustomization flux-system\/apps, and .*:\n {2}kubectl acr-secret attach -n \S+ acr deployment\/web -o kustomize\n/;

  test.for([
    { why: "server-side apply", apply: serverSide("argocd-controller"), metadata: {}, message: /^$/, after: ["theirs", "acr"] },
    { why: "kubectl apply", apply: [], metadata: {}, message: /^$/, after: ["theirs", "acr"] },
    { why: "Flux", apply: serverSide("kustomize-controller"), metadata: { labels: flux }, message: warning, after: ["theirs"] },
  ])("leaves $after after $why of the same file", async ({ apply, metadata, message, after }) => {
    const namespace = await namespaceWithSecret();
    const again = () => kubectl(["apply", ...apply, "-f", "-"], deploymentFile(namespace, metadata, theirs));
    await again();

    expect((await attach(namespace, "", "deployment/web")).stderr).toMatch(message);
    expect(await listOf(namespace)).toEqual(["theirs", "acr"]);
    if (metadata.labels) await takeOver("deployment", namespace);
    await again();
    expect(await listOf(namespace)).toEqual(after);
  });
});

describe("warns about the lists of a Helm chart", () => {
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

  const having = (...names: string[]) => names.map((name, at) => `--set imagePullSecrets[${at}].name=${name}`).join(" ");
  const none = having();
  const takes =
    /^Warning: serviceaccount\/web belongs to Helm release \S+\/web, and the next helm upgrade removes acr; .*:\n {2}kubectl acr-secret attach -n \S+ acr .*-o helm\n$/;
  const stops =
    /^Warning: serviceaccount\/web belongs to Helm release \S+\/web, and the next helm upgrade fails with a conflict over acr; /;
  const conflict = /conflict with "kubectl-acr-secret"/;

  test.for<{ why: string; how: "true" | "false"; has: string; next: string; warning: RegExp; message: RegExp; after: string[] }>([
    {
      why: "the chart's list, as it was",
      how: "false",
      has: having("theirs"),
      next: having("theirs"),
      warning: takes,
      message: /^/,
      after: ["theirs"],
    },
    {
      why: "the chart's list, changed",
      how: "false",
      has: having("theirs"),
      next: having("new"),
      warning: takes,
      message: /^/,
      after: ["new"],
    },
    { why: "no list", how: "false", has: none, next: "--set color=red", warning: /^$/, message: /^/, after: ["acr"] },
    {
      why: "the chart's list, as it was",
      how: "true",
      has: having("theirs"),
      next: having("theirs"),
      warning: stops,
      message: conflict,
      after: ["theirs", "acr"],
    },
    {
      why: "the chart's list with our name",
      how: "true",
      has: having("theirs"),
      next: having("theirs", "acr"),
      warning: stops,
      message: /^$/,
      after: ["theirs", "acr"],
    },
    { why: "no list", how: "true", has: none, next: "--set color=red", warning: /^$/, message: /^$/, after: ["acr"] },
  ])(
    "leaves $after after an upgrade with $why, --server-side=$how",
    { timeout: 60_000 },
    async ({ how, has, next, warning, message, after }) => {
      const namespace = await namespaceWithSecret();
      const type = (verb: string, values: string) =>
        shell.type(`${helm} ${verb} web ${chart} -n ${namespace} --server-side=${how} ${values}`);
      expect(await type("install", has)).toMatchObject({ code: 0 });

      expect((await attach(namespace)).stderr).toMatch(warning);
      const upgraded = await type("upgrade", next);
      expect(upgraded.stderr).toMatch(message);
      expect(upgraded.code).toBe(message === conflict ? 1 : 0);
      expect(await namesOf(namespace)).toEqual(after);
    },
  );
});
