import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import type { Right } from "../../../src/kube/port.ts";
import { scheduleName } from "../../../src/schedule/objects.ts";
import { policyVariable } from "../../../src/schedule/policy.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { rightsIn } from "../../support/rights.ts";
import { drawn } from "../../support/sampled.ts";
import { applySchedule, refusalOf, removeOuter, type ScheduleAccount } from "../../support/schedule-account.ts";
import { image, namedTeams, objectOf, selectedTeams } from "../../support/scheduled.ts";

// The objects of each schedule in a namespace of its own, on a real API server.
const shell = await openShell();
afterAll(() => shell.stop());

const check = `schedule check --network-policy --image ${image}`;
const files = `schedule -f - --image ${image}`;

const kinds =
  "cronjobs,jobs,pods,configmaps,serviceaccounts,networkpolicies,roles,rolebindings,clusterroles,clusterrolebindings," +
  "validatingadmissionpolicies,validatingadmissionpolicybindings";

/** Creates the namespaces of a file, and returns the file with their names. */
async function withNamespaces(file: string): Promise<{ file: string; platform: string; a: string; b: string }> {
  const [platform, a, b] = await Promise.all([newNamespace(), newNamespace(), newNamespace()]);
  await kubectl(["label", "namespace", a, b, `team=${platform}`, `tier=${platform}`]);
  const text = file.replaceAll("platform", platform).replaceAll("team-a", a).replaceAll("team-b", b).replaceAll("=sky", `=${platform}`);
  return { file: text, platform, a, b };
}

test.for([
  { line: check, flag: (namespace: string) => ` -n ${namespace}`, name: "acr-secret-check", verb: "check" },
  { line: files, flag: () => "", name: "teams", verb: "apply" },
] as const)(
  "prints objects for $line whose pods admission accepts as restricted",
  { timeout: 120_000 },
  async ({ line, flag, name, verb }) => {
    const { file, platform: namespace } = await withNamespaces(namedTeams);
    const words = `${line}${flag(namespace)}`;
    expect(await shell.type(`kubectl acr-secret ${words} -o yaml | kubectl apply -f -`, { stdin: file })).toMatchObject({ code: 0 });
    await kubectl(["label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted"]);
    const { template } = (await objectOf(words, "CronJob", file)).spec.jobTemplate.spec;

    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "pod", namespace }, spec: template.spec };

    expect(await kubectl(["create", "--dry-run=server", "-o", "name", "-f", "-"], JSON.stringify(pod))).toBe("pod/pod\n");
    const cronJob = scheduleName(namespace, name, verb);
    expect(await kubectl(["create", "job", "now", `--from=cronjob/${cronJob}`, "-n", namespace, "-o", "name"])).toBe("job.batch/now\n");
    const runs = ["get", "cronjobs,jobs", "-l", "acr-secret/schedule", "-n", namespace, "-o", "name"];
    // The CronJob may start a job of its own
    const started = `job.batch/${cronJob}-`;
    const names = (await kubectl(runs)).split("\n").filter((one) => one !== "" && !one.startsWith(started));
    expect(names).toEqual([`cronjob.batch/${cronJob}`, "job.batch/now"]);
  },
);

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
  test("reads and lists no other Secret", { timeout: 120_000 }, async () => {
    const { file, platform, a } = await withNamespaces(text);
    const account = await applySchedule(shell, file, platform, a);

    for (const namespace of [platform, a]) expect(await may(account, anySecret("get", namespace, "acr-blue"))).toBe(true);
    for (const namespace of ["", platform, a, "kube-system"]) {
      const others = ["get", "list", "watch"].map((verb) => anySecret(verb, namespace));
      const rights = [...others, anySecret("get", namespace, "azure"), anySecret("update", namespace), anySecret("delete", namespace)];
      expect((await Promise.all(rights.map((right) => may(account, right)))).includes(true), namespace).toBe(false);
    }
  });

  test("writes no Secret of another type", { timeout: 120_000 }, async () => {
    const { file, platform, a } = await withNamespaces(text);
    const { kubeconfig } = await applySchedule(shell, file, platform, a);
    await create([secretOf(a, "acr-blue", accountToken)]);
    const typed = /ValidatingAdmissionPolicy.*must have the type/;

    expect(await refusalOf(secretOf(a, "acr-blue", accountToken), kubeconfig)).toMatch(typed);
    await expect(kubectl(patch("secret", "acr-blue", a), "", kubeconfig)).rejects.toThrow(typed);
    await expect(kubectl(["delete", "secret", "acr-blue", "-n", a], "", kubeconfig)).rejects.toThrow(typed);
  });
});

