import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Right } from "../../../src/kube/port.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { rightsIn } from "../../support/rights.ts";
import { applySchedule, refusalOf, type ScheduleAccount } from "../../support/schedule-account.ts";
import { image, namedTeams, objectOf, selectedTeams } from "../../support/scheduled.ts";

// The objects of each schedule in a namespace of its own, on a real API server.
const shell = await openShell();
afterAll(() => shell.stop());

const check = `schedule check --network-policy --image ${image}`;
const files = `schedule -f - --image ${image}`;

/** Applies a schedule in a new namespace. @returns the namespace */
async function applied(line: string, stdin = namedTeams): Promise<string> {
  const namespace = await newNamespace();
  const printed = `kubectl acr-secret ${line} -n ${namespace} -o yaml`;
  expect(await shell.type(`${printed} | kubectl apply -f -`, { stdin })).toMatchObject({ code: 0 });
  return namespace;
}

/** Creates the namespaces of a file, and returns the file with their names. */
async function withNamespaces(file: string): Promise<{ file: string; platform: string; a: string; b: string }> {
  const [platform, a, b] = await Promise.all([newNamespace(), newNamespace(), newNamespace()]);
  await kubectl(["label", "namespace", a, b, `team=${platform}`, `tier=${platform}`]);
  const text = file.replaceAll("platform", platform).replaceAll("team-a", a).replaceAll("team-b", b).replaceAll("=sky", `=${platform}`);
  return { file: text, platform, a, b };
}

test.for([
  { line: check, name: "acr-secret-check" },
  { line: files, name: "teams" },
])("prints objects for $line whose pods admission accepts as restricted", { timeout: 120_000 }, async ({ line, name }) => {
  const { file } = await withNamespaces(namedTeams);
  const namespace = await applied(line, file);
  await kubectl(["label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted"]);
  const { template } = (await objectOf(line, "CronJob")).spec.jobTemplate.spec;

  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "pod", namespace }, spec: template.spec };

  expect(await kubectl(["create", "--dry-run=server", "-o", "name", "-f", "-"], JSON.stringify(pod))).toBe("pod/pod\n");
  expect(await kubectl(["create", "job", "now", `--from=cronjob/${name}`, "-n", namespace, "-o", "name"])).toBe("job.batch/now\n");
  const runs = ["get", "cronjobs,jobs", "-l", "acr-secret/schedule", "-n", namespace, "-o", "name"];
  expect(await kubectl(runs)).toBe(`cronjob.batch/${name}\njob.batch/now\n`);
});

/** Whether the ServiceAccount has a right. */
async function may({ user }: ScheduleAccount, right: Right): Promise<boolean> {
  const spec = { user, groups: ["system:serviceaccounts", "system:authenticated"], resourceAttributes: right };
  const review = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
  return JSON.parse(await kubectl(["create", "-o", "json", "-f", "-"], JSON.stringify(review))).status.allowed === true;
}

const anySecret = (verb: string, namespace: string, name?: string) => ({ group: "", resource: "secrets", verb, namespace, name });

const docker = { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": Buffer.from('{"auths":{}}').toString("base64") } };
const accountToken = { type: "kubernetes.io/service-account-token" };

const secretOf = (namespace: string, name: string, more: object) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { namespace, name, annotations: { "kubernetes.io/service-account.name": "default" } },
  ...more,
});

describe.for([
  { which: "names all namespaces", text: namedTeams },
  { which: "selects namespaces", text: selectedTeams },
])("the ServiceAccount of a file that $which", ({ text }) => {
  test("reads no other Secret, and lists none", { timeout: 120_000 }, async () => {
    const { file, platform, a } = await withNamespaces(text);
    const account = await applySchedule(shell, file, a);

    for (const namespace of [platform, a]) expect(await may(account, anySecret("get", namespace, "acr-blue"))).toBe(true);
    for (const namespace of ["", platform, a, account.namespace, "kube-system"]) {
      const others = ["get", "list", "watch"].map((verb) => anySecret(verb, namespace));
      const rights = [...others, anySecret("get", namespace, "azure"), anySecret("update", namespace), anySecret("delete", namespace)];
      expect((await Promise.all(rights.map((right) => may(account, right)))).includes(true), namespace).toBe(false);
    }
  });

  test("creates and changes only pull secrets of the file outside the control plane", { timeout: 120_000 }, async () => {
    const { file, platform, a } = await withNamespaces(text);
    const { kubeconfig } = await applySchedule(shell, file, a);
    const refusal = (namespace: string, name: string, more: object) => refusalOf(secretOf(namespace, name, more), kubeconfig);

    for (const namespace of [platform, a]) {
      expect(await refusal(namespace, "acr-blue", docker)).toBe("");
      expect(await refusal(namespace, "acr-blue", accountToken)).toMatch(/ValidatingAdmissionPolicy.*must have the type/);
      expect(await refusal(namespace, "other", docker)).toMatch(/ValidatingAdmissionPolicy.*must have a name/);
    }
    for (const type of [docker, accountToken]) expect(await refusal("kube-system", "acr-blue", type)).toMatch(/[Ff]orbidden/);

    await create([secretOf(a, "acr-blue", accountToken)]);
    const patch = ["patch", "secret", "acr-blue", "-n", a, "-p", '{"metadata":{"labels":{"a":"b"}}}'];
    await expect(kubectl(patch, "", kubeconfig)).rejects.toThrow(/ValidatingAdmissionPolicy.*must have the type/);
  });
});

