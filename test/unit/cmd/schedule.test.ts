import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatCommand } from "../../../src/hint.ts";
import type { Right } from "../../../src/kube/port.ts";
import { azureCommands } from "../../../src/schedule/azure-commands.ts";
import { scheduleName } from "../../../src/schedule/objects.ts";
import { rulesOf } from "../../../src/schedule/rights.ts";
import { run, type } from "../../support/in-process.ts";
import { image, namedTeams, objectOf, objectsOf, selectedTeams } from "../../support/scheduled.ts";

const teams = scheduleName("platform", "teams");
const client = "01234567-89ab-cdef-0123-456789abcdef";
const recorded: { line: string; rights: Right[] }[] = JSON.parse(readFileSync("docs/rbac.json", "utf8"));

test("grants exactly the recorded rights to schedule check, and those to read what changes new pods", async () => {
  const { rights = [] } = recorded.find(({ line }) => line.startsWith("check --namespaces")) ?? {};
  const admission = ["mutatingadmissionpolicies", "mutatingwebhookconfigurations"].map((resource) => {
    return { group: "admissionregistration.k8s.io", resource, verb: "list" };
  });
  const more = [{ group: "", resource: "namespaces", verb: "get" }, ...admission];
  const { rules } = await objectOf("schedule check", "ClusterRole");
  const texts = (some: readonly object[]) => some.map((rule) => JSON.stringify(rule)).sort();

  expect(rights.length).toBeGreaterThan(5);
  expect(texts(rules)).toEqual(texts(rulesOf([...rights, ...more])));
  expect(JSON.stringify(rules)).not.toMatch(/"(?:create|patch|update|delete)"/);
});

test.for([
  { when: "the file names all namespaces", file: namedTeams, roles: ["ClusterRole", "Role platform", "Role team-a", "Role team-b"] },
  { when: "the file selects namespaces", file: selectedTeams, roles: ["ClusterRole"] },
])("binds each role when $when", async ({ file, roles }) => {
  const objects = await objectsOf("schedule -f -", file);
  const of = (kind: string) => objects.filter((object) => object.kind === kind);
  const found = [...of("ClusterRole"), ...of("Role")].map(({ kind, metadata }) => [kind, metadata.namespace ?? []].flat().join(" "));
  const bindings = [...of("ClusterRoleBinding"), ...of("RoleBinding")];

  expect(found).toEqual(roles);
  expect(bindings.map(({ roleRef, metadata }) => [roleRef.kind, metadata.namespace ?? []].flat().join(" "))).toEqual(roles);
  for (const { roleRef, subjects } of bindings) {
    expect(roleRef.name).toBe(teams);
    expect(subjects).toEqual([{ kind: "ServiceAccount", name: teams, namespace: "platform" }]);
  }
});

test.for([
  { line: "schedule -f -", args: "apply -f /etc/acr-secret/teams.yaml --skip-blocked --quiet", at: "*/5 * * * *", deadline: 900 },
  { line: "schedule -f - --at 4:30", args: "apply -f /etc/acr-secret/teams.yaml --skip-blocked --quiet", at: "30 4 * * *", deadline: 900 },
  { line: "schedule check", args: "check -A --failed", at: "0 * * * *", deadline: 14_400 },
  {
    line: "schedule check --nodes-can-pull myregistry,other",
    args: "check -A --failed --nodes-can-pull myregistry,other",
    at: "0 * * * *",
    deadline: 14_400,
  },
])("runs $args for $line", async ({ line, args, at, deadline }) => {
  const { spec } = await objectOf(line, "CronJob");
  const job = spec.jobTemplate.spec;

  expect({ args: job.template.spec.containers[0].args.join(" "), at: spec.schedule, deadline: job.activeDeadlineSeconds }).toEqual({
    args,
    at,
    deadline,
  });
});

test("starts a Job after a pause of the cluster, and keeps the failures of ten minutes, when it runs every minute", async () => {
  const { stdout } = await run(["schedule", "check", "--at", "* * * * *", "--image", image, "-o", "json"]);
  const { spec } = JSON.parse(stdout).items.find(({ kind }: { kind: string }) => kind === "CronJob");

  expect(spec).toMatchObject({ schedule: "* * * * *", concurrencyPolicy: "Forbid" });
  // The CronJob controller gives up at 100 missed times
  expect(spec.startingDeadlineSeconds / 60).toBeLessThan(100);
  expect(spec.failedJobsHistoryLimit).toBeGreaterThanOrEqual(10);
});