const patch = (kind: string, name: string, namespace: string) => {
  return ["patch", kind, name, "-n", namespace, "--dry-run=server", "-p", '{"metadata":{"labels":{"a":"b"}}}'];
};

/** The namespaces of a file, one that a pattern matches, two of the control plane, and another. */
type Places = Readonly<Record<"platform" | "teamA" | "matching" | "kubeNamed" | "kubeOther" | "other", string>>;

async function newPlaces(): Promise<Places> {
  const [platform = "", teamA = "", other = "", ...rest] = await Promise.all([1, 2, 3, 4, 5, 6].map(() => newNamespace()));
  const [matching, kubeNamed, kubeOther] = [`team-${rest[0]}`, `kube-${rest[1]}`, `kube-${rest[2]}`];
  const names = [matching, kubeNamed, kubeOther];
  onTestFinished(async () => void (await kubectl(["delete", "namespace", ...names, "--wait=false"])));
  await create(names.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })));
  return { platform, teamA, matching, kubeNamed, kubeOther, other };
}

const secretWrites = (places: readonly string[], name: string) =>
  places.flatMap((place) => ["create", "patch", "delete"].map((verb) => `${verb} secret ${name} in ${place}`));

test.for<{ which: string; copyTo(places: Places): string; to: readonly (keyof Places)[] }>([
  { which: "names namespaces", copyTo: ({ teamA }) => `[${teamA}]`, to: ["platform", "teamA"] },
  {
    which: "also names one of the control plane next to a pattern",
    copyTo: ({ teamA, kubeNamed }) => `[${teamA}, team-*, ${kubeNamed}]`,
    to: ["platform", "teamA", "matching", "kubeNamed", "other"],
  },
])(
  "writes as its ServiceAccount what a file names, and nothing else, when the file $which",
  { timeout: 180_000 },
  async ({ copyTo, to }) => {
    const places = await newPlaces();
    const file = `name: teams
namespace: ${places.platform}
registry: myregistry
pullSecrets:
- {name: acr-blue, copyTo: {names: ${copyTo(places)}}, repositories: [app/*], serviceAccounts: [ci]}
- {name: acr-own, repositories: [app/*], serviceAccounts: [ci]}
`;
    const all = Object.entries(places) as [keyof Places, string][];
    const names = ["acr-blue", "acr-own", "acr-none"];
    const account = (namespace: string, name: string) => ({ apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name } });
    await create(
      all.flatMap(([, place]) => [...names.map((name) => secretOf(place, name, docker)), account(place, "ci"), account(place, "no")]),
    );
    const { kubeconfig } = await applySchedule(shell, file, places.platform, places.platform);

    const isDenied = (args: readonly string[], object?: object) =>
      kubectl([...args], object && JSON.stringify(object), kubeconfig).then(
        () => false,
        (error: Error) => {
          if (/\(Forbidden\)| is forbidden: /.test(error.message)) return true;
          // An object of the name exists, and no such pod
          if (/\((AlreadyExists|NotFound)\)/.test(error.message)) return false;
          throw error;
        },
      );
    const creating = ["create", "--dry-run=server", "-f", "-"];
    const evicting = (place: string) => ["create", "--raw", `/api/v1/namespaces/${place}/pods/web/eviction?dryRun=All`, "-f", "-"];
    const eviction = (namespace: string) => ({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "web", namespace } });
    const asked = all.flatMap(([short, place]) => [
      ...names.flatMap((name) => [
        { write: `create secret ${name} in ${short}`, denied: () => isDenied(creating, secretOf(place, name, docker)) },
        { write: `patch secret ${name} in ${short}`, denied: () => isDenied(patch("secret", name, place)) },
        { write: `delete secret ${name} in ${short}`, denied: () => isDenied(["delete", "secret", name, "-n", place, "--dry-run=server"]) },
      ]),
      ...["ci", "no"].map((name) => {
        return { write: `patch serviceaccount ${name} in ${short}`, denied: () => isDenied(patch("serviceaccount", name, place)) };
      }),
      { write: `evict in ${short}`, denied: () => isDenied(evicting(place), eviction(place)) },
    ]);
    const allowed: string[] = [];
    for (const { write, denied } of asked) if (!(await denied())) allowed.push(write);

    const expected = [
      ...secretWrites(to, "acr-blue"),
      ...secretWrites(["platform"], "acr-own"),
      ...to.flatMap((place) => [`patch serviceaccount ci in ${place}`, `evict in ${place}`]),
    ];
    expect(allowed.sort()).toEqual(expected.sort());
  },
);

