import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { formatCommand } from "../../../src/hint.ts";
import type { Right } from "../../../src/kube/port.ts";
import { azureCommands } from "../../../src/schedule/azure-commands.ts";
import { rulesOf } from "../../../src/schedule/objects.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { run, type } from "../../support/in-process.ts";
import { recordIn } from "../../support/rotating.ts";
import { image, objectOf, objectsOf } from "../../support/scheduled.ts";

const recorded: { line: string; rights: Right[] }[] = JSON.parse(readFileSync("docs/rbac.json", "utf8"));

test.for([
  { line: "schedule rotate", as: /^rotate --namespaces/ },
  { line: "schedule check", as: /^check --namespaces/ },
])("grants exactly the recorded rights to $line", async ({ line, as }) => {
  const { rights = [] } = recorded.find((row) => as.test(row.line)) ?? {};

  expect(rights.length).toBeGreaterThan(5);
  expect((await objectOf(line, "ClusterRole")).rules).toEqual(rulesOf(rights));
});

test.for([
  { line: "schedule rotate", args: "rotate -A --older-than 60d --expiring-within 14d --strict", at: "0 3 * * *" },
  { line: "schedule rotate --older-than 30d --at 4:30", args: "rotate -A --older-than 30d --strict", at: "30 4 * * *" },
  {
    line: "schedule rotate --registry https://myregistry.azurecr.io/ --expiring-within 7d",
    args: "rotate -A --registry myregistry.azurecr.io --expiring-within 7d --strict",
    at: "0 3 * * *",
  },
  { line: "schedule check", args: "check -A --failed", at: "0 * * * *" },
])("runs $args for $line", async ({ line, args, at }) => {
  const { spec } = await objectOf(line, "CronJob");

  expect({ args: spec.jobTemplate.spec.template.spec.containers[0].args.join(" "), at: spec.schedule }).toEqual({ args, at });
});

test.for([
  { line: "schedule rotate", sign: { envFrom: [{ secretRef: { name: "azure" } }] } },
  { line: "schedule rotate --azure-secret sp", sign: { envFrom: [{ secretRef: { name: "sp" } }] } },
  { line: "schedule check", sign: {} },
  {
    line: "schedule rotate --client-id 01234567-89ab-cdef-0123-456789abcdef",
    sign: { annotation: "01234567-89ab-cdef-0123-456789abcdef", label: "true" },
  },
])("signs in to Azure as $line says", async ({ line, sign }) => {
  const [account, job] = await Promise.all([objectOf(line, "ServiceAccount"), objectOf(line, "CronJob")]);
  const { metadata, spec } = job.spec.jobTemplate.spec.template;

  expect({
    envFrom: spec.containers[0].envFrom,
    annotation: account.metadata.annotations?.["azure.workload.identity/client-id"],
    label: metadata.labels["azure.workload.identity/use"],
  }).toEqual(sign);
});

test.for([
  { line: "schedule rotate", namespace: "acr-secret", name: "acr-secret-rotate", kinds: ["Namespace"] },
  { line: "schedule check --network-policy", namespace: "acr-secret", name: "acr-secret-check", kinds: ["Namespace", "NetworkPolicy"] },
  { line: "schedule rotate -n platform", namespace: "platform", name: "acr-secret-rotate:platform", kinds: [] },
])("connects the objects of $line", async ({ line, namespace, name, kinds }) => {
  const objects = await objectsOf(line);
  const of = (kind: string) => objects.find((object) => object.kind === kind);
  const account = of("ServiceAccount").metadata.name;

  expect(objects.map(({ kind }) => kind).filter((kind) => ["Namespace", "NetworkPolicy"].includes(kind))).toEqual(kinds);
  expect(of("ClusterRoleBinding")).toMatchObject({
    metadata: { name },
    roleRef: { kind: "ClusterRole", name: of("ClusterRole").metadata.name },
    subjects: [{ kind: "ServiceAccount", name: account, namespace }],
  });
  expect(of("CronJob").spec.jobTemplate.spec.template.spec.serviceAccountName).toBe(account);
  const own = { "acr-secret/schedule": line.split(" ")[1], "acr-secret/namespace": namespace };
  for (const { kind, metadata } of objects) if (kind !== "Namespace") expect(metadata.labels).toMatchObject(own);
  for (const { kind, metadata } of objects) expect([undefined, namespace], kind).toContain(metadata.namespace);
});

test("replaces no object of a schedule for another registry or in another namespace", async () => {
  const lines = ["", "--registry myregistry", "--registry other", "-n other", "-n other --registry myregistry"];
  const objects = (await Promise.all(lines.map((line) => objectsOf(`schedule rotate ${line}`.trim())))).flat();
  const ids = objects.flatMap(({ kind, metadata: { namespace, name } }) => (kind === "Namespace" ? [] : [`${kind} ${namespace}/${name}`]));

  expect(ids).toHaveLength(lines.length * 4);
  expect(new Set(ids).size).toBe(ids.length);
});