test.for([
  { when: "they have different names", names: ["teams.yaml", "more teams.yaml"], keys: ["teams.yaml", "more-teams.yaml"] },
  { when: "they have the same name", names: ["x:y.yaml", "x y.yaml"], keys: ["1-x-y.yaml", "2-x-y.yaml"] },
])("applies all files in one ConfigMap when $when", async ({ names, keys }) => {
  const folder = mkdtempSync(join(tmpdir(), "acr-secret-schedule-"));
  const texts = ["teams", "more"].map((name) => namedTeams.replaceAll("teams", name).replace("acr-blue", `acr-${name}`));
  const files = names.map((name, at) => {
    writeFileSync(join(folder, name), texts[at] ?? "");
    return join(folder, name);
  });

  const { stdout } = await run(["schedule", ...files.flatMap((file) => ["-f", file]), "--name", "teams", "--image", image, "-o", "json"]);
  const { items } = JSON.parse(stdout);
  const of = (kind: string) => items.find((object: { kind: string }) => object.kind === kind);
  const { containers, volumes } = of("CronJob").spec.jobTemplate.spec.template.spec;

  expect(of("ConfigMap")).toMatchObject({ metadata: { name: teams, namespace: "platform" } });
  expect(of("ConfigMap").data).toEqual(Object.fromEntries(keys.map((key, at) => [key, texts[at]])));
  expect(volumes).toEqual([{ name: "files", configMap: { name: teams } }]);
  expect(containers[0].volumeMounts).toEqual([{ name: "files", mountPath: "/etc/acr-secret", readOnly: true }]);
  expect(containers[0].args.join(" ")).toBe(`apply ${keys.map((key) => `-f /etc/acr-secret/${key}`).join(" ")} --skip-blocked --quiet`);
});

test.for([
  { line: "schedule -f -", sign: { envFrom: [{ secretRef: { name: "azure" } }] } },
  { line: "schedule -f - --azure-secret sp", sign: { envFrom: [{ secretRef: { name: "sp" } }] } },
  { line: "schedule check", sign: {} },
  { line: `schedule -f - --client-id ${client}`, sign: { annotation: client, label: "true" } },
])("signs in to Azure as $line says", async ({ line, sign }) => {
  const [account, job] = await Promise.all([objectOf(line, "ServiceAccount"), objectOf(line, "CronJob")]);
  const { metadata, spec } = job.spec.jobTemplate.spec.template;

  expect({
    envFrom: spec.containers[0].envFrom,
    annotation: account.metadata.annotations?.["azure.workload.identity/client-id"],
    label: metadata.labels["azure.workload.identity/use"],
  }).toEqual(sign);
});