test("grants nothing when the API server lacks the kinds of the policy", { timeout: 120_000 }, async () => {
  const { file: stdin, platform: namespace } = await withNamespaces(namedTeams);
  const path = join(shell.folder, "schedule.yaml");
  const printed = await shell.type(`kubectl acr-secret ${files}`, { stdin });
  const [, apply = ""] = /^# (kubectl apply .*)$/m.exec(printed.stdout) ?? [];
  await writeFile(path, printed.stdout.replace(/^kind: Validating/gm, "kind: Unknown"));

  const { code, stderr } = await shell.type(apply, { cwd: shell.folder });
  const left = await kubectl(["get", kinds, "-A", "-l", `acr-secret/schedule=${scheduleName(namespace, "teams")}`, "-o", "name"]);

  expect({ code, stderr, left }).toEqual({ code: 1, stderr: expect.stringContaining("no matches for kind"), left: "" });
});

test("ends a run of apply before it writes when a policy does not limit it to the file", { timeout: 120_000 }, async () => {
  const { file, platform, a } = await withNamespaces(namedTeams);
  const { name, kubeconfig } = await applySchedule(shell, file, platform, a);
  const apply = (stdin: string, config = kubeconfig) =>
    shell.type("kubectl acr-secret apply -f -", { stdin, env: { KUBECONFIG: config, [policyVariable]: name } });
  const refused = { code: 1, stdout: "", stderr: expect.stringContaining("does not limit") };
  const change = (kind: string, spec: object) => kubectl(["patch", kind, name, "--type=merge", "-p", JSON.stringify({ spec })]);
  const secrets = () => kubectl(["get", "secrets", "-n", platform, "-o", "name"]);

  expect(await apply(file.replace("acr-blue", "acr-red"))).toMatchObject(refused);
  expect(await apply(file, inject("kubeconfig"))).toMatchObject(refused);
  await change("validatingadmissionpolicy", { failurePolicy: "Ignore" });
  expect(await apply(file)).toMatchObject(refused);
  await change("validatingadmissionpolicy", { failurePolicy: "Fail" });
  await change("validatingadmissionpolicybinding", { validationActions: ["Audit"] });
  expect(await apply(file)).toMatchObject(refused);
  await kubectl(["delete", "validatingadmissionpolicybinding", name]);
  expect(await apply(file)).toMatchObject(refused);
  expect(await secrets()).toBe("");

  await create([
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: { policyName: name, validationActions: ["Deny"] },
    },
  ]);
  expect(await apply(file)).toMatchObject({ code: 0 });
  expect(await secrets()).toBe("secret/acr-blue\n");
});

/** Creates a Deployment whose pod waits for its image. */
async function createPending(namespace: string): Promise<void> {
  const labels = { app: "web" };
  const pod = { containers: [{ name: "web", image: "myregistry.azurecr.io/app/web:1" }] };
  const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } };
  await create([{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace }, spec }]);
  await kubectl(["wait", "--for=jsonpath={.status.replicas}=1", "deployment/web", "-n", namespace]);
}

type Pod = { readonly metadata: { readonly name: string }; readonly spec: { readonly imagePullSecrets?: readonly object[] } };

/** Replaces pods until one lacks the Secret, as its ServiceAccount does. @returns its name */
async function pendingPod(namespace: string): Promise<string> {
  const lacking = async () => {
    const { items } = await getJson<{ items: Pod[] }>("pods", "-n", namespace);
    const found = items.find(({ spec }) => spec.imagePullSecrets === undefined)?.metadata.name;
    if (found === undefined) await kubectl(["delete", "pod", "--all", "--wait=false", "-n", namespace]);
    return found;
  };
  return await vi.waitUntil(lacking, { timeout: 30_000, interval: 50 });
}

