import { afterAll, expect, test } from "vitest";
import type { rulesOf } from "../../../src/schedule/objects.ts";
import { getJson, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { image, objectOf } from "../../support/scheduled.ts";

// The objects of each schedule in a namespace of its own, on a real API server.
type Rule = ReturnType<typeof rulesOf>[number];

const shell = await openShell();
afterAll(() => shell.stop());

const make = "create --registry myregistry --repository app/web";

/** Applies a schedule in a new namespace. @returns the namespace, and the name of its ClusterRole */
async function applied(line: string): Promise<{ readonly namespace: string; readonly role: string }> {
  const namespace = await newNamespace();
  const printed = `kubectl acr-secret ${line} -n ${namespace} -o yaml`;
  expect(await shell.type(`${printed} | kubectl apply -f -`)).toMatchObject({ code: 0 });
  const role = `acr-secret-${line.split(" ")[1]}:${namespace}`;
  return { namespace, role };
}

const rotate = `schedule rotate --older-than 0s --image ${image}`;
const check = `schedule check --network-policy --image ${image}`;

test.for([rotate, check])("prints objects for %s whose pods admission accepts as restricted", { timeout: 120_000 }, async (line) => {
  const { namespace } = await applied(line);
  await kubectl(["label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted"]);
  const name = `acr-secret-${line.split(" ")[1]}`;
  const { template } = (await objectOf(line, "CronJob")).spec.jobTemplate.spec;

  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "pod", namespace }, spec: template.spec };

  expect(await kubectl(["create", "--dry-run=server", "-o", "name", "-f", "-"], JSON.stringify(pod))).toBe("pod/pod\n");
  expect(await kubectl(["create", "job", "now", `--from=cronjob/${name}`, "-n", namespace, "-o", "name"])).toBe("job.batch/now\n");
  const runs = ["get", "cronjobs,jobs", "-l", "acr-secret/schedule", "-n", namespace, "-o", "name"];
  expect(await kubectl(runs)).toBe(`cronjob.batch/${name}\njob.batch/now\n`);
});

/** Runs the arguments of the printed CronJob as its ServiceAccount, in its own namespace only. */
async function runAs(line: string, namespace: string) {
  const { spec } = await getJson<{ spec: { jobTemplate: { spec: { template: { spec: { containers: [{ args: string[] }] } } } } } }>(
    "cronjob",
    `acr-secret-${line.split(" ")[1]}`,
    "-n",
    namespace,
  );
  const { args } = spec.jobTemplate.spec.template.spec.containers[0];
  const words = args.map((word) => (word === "-A" ? `--namespaces '${namespace}*'` : word));
  return shell.type(`kubectl acr-secret ${words.join(" ")} --as system:serviceaccount:${namespace}:acr-secret-${line.split(" ")[1]}`);
}

test("fails with the name of each printed right of rotate that is missing", { timeout: 300_000 }, async () => {
  const { namespace, role } = await applied(rotate);
  expect(await shell.type(`kubectl acr-secret ${make} -n ${namespace}`)).toMatchObject({ code: 0 });
  expect(await runAs(rotate, namespace)).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^secret\/acr-myregistry configured/m),
    stderr: expect.not.stringMatching(/forbidden|Warning/i),
  });
  const { rules } = await getJson<{ rules: Rule[] }>("clusterrole", role);

  for (const { rule, verb } of rules.flatMap((rule) => rule.verbs.map((verb) => ({ rule, verb })))) {
    const fewer = { ...rule, verbs: rule.verbs.filter((one) => one !== verb) };
    const others = rules.map((one) => (one === rule ? fewer : one)).filter(({ verbs }) => verbs.length > 0);
    await kubectl(["patch", "clusterrole", role, "--type=merge", "-p", JSON.stringify({ rules: others })]);

    const { code, stderr } = await runAs(rotate, namespace);

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`cannot ${verb} resource "${rule.resources[0]}"`) });
  }
});

test("lets the API server reject a schedule whose fields have invalid values", async () => {
  const namespace = await newNamespace();

  const ended = await shell.type(
    `kubectl acr-secret schedule check --image ${image} -n ${namespace} --at '60 * * * *' | kubectl apply -f -`,
  );

  expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/CronJob .*spec\.schedule: Invalid value/) });
});

const kinds = "cronjobs,jobs,pods,serviceaccounts,networkpolicies,clusterroles,clusterrolebindings";

test("removes every object of all schedules with the printed commands", { timeout: 120_000 }, async () => {
  const lines = [rotate, check].map((line) => `kubectl acr-secret ${line}`);
  for (const line of lines) expect(await shell.type(`${line} | kubectl apply -f -`)).toMatchObject({ code: 0 });
  const label = "acr-secret/namespace=acr-secret";
  const left = () => kubectl(["get", kinds, "-n", "acr-secret", "-l", label, "-o", "name"]);
  expect((await left()).trim().split("\n")).toHaveLength(2 * 4 + 1);

  const printed = await Promise.all(lines.map((line) => shell.type(line)));
  const commands = printed.flatMap(({ stdout }) => [...stdout.matchAll(/^# (kubectl delete .*)$/gm)].map(([, command = ""]) => command));
  for (const command of new Set(commands)) expect(await shell.type(command)).toMatchObject({ code: 0 });

  expect(await left()).toBe("");
  expect(await kubectl(["get", "namespace", "acr-secret", "--ignore-not-found", "-o", "name"])).toBe("");
});