/** Creates a Deployment whose pod waits for its image. */
async function createPending(namespace: string): Promise<void> {
  const labels = { app: "web" };
  const pod = { containers: [{ name: "web", image: "myregistry.azurecr.io/app/web:1" }] };
  const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } };
  await create([{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace }, spec }]);
  await kubectl(["wait", "--for=jsonpath={.status.replicas}=1", "deployment/web", "-n", namespace]);
}

type Rule = { readonly resources: readonly string[]; readonly verbs: readonly string[] };

/** Returns the rights in the roles of a schedule. */
async function printedRights({ namespace }: ScheduleAccount): Promise<readonly string[]> {
  const roles = ["roles,clusterroles", "-A", "-l", `acr-secret/namespace=${namespace}`];
  const { items } = await getJson<{ items: { rules: readonly Rule[] }[] }>(...roles);
  const rights = items.flatMap(({ rules }) =>
    rules.flatMap(({ resources: [resource], verbs }) => verbs.map((verb) => `${verb} ${resource}`)),
  );
  return [...new Set(rights)].sort();
}

test.for([
  { which: "names all namespaces", text: namedTeams, isSelected: false },
  { which: "selects namespaces", text: selectedTeams.replace("other.azurecr.io", "myregistry"), isSelected: true },
])(
  "uses each right of the ServiceAccount, and needs no other, when the file $which",
  { timeout: 180_000 },
  async ({ text, isSelected }) => {
    const { file, platform, a, b } = await withNamespaces(text);
    await createPending(a);
    const account = await applySchedule(shell, file, a);
    const path = join(shell.folder, "teams.yaml");
    const traces: string[] = [];
    const apply = async (changed: string) => {
      await writeFile(path, changed);
      const line = `kubectl acr-secret apply -f ${path} --skip-blocked --quiet -v=6`;
      const { stderr, code } = await shell.type(line, { env: { KUBECONFIG: account.kubeconfig } });
      traces.push(stderr);
      return { code, stderr };
    };

    expect(await apply(file)).toMatchObject({ code: 0 });
    expect(await apply(file)).toMatchObject({ code: 0, stderr: expect.stringMatching(/^nothing to do$/m) });
    expect(await apply(file.replace("name: teams", "name: teams\nexpiresIn: 30d"))).toMatchObject({ code: 0 });
    if (isSelected) await kubectl(["label", "namespace", b, "team-", "tier-"]);
    expect(await apply(file)).toMatchObject({ code: 0 });
    // A source that was deleted while its password is in use: the run removes the Secret that it has begun
    await kubectl(["delete", "secret", "acr-blue", "-n", platform]);
    expect(await apply(file)).toMatchObject({ code: 1, stderr: expect.stringContaining("create") });

    const requests = traces.join("").split("\n");
    const denied = rightsIn(requests.filter((line) => / 403 /.test(line)).join("\n"));
    // A rotation looks for images in the namespace of the source, and a revocation for other Secrets with the password
    expect(denied.filter(({ resource, verb }) => !(verb === "list" && ["pods", "secrets"].includes(resource)))).toEqual([]);
    const used = rightsIn(requests.filter((line) => !/ 403 /.test(line)).join("\n")).map(({ verb, resource }) => `${verb} ${resource}`);
    expect([...new Set(used)].sort()).toEqual(await printedRights(account));
  },
);

test("lets the API server reject a schedule whose fields have invalid values", async () => {
  const namespace = await newNamespace();

  const ended = await shell.type(
    `kubectl acr-secret schedule check --image ${image} -n ${namespace} --at '60 * * * *' | kubectl apply -f -`,
  );

  expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/CronJob .*spec\.schedule: Invalid value/) });
});

const kinds =
  "cronjobs,jobs,pods,configmaps,serviceaccounts,networkpolicies,roles,rolebindings,clusterroles,clusterrolebindings," +
  "validatingadmissionpolicies,validatingadmissionpolicybindings";

test("removes every object of all schedules with the printed commands", { timeout: 120_000 }, async () => {
  const { file: stdin } = await withNamespaces(namedTeams);
  const lines = [files, check].map((line) => `kubectl acr-secret ${line}`);
  for (const line of lines) expect(await shell.type(`${line} | kubectl apply -f -`, { stdin })).toMatchObject({ code: 0 });
  const label = "acr-secret/namespace=acr-secret";
  const left = () => kubectl(["get", kinds, "-A", "-l", label, "-o", "name"]);
  expect((await left()).trim().split("\n")).toHaveLength(3 + 2 * 4 + 2 + 5);

  const printed = await Promise.all(lines.map((line) => shell.type(line, { stdin })));
  const commands = printed.flatMap(({ stdout }) => [...stdout.matchAll(/^# (kubectl delete .*)$/gm)].map(([, command = ""]) => command));
  for (const command of new Set(commands)) expect(await shell.type(command)).toMatchObject({ code: 0 });

  expect(await left()).toBe("");
  expect(await kubectl(["get", "namespace", "acr-secret", "--ignore-not-found", "-o", "name"])).toBe("");
});