type Rule = { readonly resources: readonly string[]; readonly resourceNames?: readonly string[]; readonly verbs: readonly string[] };
type Role = { readonly metadata: { readonly namespace?: string; resourceVersion?: string }; readonly rules: readonly Rule[] };

/** Returns the roles of a schedule, such that they replace what was changed since. */
async function printedRoles({ name }: ScheduleAccount): Promise<readonly Role[]> {
  const { items } = await getJson<{ items: Role[] }>("roles,clusterroles", "-A", "--field-selector", `metadata.name=${name}`);
  for (const { metadata } of items) delete metadata.resourceVersion;
  return items;
}

/** A right as `VERB RESOURCE [NAME] [in NAMESPACE]`, and the roles without it. */
type Reduction = { readonly right: string; readonly verb: string; readonly resource: string; readonly left: readonly Role[] };

/** Returns the roles without one right, for each of their rights. */
const reductionsOf = (roles: readonly Role[]): readonly Reduction[] =>
  roles.flatMap((role) =>
    role.rules.flatMap((rule) =>
      reductionsOfRule(rule).map(({ words, verb, resource, less }) => {
        const reduced = { ...role, rules: role.rules.flatMap((one) => (one === rule ? less : [one])) };
        const { namespace } = role.metadata;
        const right = [...words, ...(namespace === undefined ? [] : ["in", namespace])].join(" ");
        return { right, verb, resource, left: roles.map((one) => (one === role ? reduced : one)) };
      }),
    ),
  );

const reductionsOfRule = (rule: Rule) =>
  rule.verbs.flatMap((verb) =>
    (rule.resourceNames ?? [""]).map((name) => {
      const [resource = ""] = rule.resources;
      const verbs = rule.verbs.filter((one) => one !== verb);
      const resourceNames = rule.resourceNames?.filter((one) => one !== name) ?? [];
      const [others, same] = [
        { ...rule, verbs },
        { ...rule, verbs: [verb], resourceNames },
      ];
      const less = [...(verbs.length > 0 ? [others] : []), ...(resourceNames.length > 0 ? [same] : [])];
      return { words: [verb, resource, name].filter(Boolean), verb, resource, less };
    }),
  );

/** Returns the rights that a run asked for and lacked. */
const deniedIn = (trace: string): readonly Right[] => rightsIn(trace.replace(/^(?!.* 403 ).*$/gm, ""));

type Situation = "first run" | "new namespace" | "rotation due" | "namespace leaves" | "source deleted";

/** Each printed right, at a situation that fails without it. Those in team-b are the same as in team-a. */
const namedRights: Readonly<Record<Situation, readonly string[]>> = {
  "first run": [
    "get validatingadmissionpolicies teams",
    "get validatingadmissionpolicybindings teams",
    "get namespaces kube-system",
    "get namespaces platform",
    "create secrets in platform",
  ],
  "new namespace": [
    "get namespaces team-a",
    "get secrets acr-blue in platform",
    // The claim
    "patch secrets acr-blue in platform",
    "get secrets acr-blue in team-a",
    "create secrets in team-a",
    "get serviceaccounts default in team-a",
    "patch serviceaccounts default in team-a",
    "list pods in team-a",
    "get pods in team-a",
    "create pods/eviction in team-a",
  ],
  "rotation due": ["patch secrets acr-blue in team-a", "create events in platform"],
  // The role is still there when the ConfigMap has the file without the namespace
  "namespace leaves": ["delete secrets acr-blue in team-a"],
  // A run that can't use a slot removes the Secret that it has begun
  "source deleted": ["delete secrets acr-blue in platform"],
};

const selectedRights: Readonly<Record<Situation, readonly string[]>> = {
  "first run": ["get validatingadmissionpolicies teams", "get validatingadmissionpolicybindings teams", "get namespaces"],
  "new namespace": [
    "list namespaces",
    "create secrets",
    "get secrets acr-blue",
    "get secrets acr",
    "patch secrets acr-blue",
    "get serviceaccounts",
    "list serviceaccounts",
    "patch serviceaccounts",
    "list pods",
    "get pods",
    "create pods/eviction",
  ],
  "rotation due": ["patch secrets acr", "create events"],
  "namespace leaves": ["delete secrets acr-blue", "delete secrets acr"],
  "source deleted": [],
};

