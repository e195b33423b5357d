import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

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

test("prints Kustomize patches that add the name to the lists, and patches that remove it", async () => {
  const namespace = await newNamespace();
  const base = await folderOf("base", {
    "all.yaml": [deployment, cronJob, accounts].join("---\n"),
    "kustomization.yaml": `namespace: ${namespace}\nresources: [all.yaml]\n`,
  });
  const applyFolder = (folder: string) => shell.type(`kubectl apply -k ${folder}`);
  const targets = "deploy/web cj/report sa/bare sa/listed";
  expect(await applyFolder(base)).toMatchObject({ stderr: "", code: 0 });
  await kubectl(["create", "secret", "docker-registry", "acr", "-n", namespace, "--docker-username=u", "--docker-password=p"]);

  const attached = await shell.type(`kubectl acr-secret attach -n ${namespace} acr ${targets} -o kustomize`);
  expect(attached).toMatchObject({ code: 0 });
  const overlay = await folderOf("overlay", { "kustomization.yaml": `resources: [../base]\n${attached.stdout}` });
  expect(await applyFolder(overlay)).toMatchObject({ stderr: "", code: 0 });
  const sorted = Object.values(await listsOf(namespace)).map((names) => names.toSorted());
  expect(sorted).toEqual([["acr", "theirs"], ["acr"], ["acr"], ["acr", "theirs"]]);

  const detached = await shell.type(`kubectl acr-secret detach -n ${namespace} acr ${targets} -o kustomize`);
  const back = await folderOf("back", { "kustomization.yaml": `resources: [../overlay]\n${detached.stdout}` });
  expect(await applyFolder(back)).toMatchObject({ stderr: "", code: 0 });
  expect(await listsOf(namespace)).toEqual({ web: ["theirs"], report: [""], bare: [""], listed: ["theirs"] });
});