test("rotates a credential that never expires with the printed arguments", async () => {
  const world = await stored("a");
  const { spec } = await objectOf("schedule rotate", "CronJob");
  const [container] = spec.jobTemplate.spec.template.spec.containers;

  const { code } = await run(container.args, { ...world.ports, now: () => new Date("2026-04-01T00:00:00Z") });

  expect({ code, slot: recordIn(world, "a").slot }).toEqual({ code: 0, slot: "password2" });
});

test.for([
  { line: "schedule", message: /^error: argument required: rotate or check$/m },
  { line: "schedule delete", message: /^error: invalid argument "delete": must be rotate or check$/m },
  { line: "schedule check --older-than 60d -o yaml", message: /^error: --older-than cannot be used with schedule check$/m },
  {
    line: "schedule check --client-id 01234567-89ab-cdef-0123-456789abcdef -o yaml",
    message: /^error: --client-id cannot be used with schedule check/m,
  },
  { line: "schedule rotate --at noon -o yaml", message: /^error: invalid --at "noon": / },
  { line: "schedule rotate --older-than soon -o yaml", message: /^error: invalid --older-than "soon": / },
  { line: "schedule rotate --expiring-within 0 -o yaml", message: /^error: invalid --expiring-within "0": / },
  { line: "schedule rotate -o yaml", message: /^error: required flag\(s\) "image" not set$/m },
  { line: "schedule check -o yaml", message: /^error: required flag\(s\) "image" not set$/m },
  { line: "schedule rotate --image Bad -o yaml", message: /^error: couldn't parse image name "Bad": / },
  { line: "schedule rotate --registry a;b -o yaml", message: /^error: invalid registry "a;b"/ },
  { line: "schedule rotate --azure-secret a;b -o yaml", message: /^error: invalid --azure-secret "a;b": / },
  { line: "schedule rotate -n a;b -o yaml", message: /^error: invalid --namespace "a;b": / },
  { line: "schedule rotate --client-id me -o yaml", message: /^error: invalid --client-id "me": / },
])("rejects $line", async ({ line, message }) => {
  const { code, stdout, stderr } = await type(line, {});

  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: expect.stringMatching(message) });
});

const roleIn = (page: string) =>
  /^az role definition create [\s\S]*?"Name": "ACR pull tokens"[\s\S]*?^```$/m.exec(readFileSync(page, "utf8"))?.[0];

/** Returns the Azure commands of a rotation whose credential is in a Secret: for the role, and for the service principal. */
const commandsIn = (namespace: string) => {
  const nothing = { cron: "", image: "", args: [], rights: [], registry: undefined };
  const schedule = { ...nothing, verb: "rotate", namespace, clientId: undefined, secret: "azure", networkPolicy: false } as const;
  return azureCommands(schedule, formatCommand);
};

test("has the same role for ACR tokens in the pages and in the printed commands", () => {
  const actions = (text = "") => text.match(/Microsoft\.ContainerRegistry\/[\w/]+/g);

  expect(roleIn("docs/rbac.md")).toContain("tokens/write");
  expect(roleIn("docs/platform-teams.md")).toBe(roleIn("docs/rbac.md"));
  expect(actions(commandsIn("a")[0])).toEqual(actions(roleIn("docs/rbac.md")));
});

test("names an application that no other user can have registered", () => {
  const [, name = ""] = /--name (\S+"\$\([^)]*\)")/.exec(commandsIn("acr-secret")[1] ?? "") ?? [];
  const names = [1, 2].map(() => execFileSync("sh", ["-c", `printf %s ${name}`], { encoding: "utf8" }));

  expect(names).toEqual(Array(2).fill(expect.stringMatching(/^acr-secret-rotate-[0-9a-f]{16}$/)));
  expect(names[0]).not.toBe(names[1]);
});

test("prints only commands of a shell in the comments", async () => {
  const { stdout } = await type(`schedule rotate --registry myregistry --image ${image} -o yaml`, {});
  const comments = stdout.split("\n").filter((line) => line.startsWith("#"));

  expect(comments.filter((line) => !/^# (az |kubectl delete )|^#$|:$/.test(line))).toEqual([]);
});

test.for(["rotate", "rotate --client-id 01234567-89ab-cdef-0123-456789abcdef", "check"])(
  "names the cluster of the command line in each kubectl of the comments of schedule %s",
  async (words) => {
    const { stdout } = await type(`schedule ${words} --image ${image} --context prod`, {});
    const commands = stdout.match(/^#.*$/gm)?.flatMap((line) => line.match(/kubectl (create|delete|get) [^|]*/g) ?? []) ?? [];

    expect(commands.length).toBeGreaterThan(1);
    expect(commands.filter((command) => !command.includes(" --context=prod "))).toEqual([]);
  },
);