/** A right that only saves requests, when many namespaces are selected (test/large). */
const saving = "list secrets acr-blue";

test.for([
  { which: "names all namespaces", text: namedTeams, rights: namedRights, isSelected: false },
  { which: "selects namespaces", text: selectedTeams.replace("other.azurecr.io", "myregistry"), rights: selectedRights, isSelected: true },
])(
  "needs each right of the ServiceAccount, and no other, when the file $which",
  { timeout: 180_000 },
  async ({ text, rights, isSelected }) => {
    const { file, platform, a, b } = await withNamespaces(text);
    await createPending(a);
    const account = await applySchedule(shell, file, platform, a);
    const path = join(shell.folder, "teams.yaml");
    const apply = async (changed = file, kubeconfig = account.kubeconfig, more: Readonly<Record<string, string>> = {}) => {
      await writeFile(path, changed);
      const line = `kubectl acr-secret apply -f ${path} --skip-blocked --quiet -v=6`;
      return await shell.type(line, { env: { KUBECONFIG: kubeconfig, ...more } });
    };
    /** Runs as the CronJob, which requires its policy. */
    const applyScheduled = (changed = file) => apply(changed, account.kubeconfig, { [policyVariable]: account.name });
    const due = file.replace("name: teams", "name: teams\nexpiresIn: 30d");
    const admin = inject("kubeconfig");
    const label = (value: string) => kubectl(["label", "namespace", a, `team${value}`, `tier${value}`, "--overwrite"]);
    const remove = (what: string, namespace: string) => kubectl(["delete", ...what.split(" "), "-n", namespace, "--ignore-not-found"]);
    const has = async (what: string, namespace: string) =>
      (await kubectl(["get", ...what.split(" "), "-n", namespace, "--ignore-not-found", "-o", "name"])) !== "";
    const isMade = async () => (await has("secret acr-blue", platform)) && (await has("secret acr-blue", a));
    /** Removes the sources, and their tokens from Azure. */
    const clear = async () => {
      for (const registry of shell.azure.world.registries) registry.tokens = [];
      await Promise.all([remove("secret acr-blue", platform), remove("secret acr", a), remove("secret acr", b)]);
    };
    /** Starts again without the claims of a failed run, for which the next one would wait. */
    const renew = async () => {
      await clear();
      await apply(file, admin);
    };

    /** Each prepares a situation and runs `apply`. @returns its trace, and whether the run ended as the file says */
    const situations: Readonly<Record<Situation, () => Promise<{ trace: string; isRight: boolean }>>> = {
      "first run": async () => {
        await clear();
        const { stderr, code } = await applyScheduled();
        return { trace: stderr, isRight: code === 0 && (await isMade()) };
      },
      "new namespace": async () => {
        const noReference = ["patch", "serviceaccount", "default", "-n", a, "--type=merge", "-p", '{"imagePullSecrets":[]}'];
        await Promise.all([remove("secret acr-blue", a), kubectl(noReference)]);
        const pod = await pendingPod(a);
        const { stderr, code } = await applyScheduled();
        return { trace: stderr, isRight: code === 0 && (await isMade()) && !(await has(`pod ${pod}`, a)) };
      },
      "rotation due": async () => {
        await renew();
        await remove("events --all", platform);
        const { stderr, code } = await applyScheduled(due);
        return { trace: stderr, isRight: code === 0 && (await has("events", platform)) };
      },
      "namespace leaves": async () => {
        await apply(file, admin);
        if (isSelected) await label("-");
        const { stderr, code } = await apply(isSelected ? file : file.replace(`${a}, `, ""));
        if (isSelected) await label(`=${platform}`);
        const isRight = code === 0 && !(await has("secret acr-blue acr", a));
        await renew();
        return { trace: stderr, isRight };
      },
      "source deleted": async () => {
        await renew();
        await apply(due, admin);
        await remove("secret acr-blue", platform);
        const { stderr, code } = await applyScheduled();
        const isRight = code === 1 && /create .*--force/.test(stderr) && !(await has("secret acr-blue", platform));
        await renew();
        return { trace: stderr, isRight };
      },
    };
    for (const [situation, run] of Object.entries(situations)) {
      const { trace, isRight } = await run();
      expect(isRight, `${situation}: ${trace}`).toBe(true);
      // A rotation looks for images in the namespace of the source, a revocation for other Secrets with the password, and a withdrawal for
      // references that a user has added
      const isOptional = ({ verb, resource }: Right) => verb === "list" && ["pods", "secrets", "serviceaccounts"].includes(resource);
      expect(
        deniedIn(trace).filter((right) => !isOptional(right)),
        `${situation}: ${trace}`,
      ).toEqual([]);
    }

    const reductions = reductionsOf(await printedRoles(account));
    const asInFile = (right: string) =>
      right.replace(account.name, "teams").replace(platform, "platform").replace(a, "team-a").replace(b, "team-a");
    const proofs = new Map(Object.entries(rights).flatMap(([situation, of]) => of.map((right) => [right, situation as Situation])));
    expect(new Set(reductions.map(({ right }) => asInFile(right)))).toEqual(new Set([...proofs.keys(), ...(isSelected ? [saving] : [])]));
    const different = reductions.filter(({ right }) => !right.includes(b) && right !== saving);
    for (const { right, verb, resource, left } of drawn(different, 2)) {
      await kubectl(["replace", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: left }));
      const { trace, isRight } = await situations[proofs.get(asInFile(right)) ?? "first run"]();
      expect({ right, isRight, denied: deniedIn(trace) }).toMatchObject({
        right,
        isRight: false,
        denied: expect.arrayContaining([expect.objectContaining({ verb, resource })]),
      });
    }
  },
);

