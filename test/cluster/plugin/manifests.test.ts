import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { getJson, kubectl } from "../../support/kubectl.ts";
import { shapes } from "../../support/manifests/shapes.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const namespace = "manifests";
beforeAll(async () => {
  await kubectl(["create", "namespace", namespace]);
  await kubectl(["wait", "--for=create", "serviceaccount/default", "-n", namespace]);
});
afterAll(() => kubectl(["delete", "namespace", namespace, "--wait=false"]));

test.for(shapes.filter(({ foreign }) => !foreign).map((shape, index) => ({ ...shape, index })))(
  "prints an object that the server accepts: $name",
  async ({ text, accounts, index }) => {
    const file = join(shell.folder, `${index}.yaml`);
    await writeFile(file, text);
    const typed = `kubectl acr-secret attach acr -f ${file}${accounts ? " --all-serviceaccounts" : ""}`;
    // kubectl prints a warning about existing objects that were never applied.
    const { stderr, code } = await shell.type(`${typed} | kubectl apply --dry-run=server -n ${namespace} -f -`);
    expect({ stderr: stderr.replace(/^Warning: resource serviceaccounts\/default is missing .*\n/, ""), code }).toEqual({
      stderr: "",
      code: 0,
    });
    expect(await readFile(file, "utf8")).toBe(text);
  },
);

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      imagePullSecrets:
      - name: theirs
      containers:
      - {name: web, image: web}
`;
const cronJob = `apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec:
  schedule: "@daily"
  suspend: true
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - {name: report, image: report}
`;
const accounts = `apiVersion: v1
kind: ServiceAccount
metadata: {name: bare}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: listed}
imagePullSecrets:
- name: theirs
`;

async function folderOf(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(shell.folder, name);
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return folder;
}

const listsOf = async (at: string) => {
  const of = async (object: string, path: string) =>
    (await kubectl(["get", object, "-n", at, "-o", `jsonpath={${path}.imagePullSecrets[*].name}`])).split(" ");
  return {
    web: await of("deployment/web", ".spec.template.spec"),
    report: await of("cronjob/report", ".spec.jobTemplate.spec.template.spec"),
    bare: await of("serviceaccount/bare", ""),
    listed: await of("serviceaccount/listed", ""),
  };
};

test("prints a folder of YAML and JSON that kubectl apply accepts from the pipe", async () => {
  const at = await newNamespace();
  const cron = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "json" } });
  const folder = await folderOf("piped", { "a.json": cron, "b.yaml": deployment, "c.yml": cronJob, "d.yaml": accounts });
  const typed = `kubectl acr-secret attach acr deploy/web cj/report sa/bare sa/listed -f ${folder} | kubectl apply -n ${at} -f -`;
  expect(await shell.type(typed)).toMatchObject({ stderr: "", code: 0 });
  expect(await listsOf(at)).toEqual({ web: ["theirs", "acr"], report: ["acr"], bare: ["acr"], listed: ["theirs", "acr"] });
  expect(await getJson("configmap", "json", "-n", at)).toMatchObject({ kind: "ConfigMap" });
});

test("prints Kustomize patches with the same effect as names in the manifests", async () => {
  const base = await folderOf("base", {
    "all.yaml": [deployment, cronJob, accounts].join("---\n"),
    "kustomization.yaml": "resources: [all.yaml]\n",
  });
  const overlay = await folderOf("overlay", {});
  const targets = "deploy/web cj/report sa/bare sa/listed";
  const patched = await shell.type(`kubectl acr-secret attach acr ${targets} -k ${base} -o kustomize`);
  expect(patched).toMatchObject({ stderr: "", code: 0 });
  await writeFile(join(overlay, "kustomization.yaml"), `resources: [../base]\n${patched.stdout}`);

  const at = await newNamespace();
  expect(await shell.type(`kubectl apply -n ${at} -k ${overlay}`)).toMatchObject({ stderr: "", code: 0 });
  const sorted = (lists: Readonly<Record<string, readonly string[]>>) => Object.values(lists).map((names) => names.toSorted());
  expect(sorted(await listsOf(at))).toEqual([["acr", "theirs"], ["acr"], ["acr"], ["acr", "theirs"]]);
  expect(await shell.type(`kubectl acr-secret attach acr ${targets} -k ${base} | kubectl diff -n ${at} -f -`)).toMatchObject({
    // Kustomize merges in another order.
    stdout: expect.not.stringMatching(/^[-+] +- name: (?!acr|theirs)/m),
  });

  const without = await shell.type(`kubectl acr-secret detach acr ${targets} -k ${overlay} -o kustomize`);
  const back = await folderOf("back", { "kustomization.yaml": `resources: [../overlay]\n${without.stdout}` });
  expect(await shell.type(`kubectl apply -n ${at} -k ${back}`)).toMatchObject({ stderr: "", code: 0 });
  expect(await listsOf(at)).toEqual({ web: ["theirs"], report: [""], bare: [""], listed: ["theirs"] });
});