const cluster = ["ClusterRole", "ClusterRoleBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];

test.for([
  { line: "schedule -f -", namespace: "platform", name: "teams", verb: "apply", kinds: [] },
  { line: "schedule -f - --name blue", namespace: "platform", name: "blue", verb: "apply", kinds: [] },
  {
    line: "schedule check --network-policy",
    namespace: "acr-secret",
    name: "acr-secret-check",
    verb: "check",
    kinds: ["Namespace", "NetworkPolicy"],
  },
  { line: "schedule check -n other", namespace: "other", name: "acr-secret-check", verb: "check", kinds: [] },
] as const)("names the objects of $line", async ({ line, namespace, name, verb, kinds }) => {
  const objects = await objectsOf(line);

  expect(objects.map(({ kind }) => kind).filter((kind) => ["Namespace", "NetworkPolicy"].includes(kind))).toEqual(kinds);
  for (const { kind, metadata } of objects.filter((object) => object.kind !== "Namespace")) {
    expect(metadata.name, kind).toBe(scheduleName(namespace, name, verb));
    expect(metadata.namespace === undefined, kind).toBe(cluster.includes(kind));
    expect(metadata.labels, kind).toMatchObject({ "acr-secret/schedule": metadata.name });
  }
});

test.for([
  { line: "schedule -f -", file: namedTeams, deletes: 0 },
  { line: "schedule -f -", file: namedTeams.replaceAll("platform", "acr-secret"), deletes: 0 },
  { line: "schedule check", file: namedTeams, deletes: 1 },
])("says which schedule $line replaces, and deletes no home of a file", async ({ line, file, deletes }) => {
  const { stdout } = await type(`${line} --image ${image}`, {}, { stdin: file });
  const [, home = ""] = deletes === 0 ? (/^namespace: (.*)$/m.exec(file) ?? []) : ["", "acr-secret"];
  const name = deletes === 0 ? scheduleName(home, "teams") : scheduleName(home, "acr-secret-check", "check");

  expect(stdout).toContain(`# This replaces the schedule ${name} in namespace ${home}, if it exists. `);
  expect(stdout.match(/^# kubectl delete namespace /gm) ?? []).toHaveLength(deletes);
});

test("deletes no namespace with the command of the page when schedule check printed the objects", async () => {
  const { stdout } = await type(`schedule check --image ${image}`, {}, {});
  const [, grep = ""] = /^\$ (grep .*) schedule\.yaml \| cut -c 3- \| sh$/m.exec(readFileSync("docs/schedule.md", "utf8")) ?? [];
  const found = execFileSync("sh", ["-c", grep], { encoding: "utf8", input: stdout }).split("\n").filter(Boolean);

  expect(found).toEqual([
    expect.stringMatching(/^# kubectl delete cronjob,\S+ -A --field-selector metadata\.name=acr-secret-check-\w{8}$/),
  ]);
});

test("passes its policy to each run, and labels what is applied before the rights", async () => {
  const line = `schedule -f - --image ${image} -o json`;
  const { items } = JSON.parse((await type(line, {}, { stdin: namedTeams })).stdout);
  const objects: ReturnType<typeof JSON.parse>[] = items;
  const labeled = objects.filter(({ metadata }) => metadata.labels?.["acr-secret/part"] === "policy").map(({ kind }) => kind);
  const envOf = (job: ReturnType<typeof JSON.parse>) => job.spec.jobTemplate.spec.template.spec.containers[0].env.slice(1);

  expect(labeled).toEqual(["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]);
  expect(envOf(await objectOf("schedule -f -", "CronJob"))).toEqual([{ name: "ACR_SECRET_POLICY", value: teams }]);
  expect(envOf(await objectOf("schedule check", "CronJob"))).toEqual([]);
});

test("limits the Secrets of its ServiceAccount before it has rights", async () => {
  const kinds = (await objectsOf("schedule -f -")).map(({ kind }) => kind);
  const binding = await objectOf("schedule -f -", "ValidatingAdmissionPolicyBinding");

  expect(binding.spec).toEqual({ policyName: teams, validationActions: ["Deny"] });
  expect(kinds.indexOf("ValidatingAdmissionPolicyBinding")).toBeLessThan(kinds.indexOf("ClusterRole"));
});

test("replaces no object of a schedule for another file, another home, another name or another verb", async () => {
  const files = [namedTeams, namedTeams.replaceAll("platform", "other"), namedTeams.replace("name: teams", "name: blue")];
  const printed = files.map((file) => objectsOf("schedule -f -", file));
  const named = files.slice(0, 2).map((file) => objectsOf("schedule -f - --name x", file));
  const checks = objectsOf("schedule check -n platform --name teams");
  const objects = (await Promise.all([...printed, ...named, checks])).flat();
  const ids = objects.flatMap(({ kind, metadata: { namespace, name } }) => (kind === "Namespace" ? [] : [`${kind} ${namespace}/${name}`]));

  expect(new Set(ids).size).toBe(ids.length);
});

test.for([
  { line: "schedule", message: /^error: argument required: -f FILE or check$/m },
  { line: "schedule rotate", message: /^error: invalid argument "rotate": must be check$/m },
  { line: "schedule check -f - -o yaml", message: /^error: --filename cannot be used with schedule check$/m },
  { line: `schedule check --client-id ${client} -o yaml`, message: /^error: --client-id cannot be used with schedule check/m },
  { line: "schedule -f - --at noon -o yaml", message: /^error: invalid --at "noon": / },
  { line: "schedule -f - -o yaml", message: /^error: required flag\(s\) "image" not set$/m },
  { line: `schedule -f - -n other --image ${image}`, message: /^error: --namespace requires schedule check: / },
  {
    line: `schedule -f - --image ${image}`,
    stdin: [namedTeams, namedTeams.replace("namespace: platform", "namespace: other").replace("acr-blue", "acr")].join("---\n"),
    message: /^error: the files have different homes: "?platform"?, "?other"?$/m,
  },
  { line: "schedule -f - --nodes-can-pull myregistry", message: /^error: --nodes-can-pull requires schedule check$/m },
  { line: "schedule check -o yaml", message: /^error: required flag\(s\) "image" not set$/m },
  { line: "schedule check --image Bad -o yaml", message: /^error: couldn't parse image name "Bad": / },
  { line: `schedule check --name ${"x".repeat(44)} -o yaml`, message: /^error: invalid --name "x/ },
  { line: "schedule -f - --azure-secret a;b -o yaml", message: /^error: invalid --azure-secret "a;b": / },
  { line: "schedule check -n a;b -o yaml", message: /^error: invalid --namespace "a;b": / },
  { line: "schedule -f - --client-id me -o yaml", message: /^error: invalid --client-id "me": / },
  { line: `schedule -f - --image ${image} -o yaml`, stdin: namedTeams.replace("registry:", "registri:"), message: /:3:1: .*registr/ },
])("rejects $line", async ({ line, stdin = namedTeams, message }) => {
  const { code, stdout, stderr } = await type(line, {}, { stdin });

  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: expect.stringMatching(message) });
});

test("rejects schedule -f - of several files without --name", async () => {
  const files = [namedTeams, namedTeams.replace("name: teams", "name: amber").replace("acr-blue", "acr-amber")].join("---\n");
  const [unnamed, named] = await Promise.all(
    ["", " --name teams"].map((name) => type(`schedule -f - --image ${image}${name}`, {}, { stdin: files })),
  );

  expect(unnamed).toMatchObject({ code: 1, stdout: "" });
  expect(unnamed?.stderr).toMatch(/^error: .* "name" not set, .*\n.*\n {2}kubectl acr-secret schedule -f=- --image \S+ --name NAME$/m);
  expect(named).toMatchObject({ code: 0 });
});

test.for([
  { at: "03:00", keys: "expiresIn: 36h" },
  { at: "03:00", keys: "expiresIn: 3d" },
  { at: "0 3 * * 1", keys: "expiresIn: 14d" },
  { at: "0 0 30 2 *", keys: "expiresIn: 14d" },
])("rejects --at $at when the file has $keys", async ({ at, keys }) => {
  const stdin = namedTeams.replace("pullSecrets:", `${keys}\npullSecrets:`);
  const { code, stdout, stderr } = await run(["schedule", "-f", "-", "--image", image, "--at", at], { stdin });

  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^error: the schedule "[^"]+" (has a pause of \S+|never runs), in which passwords can expire: stdin:6\nhint: /);
});

test.for([
  { at: "03:00", keys: "expiresIn: 4d" },
  { at: "0 3 * * 1", keys: "expiresIn: 14d\nrotate: {olderThan: 5d, grace: 1d}" },
  { at: "0 0 1 1 *", keys: "expiresIn: never" },
])("accepts --at $at when the file has $keys", async ({ at, keys }) => {
  const stdin = namedTeams.replace("pullSecrets:", `${keys}\npullSecrets:`);

  expect(await run(["schedule", "-f", "-", "--image", image, "--at", at], { stdin })).toMatchObject({ code: 0, stderr: "" });
});

const roleIn = (page: string) =>
  /^az role definition create [\s\S]*?"Name": "ACR pull tokens"[\s\S]*?^```$/m.exec(readFileSync(page, "utf8"))?.[0];

/** Returns the Azure commands of a schedule whose credential is in a Secret: for the role, and for the service principal. */
const commands = () => {
  const nothing = { cron: "", image: "", args: [], rights: [], files: undefined, clientId: undefined, networkPolicy: false };
  return azureCommands({ ...nothing, name: "teams", namespace: "acr-secret", secret: "azure", registries: ["myregistry"] }, formatCommand);
};

test("has the same role for ACR tokens in the pages and in the printed commands", () => {
  const actions = (text = "") => text.match(/Microsoft\.ContainerRegistry\/[\w/]+/g);

  expect(roleIn("docs/rbac.md")).toContain("tokens/write");
  expect(actions(commands()[0])).toEqual(actions(roleIn("docs/rbac.md")));
});

/**
 * Runs printed commands in a shell in which az and kubectl only print their words.
 * @param fails the words with which a call of az or kubectl begins that fails and prints nothing
 * @returns the calls
 */
function callsOf(script: string, fails = "nothing"): string[] {
  const tool = `call() { echo "$*" >&2; case "$*" in "${fails}"*) return 1;; *"acr show"*) echo "/id/of/$5";; *AZURE_CLIENT_ID}) echo aWQ=;; *) echo "output of $2 $3";; esac; }`;
  const { stderr } = spawnSync("sh", ["-c", `${tool}; az() { call az "$@"; }; kubectl() { call kubectl "$@"; }; ${script}`], {
    encoding: "utf8",
  });
  return stderr.trim().split("\n");
}

/** The commands in the comments of a schedule that make a credential in Azure. */
async function printedFor(flags: string, file: string): Promise<string> {
  const { stdout } = await type(`schedule -f - --image ${image} ${flags} -o yaml`.replace("  ", " "), {}, { stdin: file });
  const isOne = (line: string) => /az (ad sp|role assignment|identity)|kubectl annotate/.test(line);
  return stdout
    .split("\n")
    .flatMap((line) => (line.startsWith("# ") && isOne(line) ? line.slice(2) : []))
    .join("\n");
}

test.for([
  { what: "assigns no role", when: "the registry is not in the subscription of az", flags: "", fails: "az acr show" },
  { what: "assigns no role", when: "the registry is not in the subscription of az", flags: `--client-id ${client}`, fails: "az acr show" },
  {
    what: "assigns no role",
    when: "no registry of az has the login server",
    flags: "",
    fails: "az acr list",
    registry: "webreg-ab12.azurecr.io",
  },
  { what: "writes no Secret", when: "az makes no service principal", flags: "", fails: "az ad sp create-for-rbac" },
  { what: "notes no expiry", when: "az lists no password", flags: "", fails: "az ad app credential list" },
  { what: "creates no federated credential", when: "the cluster has no uid", flags: `--client-id ${client}`, fails: "kubectl get" },
])("$what when $when", async ({ what, flags, fails, registry = "myregistry" }) => {
  const calls = callsOf(await printedFor(flags, namedTeams.replace("myregistry", registry)), fails);
  const changes = {
    "assigns no role": /^az (role assignment|ad sp) create/,
    "writes no Secret": /^kubectl create /,
    "notes no expiry": /^kubectl annotate /,
    "creates no federated credential": /^az identity federated-credential create/,
  }[what];

  expect(calls.filter((one) => one.startsWith(fails))).not.toEqual([]);
  expect(calls.filter((one) => changes?.test(one))).toEqual([]);
});

test("names an application that no other user can have registered", () => {
  const names = [1, 2].map(
    () => /--name (\S+)/.exec(callsOf(commands()[1] ?? "").find((one) => one.includes("create-for-rbac")) ?? "")?.[1],
  );

  expect(names).toEqual(Array(2).fill(expect.stringMatching(/^teams-[0-9a-f]{16}$/)));
  expect(names[0]).not.toBe(names[1]);
});

test("names a federated credential that no other cluster's schedule replaces", async () => {
  const calls = callsOf(await printedFor(`--client-id ${client} --context prod`, namedTeams));

  expect(calls).toContain("kubectl get --context=prod namespace kube-system -o jsonpath={.metadata.uid}");
  expect(calls.at(-1)).toMatch(/^az identity federated-credential create --name teams-[0-9a-f]{8}-output of get .* --identity-name /);
});

test("sets when the password of the service principal expires, and says that it must be renewed", async () => {
  const printed = await Promise.all(
    ["-f -", `-f - --client-id ${client}`].map((line) => type(`schedule ${line} --image ${image}`, {}, { stdin: namedTeams })),
  );
  const found = printed.map(({ stdout }) =>
    [
      /^# .*az ad sp create-for-rbac .* --years 1 /m,
      /^# .*endDateTime.* && kubectl annotate .* cronjob teams-\S+ .*="\$end"/m,
      /^# Renew the password .* every year/m,
    ].map((one) => one.test(stdout)),
  );

  expect(found).toEqual([
    [true, true, true],
    [false, false, false],
  ]);
});

const id = "/subscriptions/01234567-89ab-cdef-0123-456789abcdef/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/other";
const ofName = (name: string) => `/id/of/${name}`;

test.for([
  { when: "a Secret has the password", flags: "", file: selectedTeams, scopes: [ofName("myregistry"), ofName("other")] },
  { when: "an id names a registry", flags: "", file: selectedTeams.replace("other.azurecr.io", id), scopes: [ofName("myregistry"), id] },
  {
    when: "the identity is a workload",
    flags: `--client-id ${client}`,
    file: selectedTeams,
    scopes: [ofName("myregistry"), ofName("other")],
  },
  {
    when: "no entry names the registry of the file",
    flags: "",
    file: selectedTeams.replace("  namespace: platform", "  namespace: platform\n  registry: third"),
    scopes: [ofName("myregistry"), ofName("third"), ofName("other")],
  },
])("assigns the role for ACR tokens on each registry when $when", async ({ flags, file, scopes }) => {
  const calls = callsOf(await printedFor(flags, file)).filter((line) => /^az (ad sp|role assignment) create/.test(line));

  expect(calls.flatMap((line) => line.match(/(\/id\/of|\/subscriptions)\/\S+/g) ?? [])).toEqual(scopes);
});

test.for([
  { of: "the current subscription", file: selectedTeams, scopes: ["/subscriptions/current"] },
  {
    of: "the current and another subscription",
    file: selectedTeams.replace("other.azurecr.io", id),
    scopes: ["/subscriptions/current", "/subscriptions/01234567-89ab-cdef-0123-456789abcdef"],
  },
])("makes the role for ACR tokens assignable on registries of $of", async ({ file, scopes }) => {
  const { stdout } = await type(`schedule -f - --image ${image} -o yaml`, {}, { stdin: file });
  const [, definition = ""] = /^# az role definition create --role-definition (.*)$/m.exec(stdout) ?? [];
  const printed = execFileSync("sh", ["-c", `az() { echo current; }; printf %s ${definition}`], { encoding: "utf8" });

  expect(JSON.parse(printed).AssignableScopes).toEqual(scopes);
});

test.for([
  {
    when: "an entry has a service principal",
    file: selectedTeams.replace("restart:", "credential: service-principal\n  restart:"),
    notes: 1,
  },
  { when: "no entry has a service principal", file: selectedTeams, notes: 0 },
])("names the permissions for service principals when $when", async ({ file, notes }) => {
  const { stdout } = await type(`schedule -f - --image ${image} -o yaml`, {}, { stdin: file });

  expect(stdout.match(/^# .*rbac\.md#azure-role-for-service-principals$/gm) ?? []).toHaveLength(notes);
});

test("prints only commands of a shell after the first paragraph of comments", async () => {
  const { stdout } = await type(`schedule -f - --image ${image} -o yaml`, {}, { stdin: selectedTeams });
  const [, ...rest] = stdout
    .split("\n")
    .filter((line) => line.startsWith("#"))
    .join("\n")
    .split("\n#\n");

  expect(rest.length).toBeGreaterThan(1);
  expect(
    rest
      .join("\n")
      .split("\n")
      .filter((line) => !/^# ((\w+=\$\(.*\) && )*(az |kubectl (annotate|apply|delete) |printf .* \| kubectl create ))|^#$|:$/.test(line)),
  ).toEqual([]);
});

test.for(["-f -", `-f - --client-id ${client}`, "check"])(
  "names the cluster of the command line in each kubectl of the comments of schedule %s",
  async (words) => {
    const { stdout } = await type(`schedule ${words} --image ${image} --context prod`, {}, { stdin: namedTeams });
    const commands =
      stdout.match(/^#.*$/gm)?.flatMap((line) => line.match(/kubectl (annotate|apply|create|delete|get) [^|&]*/g) ?? []) ?? [];

    expect(commands.length).toBeGreaterThan(1);
    expect(commands.filter((command) => !command.includes(" --context=prod "))).toEqual([]);
  },
);