test("removes every object of all schedules, and no other, with the printed commands", { timeout: 120_000 }, async () => {
  const { file: stdin, platform } = await withNamespaces(namedTeams);
  const lines = [files, check].map((line) => `kubectl acr-secret ${line}`);
  for (const line of lines) expect(await shell.type(`${line} | kubectl apply -f -`, { stdin })).toMatchObject({ code: 0 });
  const names = [scheduleName(platform, "teams"), scheduleName("acr-secret", "acr-secret-check", "check")];
  const left = () => kubectl(["get", kinds, "-A", "-l", `acr-secret/schedule in (${names})`, "-o", "name"]);
  expect((await left()).trim().split("\n")).toHaveLength(3 + 2 * 4 + 2 + 5);

  const printed = await Promise.all(lines.map((line) => shell.type(line, { stdin })));
  const commands = printed.flatMap(({ stdout }) => [...stdout.matchAll(/^# (kubectl delete .*)$/gm)].map(([, command = ""]) => command));
  for (const command of new Set(commands)) expect(await shell.type(command)).toMatchObject({ code: 0 });

  expect(await left()).toBe("");
  expect(await kubectl(["get", "namespace", "acr-secret", "--ignore-not-found", "-o", "name"])).toBe("");
});

test("leaves objects of the same name without a hash unchanged when the schedule is applied and removed", {
  timeout: 120_000,
}, async () => {
  const { file: stdin, platform: namespace } = await withNamespaces(namedTeams);
  const name = scheduleName(namespace, "teams");
  onTestFinished(() => removeOuter(name));
  const labels = { "acr-secret/schedule": name };
  const metadata = { name: "teams", namespace, labels };
  await create(["ConfigMap", "ServiceAccount"].map((kind) => ({ apiVersion: "v1", kind, metadata })));
  const own = async () => {
    const { items } = await getJson<{ items: { metadata: object }[] }>(
      "configmaps,serviceaccounts",
      "-n",
      namespace,
      "--field-selector=metadata.name=teams",
    );
    return items.map(({ metadata }) => metadata);
  };
  const before = await own();
  expect(before).toHaveLength(2);

  const printed = await shell.type(`kubectl acr-secret ${files}`, { stdin });
  expect(await shell.type("kubectl apply -f -", { stdin: printed.stdout })).toMatchObject({ code: 0 });
  expect(await shell.type(/^# (kubectl delete .*)$/m.exec(printed.stdout)?.[1] ?? "")).toMatchObject({ code: 0 });

  expect(await own()).toEqual(before);
  expect(await kubectl(["get", kinds, "-A", "--field-selector", `metadata.name=${name}`, "-o", "name"])).toBe("");
});
