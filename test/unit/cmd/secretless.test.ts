import { beforeEach, expect, test } from "vitest";
import { Busy, CliError, NotYet } from "../../../src/errors.ts";
import type { Pod, Secret } from "../../../src/objects.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { account } from "../../support/fakes/cluster.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type Live, type } from "../../support/in-process.ts";
import { copySecret, sourceSecret } from "../../support/records.ts";

const identityId = "/registries/myregistry/providers/Microsoft.ManagedIdentity/userAssignedIdentities/acr-secretless-myregistry";
const image = "myregistry.azurecr.io/app/web:1";
const issuer = "https://cluster.blob.core.windows.net/one";
const keys = ["kubernetes.azure.com/acr-client-id", "kubernetes.azure.com/acr-tenant-id"] as const;
const workload = "azure.workload.identity/client-id";
const node = { apiVersion: "v1", kind: "Node", metadata: { name: "worker-1" } } as const;

let world: FakeWorld;
beforeEach(prepare);
function prepare() {
  world = fakeWorld();
  addNamespaces(world.cluster, "demo", "kube-system");
  world.cluster.put(account("demo", "web"));
  world.cluster.put(account("demo", "api"));
  world.cluster.put(node);
  pass(11);
  world.cluster.kubelets.issuer = issuer;
  world.cluster.kubelets.metrics = 'kubelet_credential_provider_config_info{hash="sha256:1"} 1\n';
}

const shared = "--identity shared";

const run = (line: string) => type(`secretless ${line} -n demo`, world.ports);
const creating = "create web --registry myregistry";
const checking = `check web --image ${image}`;

/** Everything that secretless creates. */
const seen = () => ({
  annotations: world.cluster.get("serviceaccount", "demo", "web")?.metadata.annotations ?? {},
  roles: world.cluster.all("role.rbac.authorization.k8s.io"),
  bindings: world.cluster.all("rolebinding.rbac.authorization.k8s.io"),
  identities: [...world.azure.identities.all.values()],
  assignments: world.azure.directory.assignments,
});

/** The id and the status of each part. */
async function parts(): Promise<Record<string, string>> {
  const { stdout } = await run(`${checking} -o json`);
  return Object.fromEntries(JSON.parse(stdout).items.map(({ id, status }: Record<string, string>) => [id, status]));
}

test("creates everything that a pull without a pull secret needs, says what pods can pull, and does nothing the second time", async () => {
  expect(await run(creating)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('the role lets pods of serviceaccount "web" pull every repository of myregistry\n'),
    stdout: `identity.managedidentity.azure.com/acr-secretless-myregistry created
roleassignment.management.azure.com/AcrPull-on-myregistry created
federatedcredential.managedidentity.azure.com/demo-web-9dc4d00dde created
role.rbac.authorization.k8s.io/acr-secretless-web created
rolebinding.rbac.authorization.k8s.io/acr-secretless-web created
serviceaccount/web configured
`,
  });
  expect(seen()).toMatchObject({
    annotations: { [keys[0]]: "client-1", [keys[1]]: "11111111-1111-1111-1111-111111111111" },
    identities: [
      { id: identityId, credentials: [{ issuer, subject: "system:serviceaccount:demo:web", audiences: ["api://AzureADTokenExchange"] }] },
    ],
    assignments: [{ principalId: "principal-1", role: "7f951dda-4ed3-4680-a7ca-43fe172d538d" }],
    roles: [{ rules: [{ resourceNames: ["web"], resources: ["api://AzureADTokenExchange"] }] }],
    bindings: [{ subjects: [{ kind: "Group", name: "system:nodes" }], roleRef: { kind: "Role", name: "acr-secretless-web" } }],
  });
  const writes = world.asking.writes.length;
  expect(await run(creating)).toMatchObject({
    stdout: expect.not.stringMatching(/created|configured/),
    stderr: expect.not.stringContaining("every repository"),
  });
  expect(world.asking.writes).toHaveLength(writes);
});

test("warns that pods cannot pull yet when Entra ID cannot reach the issuer", async () => {
  world.cluster.kubelets.issuer = "https://kubernetes.default.svc";

  expect((await run(creating)).stderr).toContain(
    "issuer of ServiceAccount tokens, https://kubernetes.default.svc, so pods cannot pull yet",
  );
});

test("restores the subjects of the binding", async () => {
  await run(creating);
  const [binding] = seen().bindings;
  if (binding) world.cluster.put({ ...binding, subjects: [] });

  expect((await run(creating)).stdout).toMatch(/^rolebinding\S+ configured$/m);

  expect(seen()).toMatchObject({ bindings: [{ subjects: [{ kind: "Group", name: "system:nodes" }] }] });
});

// The API server answers 422 to a change of roleRef
test("names the binding of another role, and the command that deletes it", async () => {
  await run(creating);
  const [binding] = seen().bindings;
  if (binding) world.cluster.put({ ...binding, roleRef: { ...binding.roleRef, name: "other" } });

  const { code, stderr } = await run(creating);

  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `error: rolebinding "acr-secretless-web" binds another role
hint: kubectl delete -n demo rolebinding/acr-secretless-web
`,
  });
  expect(seen().bindings).toMatchObject([{ roleRef: { name: "other" } }]);
});

test("reads the issuer from a token when its document is forbidden", async () => {
  world.asking.around(refusing(is("issuer"), () => new CliError("forbidden", "no")));

  expect(await run(creating)).toMatchObject({ code: 0 });

  expect(seen()).toMatchObject({ identities: [{ credentials: [{ issuer }] }] });
});

test("creates the role for repositories when the registry has ABAC", async () => {
  world.azure.facts.mode = "abac";

  await run(creating);

  expect(seen().assignments).toMatchObject([{ role: "b93aa761-3e63-49ed-ac28-beffa264f7ac" }]);
});

const condition = "@Resource[repositories:name] StringStartsWith 'app/'";

/** Limits the role as another user. */
function limitRole(): void {
  const { assignments } = world.azure.directory;
  assignments.push({ ...(assignments.pop() ?? expect.unreachable("no role")), condition });
}

test.for(["web", "api"])("keeps the condition that another user gave the role, and warns, when it sets up %s", async (name) => {
  world.azure.facts.mode = "abac";
  await run(creating);
  world.cluster.put(account("demo", "web"));
  limitRole();

  const { stdout, stderr, code } = await run(`create ${name} --registry myregistry`);

  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^roleassignment\S+ unchanged$/m) });
  expect(stderr).toContain(
    'Warning: role "Container Registry Repository Reader" on myregistry has a condition, so pods pull only what it allows\n',
  );
  expect(stderr).not.toContain("every repository");
  expect(seen().assignments).toMatchObject([{ condition }]);
});

const unknown = () => new NotYet("notFound", "Azure does not know it");

test.for([
  { call: "putFederatedCredential", when: "this run created the identity", before: async () => {} },
  {
    call: "putFederatedCredential",
    when: "an earlier run created the identity",
    before: async () => {
      const repair = world.asking.around(refusing(is("putFederatedCredential"), () => new CliError("forbidden", "no")));
      await run(creating);
      repair();
    },
  },
  { call: "assignRole", when: "this run created the identity", before: async () => {} },
])("waits four minutes for $call when $when, and says so", async ({ call, before }) => {
  await before();
  let waited = 0;
  const sleep = async (milliseconds: number) => {
    waited += milliseconds;
  };
  const patient = () => type(`secretless ${creating} -n demo`, world.ports, { sleep });
  const repair = world.asking.around(refusing(is(call), unknown));

  expect(await patient()).toMatchObject({ code: 1, stderr: expect.stringMatching(/^waiting up to 4 minutes for Azure: /m) });
  expect(waited).toBe(240_000);
  repair();

  world.asking.around(refusing(is(call), unknown, 20));
  expect(await patient()).toMatchObject({ code: 0 });
});

test("creates nothing when an identity would have more than 20 federated credentials, and prints a command with another one", async () => {
  await run(creating);
  const [identity] = seen().identities;
  for (let at = 0; at < 18; at++) identity?.credentials.push({ name: `other-${at}`, issuer, subject: `${at}`, audiences: [] });
  world.cluster.put(account("demo", "more"));
  const before = seen();
  world.asking.forget();

  for (const flags of ["", " --dry-run=client"]) {
    const { code, stdout, stderr } = await run(`create web api more --registry myregistry${flags}`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("secretless create -n demo api more --registry myregistry --identity acr-secretless-myregistry-2\n");
  }
  expect(seen()).toEqual(before);
  expect(world.asking.writes).toEqual([]);
  expect(await run("create web api --registry myregistry")).toMatchObject({ code: 0 });
});

test.for(["client", "server"])("changes nothing with --dry-run=%s", async (how) => {
  const before = seen();

  expect(await run(`${creating} --dry-run=${how}`)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("serviceaccount/web configured"),
  });

  expect(seen()).toEqual(before);
});

test("shows the annotations and the objects of the cluster with --diff", async () => {
  const { stdout, code } = await run(`${creating} --diff`);

  expect(code).toBe(1);
  expect(stdout).toContain(`+    ${keys[0]}: GENERATED-BY-AZURE`);
  expect(stdout).toContain("+  name: acr-secretless-web");
  expect(stdout).toContain("identity.managedidentity.azure.com/acr-secretless-myregistry created");
});

test("deletes what it created and nothing else", async () => {
  const before = seen();
  await run(creating);

  const { stdout, stderr, code } = await run("delete web --registry myregistry --yes");

  expect(code).toBe(0);
  expect(stdout.split("\n").map((line) => line.split("/")[0])).toEqual([
    "serviceaccount",
    "rolebinding.rbac.authorization.k8s.io",
    "federatedcredential.managedidentity.azure.com",
    "role.rbac.authorization.k8s.io",
    "roleassignment.management.azure.com",
    "identity.managedidentity.azure.com",
    "",
  ]);
  expect(stderr).toContain("60 minutes");
  expect(seen()).toEqual(before);
});

test("keeps the identity when another ServiceAccount uses it", async () => {
  await run("create web api --registry myregistry");

  expect((await run("delete web --registry myregistry --yes")).stdout).toMatch(/^identity\S+ unchanged$/m);

  expect(seen()).toMatchObject({ identities: [{ credentials: [{ subject: "system:serviceaccount:demo:api" }] }], assignments: [{}] });
});

/** Runs a command before the given call, counted from 1. */
function runBefore(call: string, nth: number, line: string): void {
  let left = nth;
  const stop = world.asking.around(async (asked, next) => {
    if (asked.call !== call || --left > 0) return next();
    stop();
    expect(await type(`secretless ${line} --registry myregistry`, world.ports)).toMatchObject({ code: 0 });
    return next();
  });
}

/** Does some work while Azure rejects the first try of a call. */
function whileBusy(call: string, work: () => unknown): void {
  const stop = world.asking.around(async (asked, next) => {
    if (asked.call !== call) return next();
    stop();
    await work();
    throw new Busy("one write at a time", 30_000);
  });
}

const succeeds = async (line: string) => expect(await run(line)).toMatchObject({ code: 0 });
const rolesOfWeb = ["role.rbac.authorization.k8s.io", "rolebinding.rbac.authorization.k8s.io"] as const;
const annotate = (annotations: Readonly<Record<string, string>>) =>
  world.cluster.put({ ...account("demo", "web"), metadata: { name: "web", namespace: "demo", annotations } });

/** Replaces the ServiceAccount by a new one without a role. */
function recreate(): void {
  annotate({});
  removeRole();
}

const again = 'another run has set up the ServiceAccount of role "acr-secretless-web" for myregistry.azurecr.io';
test.for([
  { when: "another run sets it up", before: () => {}, work: () => succeeds(creating), says: again },
  { when: "another run sets up one that was created again", before: recreate, work: () => succeeds(creating), says: again },
  {
    when: "a user annotates one that was created again",
    before: recreate,
    work: () => annotate({ [keys[0]]: "CLIENT-1" }),
    says: "serviceaccount/web has changed since it was read",
  },
  {
    when: "a user annotates one that was created again for Azure Workload Identity",
    before: recreate,
    work: () => annotate({ [workload]: "CLIENT-1" }),
    says: "serviceaccount/web has changed since it was read",
  },
])("keeps the federated credential of a ServiceAccount, and fails, when Azure is busy and $when", async ({ before, work, says }) => {
  await run("create web api --registry myregistry");
  before();
  whileBusy("deleteFederatedCredential", work);

  expect(await run("delete web --registry myregistry --yes")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`error: ${says}\n`),
  });

  expect(seen().identities[0]?.credentials).toMatchObject([
    { subject: "system:serviceaccount:demo:web" },
    { subject: "system:serviceaccount:demo:api" },
  ]);
  expect(Object.values(seen().annotations)[0]).toMatch(/^client-1$/i);
});

/** Creates the identity again as another user, with another principal. */
function replaceIdentity(): void {
  const [identity = expect.unreachable("no identity")] = seen().identities;
  world.azure.identities.all.set(identityId, { ...identity, clientId: "client-9", principalId: "principal-9" });
}

/** Deletes the identity and its setup, and sets the ServiceAccount up again. */
async function setUpAgain(): Promise<void> {
  world.azure.identities.all.clear();
  world.azure.directory.assignments.splice(0);
  annotate({});
  await succeeds(creating);
}

/** Takes the identity over as another user, who removes the tag of this plugin. */
function untag(): void {
  const [identity = expect.unreachable("no identity")] = seen().identities;
  world.azure.identities.all.set(identityId, { ...identity, ours: false });
}

test.for([
  { call: "deleteFederatedCredential", when: "other runs delete the identity and set it up again", work: setUpAgain },
  { call: "deleteManagedIdentity", when: "another user replaces the identity", work: replaceIdentity },
  { call: "deleteManagedIdentity", when: "another user removes its tag", work: untag },
  { call: "deleteManagedIdentity", when: "another user gives the identity a role", work: () => addAssignment(reader) },
])("deletes nothing more, and fails, when Azure is busy during $call and $when", async ({ call, work }) => {
  await run(creating);
  let after: unknown;
  whileBusy(call, async () => {
    await work();
    after = structuredClone(seen().identities);
  });

  expect(await run("delete web --registry myregistry --yes")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: \S+\/acr-secretless-myregistry has changed since it was read\nhint: run the command again$/m),
  });

  expect(after).toHaveLength(1);
  expect(seen().identities).toEqual(after);
});

test("keeps the identity when another user replaces it while its roles are read", async () => {
  await run(creating);
  let reads = 0;
  world.asking.around(async ({ call }, next) => {
    if (call === "otherRoles" && ++reads === 2) replaceIdentity();
    return next();
  });

  expect(await run("delete web --registry myregistry --yes")).toMatchObject({ code: 1 });

  expect(seen().identities).toMatchObject([{ clientId: "client-9" }]);
});

test("keeps a federated credential and the role of its identity, and says so, when Azure Workload Identity uses it", async () => {
  await run(creating);
  annotate({ ...seen().annotations, [workload]: "CLIENT-1" });

  expect(await run("delete web --registry myregistry --yes")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^federatedcredential\S+ unchanged\n(?:.*\n)*roleassignment\S+ unchanged\nidentity\S+ unchanged$/m),
    stderr:
      expect.stringContaining(`Warning: federated credential demo-web-9dc4d00dde is kept, because Azure Workload Identity uses it. If it does not, remove the annotation and run the command again:
  kubectl annotate -n demo serviceaccount/web ${workload}-
`),
  });

  await run(creating);
  expect(await run("delete web --registry myregistry --yes")).toMatchObject({
    stderr: expect.stringContaining('keeps role "AcrPull" on myregistry for system:serviceaccount:demo:web\n'),
  });

  expect(seen()).toMatchObject({
    annotations: { [workload]: "CLIENT-1" },
    roles: [],
    assignments: [{}],
    identities: [{ credentials: [{}] }],
  });
});

test("deletes the federated credential of a ServiceAccount when it has another identity", async () => {
  await run("create web api --registry myregistry");
  annotate({});
  await run(`${creating} --identity other`);

  expect(await run("delete web --registry myregistry --yes")).toMatchObject({ code: 0 });

  expect(seen().identities.map(({ credentials }) => credentials.map(({ subject }) => subject.split(":").at(-1)))).toEqual([
    ["api"],
    ["web"],
  ]);
});

test.for([
  { call: "putFederatedCredential", annotated: undefined, before: () => run("create api --registry myregistry") },
  {
    call: "assignRole",
    annotated: undefined,
    before: async () => {
      await run(creating);
      annotate({});
      world.azure.directory.assignments.splice(0);
    },
  },
  { call: "otherRoles", annotated: "client-1", before: () => run("create api --registry myregistry") },
])("fails when another identity replaces the one of the ServiceAccount during $call", async ({ call, annotated, before }) => {
  await before();
  let after: unknown;
  whileBusy(call, () => {
    const [identity = expect.unreachable("no identity")] = seen().identities;
    world.azure.identities.all.set(identityId, { ...identity, clientId: "client-2", principalId: "principal-2" });
    after = structuredClone(seen().identities);
  });

  expect(await run(creating)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: \S+\/acr-secretless-myregistry has changed since it was read\nhint: run the command again$/m),
  });

  expect([seen().annotations[keys[0]], seen().identities]).toEqual([annotated, after]);
});

test.for([
  { what: "annotations", remove: () => world.cluster.put(account("demo", "web")) },
  { what: "role", remove: () => world.cluster.remove("role.rbac.authorization.k8s.io", "demo", "acr-secretless-web") },
  { what: "role binding", remove: () => world.cluster.remove("rolebinding.rbac.authorization.k8s.io", "demo", "acr-secretless-web") },
  {
    what: "record",
    remove: () => seen().roles.map((one) => world.cluster.put({ ...one, metadata: { ...one.metadata, annotations: {} } })),
  },
  { what: "rules", remove: () => seen().roles.map((one) => world.cluster.put({ ...one, rules: [] })) },
  { what: "subjects", remove: () => seen().bindings.map((one) => world.cluster.put({ ...one, subjects: [] })) },
])("fails when another run removes the $what of a ServiceAccount whose other parts it creates", async ({ remove }) => {
  await run(creating);
  world.azure.directory.assignments.splice(0);
  whileBusy("assignRole", remove);

  expect(await run(creating)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/error: serviceaccount\/web has changed since it was read\nhint: run the command again$/m),
  });
});

test("fails when another user creates the identity while Azure is busy", async () => {
  const theirs = { id: identityId, clientId: "theirs", principalId: "p", tenant: "t", ours: false, credentials: [] };
  whileBusy("createManagedIdentity", () => world.azure.identities.all.set(identityId, theirs));

  expect(await run(creating)).toMatchObject({ code: 1, stderr: expect.stringContaining("has changed since it was read") });

  expect(seen()).toMatchObject({ identities: [theirs], assignments: [] });
});

test("keeps the identity when another run gives it to a ServiceAccount in the meantime", async () => {
  await run(creating);
  runBefore("deleteFederatedCredential", 1, "create api -n demo");

  expect((await run("delete web --registry myregistry --yes")).stdout).toMatch(/^roleassignment\S+ unchanged\nidentity\S+ unchanged$/m);

  expect(seen()).toMatchObject({ identities: [{ credentials: [{ subject: "system:serviceaccount:demo:api" }] }], assignments: [{}] });
});

const setups = [
  { of: "another ServiceAccount", line: "create api -n demo", subject: "demo:api" },
  { of: "another namespace", line: "create web -n other", subject: "other:web" },
  { of: "the same ServiceAccount", line: "create web -n demo", subject: "demo:web" },
];

// Between the last read and the deletion of the identity is one request. Azure has no preconditions
test.for(
  [
    { call: "federatedCredentials", nth: 2, stays: true },
    { call: "unassignRole", nth: 1, stays: false },
    { call: "otherRoles", nth: 2, stays: false },
    { call: "federatedCredentials", nth: 3, stays: false },
    { call: "federatedCredentials", nth: 4, stays: false },
  ].flatMap((row) => setups.map((each) => ({ ...row, ...each }))),
)("keeps the identity and its role when another run sets up $of before $call $nth", async ({ call, nth, stays, line, subject }) => {
  addNamespaces(world.cluster, "other");
  world.cluster.put(account("other", "web"));
  await run(creating);
  runBefore(call, nth, line);

  const message = `error: managed identity acr-secretless-myregistry is kept, because another run has given it to system:serviceaccount:${subject}`;
  expect(await run("delete web --registry myregistry --yes")).toMatchObject(
    stays
      ? { code: 0, stdout: expect.stringMatching(/^roleassignment\S+ unchanged\nidentity\S+ unchanged$/m) }
      : { code: 1, stderr: expect.stringContaining(`${message}\nhint: run the command again\n`) },
  );

  expect(seen()).toMatchObject({
    identities: [{ credentials: [{ subject: `system:serviceaccount:${subject}` }] }],
    assignments: [{ principalId: "principal-1", ours: true }],
  });
});

test.for([
  { when: "it also pulls from another registry", before: () => run(`create ${second}`), flags: shared },
  { when: "it has another role", before: async () => addAssignment(reader), flags: "" },
])("restores the role of an identity when another run gives it to a ServiceAccount before unassignRole and $when", async (row) => {
  addRegistry();
  await run(`${creating} ${row.flags}`);
  await row.before();
  runBefore("unassignRole", 1, `create api -n demo ${row.flags}`);

  expect(await run(`delete web --registry myregistry ${row.flags} --yes`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("another run has given it to system:serviceaccount:demo:api\nhint: run the command again\n"),
  });

  expect(seen().assignments.filter(({ ours, on }) => ours && on === undefined)).toHaveLength(1);
});

test.for(["the answer is lost", "the run is interrupted"])(
  "restores the role with its condition when another run gives the identity to a ServiceAccount, and %s",
  async (when) => {
    await run(creating);
    let interrupt = () => {};
    const stop = world.asking.around(async (asked, next) => {
      if (asked.call === "deleteFederatedCredential") limitRole();
      if (asked.call !== "unassignRole") return next();
      stop();
      await succeeds("create api --registry myregistry");
      await next();
      if (when === "the answer is lost") throw new CliError("timeout", "no answer");
      interrupt();
    });

    expect(await ask({ ...person, started: (live: Live) => (interrupt = live.interrupt) })).toMatchObject({
      code: when === "the answer is lost" ? 1 : 130,
      stderr: expect.stringContaining("another run has given it to system:serviceaccount:demo:api\nhint: run the command again\n"),
    });

    expect(seen().assignments).toMatchObject([{ condition }]);
  },
);

test("gives an identity the role again when another run removes it before putFederatedCredential", async () => {
  addRegistry();
  await run(`${creating} ${shared}`);
  await run(`create ${second}`);
  runBefore("putFederatedCredential", 1, `delete web --yes -n demo ${shared}`);

  expect(await run(`create api --registry myregistry ${shared}`)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^roleassignment\S+ created$/m),
  });

  expect(seen().assignments.filter(({ ours, on }) => ours && on === undefined)).toHaveLength(1);
});

test("gives an identity the role with its condition again when another run removes it", async () => {
  await run(creating);
  limitRole();
  const stop = world.asking.around(async ({ call }, next) => {
    if (call === "putFederatedCredential") world.azure.directory.assignments.splice(0);
    return next();
  });

  expect(await run("create api --registry myregistry")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^roleassignment\S+ created$/m),
  });
  stop();

  expect(seen().assignments).toMatchObject([{ condition }]);
});

test("keeps the condition of a role, and warns, when another user gives the role while Azure is busy", async () => {
  await run("create api --registry myregistry");
  const [role = expect.unreachable("no role")] = world.azure.directory.assignments.splice(0);
  whileBusy("assignRole", () => world.azure.directory.assignments.push({ ...role, condition }));

  const { code, stderr } = await run(creating);

  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("has a condition, so pods pull only what it allows\n") });
  expect(stderr).not.toContain("every repository");
  expect(seen().assignments).toMatchObject([{ condition }]);
});

test("creates a federated credential again when prune deletes it before the role exists", async () => {
  let isDone = false;
  world.asking.around(async (asked, next) => {
    if (!isDone && is("create role.")(asked)) {
      isDone = true;
      expect(await type("prune --registry myregistry --yes", world.ports)).toMatchObject({ stdout: expect.stringMatching(/ deleted$/m) });
    }
    return next();
  });

  expect(await run(creating)).toMatchObject({ code: 0 });

  expect(isDone).toBe(true);
  expect(seen()).toMatchObject({ identities: [{ credentials: [{ subject: "system:serviceaccount:demo:web" }] }] });
});

test.for([
  {
    when: "its credentials can't be read again",
    refused: "federatedCredentials",
    says: "its ServiceAccounts could not be read",
    roles: 1,
  },
  { when: "Azure refuses to restore the role", refused: "assignRole", says: "another run has given it to", roles: 0 },
])("keeps the identity, and fails, when $when", async ({ refused, says, roles }) => {
  await run(creating);
  let reads = 0;
  if (roles === 0) runBefore("unassignRole", 1, "create api -n demo");
  world.asking.around(async ({ call }, next) => {
    if (call === "otherRoles") reads++;
    if (reads >= 2 && call === refused) throw new CliError("forbidden", "Azure says no");
    return next();
  });

  expect(await run("delete web --registry myregistry --yes")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(new RegExp(`is kept, because ${says}.*\n\\* Azure says no\n`)),
  });

  expect(seen().identities).toHaveLength(1);
  expect(seen().assignments).toHaveLength(roles);
});

test.for([
  { when: "the ServiceAccount has another identity", isSetUp: true },
  { when: "nothing is set up", isSetUp: false },
])("deletes nothing, and fails, when the named identity does not exist and $when", async ({ isSetUp }) => {
  if (isSetUp) await run(creating);
  const before = structuredClone(seen());

  expect(await run("delete web --registry myregistry --identity typo --yes")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: managed identity typo not found$/m),
  });

  expect(seen()).toEqual(before);
});

test("deletes the objects of the cluster when the named identity was deleted before", async () => {
  await run(creating);
  world.azure.identities.all.clear();
  world.cluster.put(account("demo", "web"));

  expect(await run("delete web --registry myregistry --identity other --yes")).toMatchObject({ code: 0 });

  expect(seen()).toMatchObject({ annotations: {}, roles: [], bindings: [] });
});

test("keeps an identity of another user, and warns that pods can use its roles", async () => {
  const theirs = { id: identityId, clientId: "theirs", principalId: "p", tenant: "t", ours: false, credentials: [] };
  world.azure.identities.all.set(identityId, theirs);

  expect((await run(creating)).stderr).toContain("the pods can use all of its roles");
  await run("delete web --registry myregistry --yes");

  expect(seen()).toMatchObject({ annotations: {}, identities: [{ clientId: "theirs", credentials: [] }] });
});

test("leaves a ServiceAccount with another identity unchanged", async () => {
  world.cluster.put({ ...account("demo", "web"), metadata: { name: "web", namespace: "demo", annotations: { [keys[0]]: "other" } } });

  expect(await run(creating)).toMatchObject({ code: 1, stderr: expect.stringContaining('has the identity "other"') });
  expect(await run("delete web --registry myregistry --yes")).toMatchObject({ code: 0 });

  expect(seen()).toEqual({ annotations: { [keys[0]]: "other" }, roles: [], bindings: [], identities: [], assignments: [] });
});

test("keeps the right of the kubelets when the ServiceAccount has another identity", async () => {
  await run("create api --registry myregistry");
  await run(`${creating} --identity other`);
  const before = seen();

  const { stdout, code } = await run("delete web --registry myregistry --yes");

  expect({ stdout, code }).toMatchObject({ stdout: expect.stringMatching(/^serviceaccount\/web unchanged$/m), code: 0 });
  expect(seen()).toEqual(before);
});

test("ends no pull of an identity that delete does not name, and says so", async () => {
  await run(`${creating} --identity team-b`);
  const before = seen();

  const { code, stdout, stderr } = await run("delete web --registry myregistry --yes");

  expect({ code, stdout }).toEqual({ code: 0, stdout: "serviceaccount/web unchanged\n" });
  expect(stderr).toContain('serviceaccount "web" is kept, because it has the identity "client-1" and not acr-secretless-myregistry.');
  expect(seen()).toEqual(before);
});

/** Adds another registry in the same resource group. */
const addRegistry = (loginServer = "secondreg.azurecr.io") =>
  world.asking.around(async ({ call, at }, next) =>
    `${call} ${at}`.match(/^(findRegistry|registryAt) secondreg/)
      ? { id: "/registries/myregistry/providers/secondreg", name: "secondreg", loginServer, sku: "Basic" }
      : next(),
  );

test.for(["", " --dry-run=client"])("creates nothing%s when the name of the registry has a hash", async (flags) => {
  addRegistry("secondreg-a1b2c3.azurecr.io");
  world.asking.forget();

  expect(await run(`create web --registry secondreg${flags}`)).toEqual({
    code: 1,
    stdout: "",
    stderr:
      "error: acr-credential-provider gives no login for secondreg-a1b2c3.azurecr.io, because its name has a hash\n" +
      "hint: kubectl acr-secret create -n demo --registry secondreg\n",
  });
  expect(world.asking.writes).toEqual([]);
});

const second = `web --registry secondreg ${shared}`;

test.for([1, 2])("keeps a ServiceAccount and its record when Azure lists the role on another registry late: %i times", async (times) => {
  addRegistry();
  await run(`create web --registry myregistry ${shared}`);
  await run(`create ${second}`);
  const before = seen();
  let left = times;
  world.asking.around(async ({ call, at }, next) => (`${call} ${at}`.startsWith("roleAssignments secondreg") && left-- > 0 ? [] : next()));

  for (let index = 0; index < times; index++)
    expect(await run(`delete web --registry myregistry ${shared} --yes`)).toMatchObject({ code: 1 });
  expect(await run(`delete web --registry myregistry ${shared} --yes`)).toMatchObject({ code: 0 });

  expect(seen().annotations).toEqual(before.annotations);
  expect(seen().roles).toMatchObject([{ metadata: { annotations: { "acr-secret/registries": "secondreg.azurecr.io" } } }]);
});

test.for([
  { when: "Azure is busy", breaks: whileBusy },
  {
    when: "Azure removes the role",
    breaks: (call: string, work: () => unknown) => {
      const stop = world.asking.around(async (asked, next) => {
        if (asked.call !== call) return next();
        stop();
        await work();
        return next();
      });
    },
  },
])(
  "keeps the role of a ServiceAccount with two registries, and fails, when another run sets it up again while $when",
  async ({ breaks }) => {
    addRegistry();
    await run(`${creating} ${shared}`);
    await run(`create ${second}`);
    breaks("unassignRole", () => succeeds(`${creating} ${shared}`));

    expect(await run(`delete web --registry myregistry ${shared} --yes`)).toMatchObject({ code: 1 });

    expect(seen().roles[0]?.metadata.annotations).toEqual({ "acr-secret/registries": "secondreg.azurecr.io,myregistry.azurecr.io" });
    expect(seen().assignments).toHaveLength(2);
  },
);

test("names --identity first when a ServiceAccount with another identity is set up for a second registry", async () => {
  addRegistry();
  await run(creating);

  expect(await run("create web --registry secondreg")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^hint: repeat the --identity of its setup.*:\n {2}kubectl annotate /m),
  });
});

test("names the role that the identity of another user keeps, and the command that deletes it", async () => {
  const id = identityId.replace(/[^/]+$/, "team");
  world.azure.identities.all.set(id, { id, clientId: "c", principalId: "p", tenant: "t", ours: false, credentials: [] });
  await run(`${creating} --identity team`);

  const { code, stderr } = await run("delete web --registry myregistry --identity team --yes");

  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(
      /role "AcrPull" on myregistry(.|\n)*az role assignment delete --assignee p --role \S+ --scope \/registries\/myregistry\n/,
    ),
  });
});

/** Shows that the record of the role was written now, as a real API server does. */
const dateRecord = () =>
  world.asking.around(async ({ call, at }, next) => {
    const answer = await next();
    if (!/^(get|patch) role\.rbac/.test(`${call} ${at}`) || !answer) return answer;
    const { metadata } = answer as { metadata: object };
    const fieldsV1 = { "f:metadata": { "f:annotations": { "f:acr-secret/registries": {} } } };
    const time = new Date(world.cluster.about.now()).toISOString();
    return { ...answer, metadata: { ...metadata, managedFields: [{ manager: "kubectl-acr-secret", time, fieldsV1 }] } };
  });

test("keeps a ServiceAccount and its record when no list of Azure shows the role on another registry that was just recorded", async () => {
  addRegistry();
  await run(`create web --registry myregistry ${shared}`);
  await run(`create ${second}`);
  const { annotations, identities, bindings } = structuredClone(seen());
  dateRecord();
  world.asking.around(async ({ call, at }, next) => {
    if (`${call} ${at}`.startsWith("roleAssignments secondreg")) return [];
    return call === "otherRoles" ? { roles: [] } : next();
  });

  expect(await run(`delete web --registry myregistry ${shared} --yes`)).toMatchObject({ code: 1 });

  expect(seen()).toMatchObject({ annotations, identities, bindings });
  expect(seen().roles).toMatchObject([{ metadata: { annotations: { "acr-secret/registries": "secondreg.azurecr.io" } } }]);
  expect(seen().assignments).toMatchObject([{ on: "secondreg" }]);
});

/** Writes the annotations of the ServiceAccount in capitals. */
const capitalize = () => annotate(Object.fromEntries(Object.entries(seen().annotations).map(([key, id]) => [key, id.toUpperCase()])));

test("keeps the pulls from another registry when the annotation has the client ID in capitals", async () => {
  addRegistry();
  await run(`${creating} ${shared}`);
  await run(`create ${second}`);
  capitalize();
  const { annotations, identities } = structuredClone(seen());

  expect(await run(`delete web --registry myregistry ${shared} --yes`)).toMatchObject(pullsSecond);

  expect(seen()).toMatchObject({ annotations, identities, assignments: [{ on: "secondreg" }] });
});

test("finds the setup of a ServiceAccount when its annotation has the client ID in capitals", async () => {
  await run(creating);
  capitalize();

  expect(await run(creating)).toMatchObject({ code: 0 });
  expect(await run("delete web --registry myregistry --yes")).toMatchObject({ code: 0 });

  expect(seen()).toEqual({ annotations: {}, roles: [], bindings: [], identities: [], assignments: [] });
});

test("ends only the role on the named registry when the identity pulls from another one, and the rest with the last registry", async () => {
  addRegistry();
  const before = seen();
  await run(`${creating} ${shared}`);
  expect((await run(`create ${second}`)).stdout).toMatch(/^role\S+ configured$/m);
  const { roles, assignments: _, ...pulling } = seen();
  expect(roles).toMatchObject([{ metadata: { annotations: { "acr-secret/registries": "myregistry.azurecr.io,secondreg.azurecr.io" } } }]);
  world.asking.forget();

  const { code, stderr } = await run(`delete ${second} --yes`);

  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("it also pulls from myregistry.azurecr.io\n") });
  expect(world.asking.writes).toEqual(["patch role.rbac.authorization.k8s.io demo/acr-secretless-web", "unassignRole principal-1"]);
  expect(seen()).toMatchObject(pulling);
  expect(await run(`delete web --registry myregistry ${shared} --yes`)).toMatchObject({ code: 0 });
  expect(seen()).toEqual(before);
});

test.for(["", "secondreg.azurecr.io,"].flatMap((recorded) => Array.from({ length: 15 }, (_, at) => ({ at, recorded }))))(
  "fails, or ends no pull from another registry, when another run sets that up before request $at and the role recorded '$recorded'",
  async ({ at, recorded }) => {
    addRegistry();
    await run(`${creating} ${shared}`);
    record(`${recorded}myregistry.azurecr.io`);
    let count = 0;
    const stop = world.asking.around(async (_, next) => {
      if (count++ !== at) return next();
      stop();
      expect(await run(`create ${second}`)).toMatchObject({ code: 0 });
      return next();
    });

    const { code } = await run(`delete web --registry myregistry ${shared} --yes`);

    const { annotations, roles, bindings, identities } = seen();
    const parts = [annotations[keys[0]], roles[0], bindings[0], identities[0]?.credentials[0]];
    expect({ code, isWhole: parts.every((part) => part) }).not.toEqual({ code: 0, isWhole: false });
    expect(count).toBeGreaterThan(at);
  },
);

test("warns that other ServiceAccounts of the identity gain the registry, and that pods gain its other registries", async () => {
  addRegistry();
  await run(`create api --registry myregistry ${shared}`);

  const warnings = (await run(`create ${second}`)).stderr.split("\n").filter((line) => line.startsWith("Warning"));
  expect(warnings).toEqual([
    "Warning: the identity also belongs to system:serviceaccount:demo:api, which can now pull from secondreg",
    "Warning: the pods can also pull from myregistry, because the identity can",
  ]);
  expect((await run(`create ${second}`)).stderr).not.toContain("Warning");
});

test("warns that pods gain the other roles of the identity, on the registry and elsewhere", async () => {
  await run("create api --registry myregistry");
  addAssignment("8311e382-0749-4cb8-b61a-304f252e45ec", { on: undefined });
  addAssignment("b24988ac-6180-42a0-ab88-20f7382dd24c");
  addAssignment("4633458b-17de-408a-b874-0445c86b69e6");

  const { code, stderr } = await run(creating);

  const roles = '"AcrPush" on myregistry, "Contributor" on secondreg, 4633458b-17de-408a-b874-0445c86b69e6 on secondreg';
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining(`Warning: the pods can also use other roles of the identity: ${roles}\n`),
  });
});

test.for([
  { when: "Azure does not answer", answers: () => Promise.reject(new CliError("timeout", "Azure says no")) },
  { when: "a subscription is forbidden", answers: async () => ({ roles: [], forbidden: new CliError("forbidden", "Azure says no") }) },
])("warns that pods may gain other roles of the identity when $when", async ({ answers }) => {
  await run("create api --registry myregistry");
  world.asking.around((asked, next) => (asked.call === "otherRoles" ? answers() : next()));

  expect(await run(creating)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(
      "Warning: the other roles of the identity, which the pods can use too, could not be read\n* Azure says no\n",
    ),
  });
});

test("warns of other roles when the ServiceAccount had the annotations before", async () => {
  await run("create api --registry myregistry");
  addAssignment("b24988ac-6180-42a0-ab88-20f7382dd24c");
  const annotations = { [keys[0]]: "client-1", [keys[1]]: "11111111-1111-1111-1111-111111111111" };
  world.cluster.put({ ...account("demo", "web"), metadata: { name: "web", namespace: "demo", annotations } });

  expect((await run(creating)).stderr).toContain("the pods can also use other roles of the identity");
});

test("changes nothing in the cluster when the ServiceAccount was set up for another registry only", async () => {
  addRegistry();
  await run(`${creating} ${shared}`);
  const { assignments: _, ...before } = seen();
  world.asking.forget();

  expect(await run(`delete ${second} --yes`)).toMatchObject({ code: 0, stderr: expect.stringContaining("it also pulls from myregistry") });

  expect(world.asking.writes).toEqual([]);
  expect(seen()).toMatchObject(before);
});

const pullsSecond = { code: 0, stderr: expect.stringContaining("it also pulls from secondreg.azurecr.io\n") };

test.for([
  { of: "the default identity", identity: "--identity acr-secretless-myregistry", deleting: "" },
  { of: "another identity", identity: shared, deleting: shared },
])("ends only the role on the named registry when Azure shows a role of $of on a recorded one", async ({ identity, deleting }) => {
  addRegistry();
  await run(`${creating} ${deleting}`);
  await run(`create web --registry secondreg ${identity}`);
  const { roles: _, assignments, ...pulling } = seen();

  expect(await run(`delete web --registry myregistry ${deleting} --yes`)).toMatchObject(pullsSecond);

  expect(seen()).toMatchObject({ ...pulling, assignments: assignments.filter(({ on }) => on === "secondreg") });
});

test("keeps a ServiceAccount when its identity has a role above a recorded registry", async () => {
  addRegistry();
  addAssignment(reader, { here: false });
  await run(creating);
  record("myregistry.azurecr.io,secondreg.azurecr.io");
  const { annotations } = seen();

  expect(await run("delete web --registry myregistry --yes")).toMatchObject(pullsSecond);

  expect(seen()).toMatchObject({ annotations, identities: [{ credentials: [{}] }] });
});

const hint = `hint: if it does not, empty the record and run the command again:
  kubectl annotate -n demo --overwrite role/acr-secretless-web acr-secret/registries=
`;

const identities = [
  { of: "the default identity", identity: "" },
  { of: "another identity", identity: shared },
] as const;

const refuseCall = (call: string, kind: "notFound" | "forbidden" | "unreachable") =>
  world.asking.around(refusing(is(call), () => new CliError(kind, "Azure says no")));

test.for(
  [
    { when: "no readable subscription has it", call: "registryAt secondreg", kind: "notFound" },
    { when: "Azure does not answer", call: "registryAt secondreg", kind: "unreachable" },
    { when: "its roles are forbidden", call: "roleAssignments secondreg", kind: "forbidden" },
  ].flatMap((row) => identities.map((each) => ({ ...row, ...each }))),
)("keeps a ServiceAccount with $of, and fails, when its role records another registry and $when", async ({ call, kind, identity }) => {
  addRegistry();
  await run(`${creating} ${identity}`);
  record("myregistry.azurecr.io,secondreg.azurecr.io");
  const { roles: _, assignments: __, ...pulling } = seen();
  const deleting = `delete web --registry myregistry ${identity} --yes`;
  const restore = refuseCall(call, kind as "notFound");

  expect(await run(deleting)).toMatchObject({
    code: 1,
    stderr:
      expect.stringContaining(`error: serviceaccount "web" is kept, because it may also pull from secondreg.azurecr.io, where Azure does not show its roles
* Azure says no
${hint}`),
  });

  expect(seen()).toMatchObject({ ...pulling, assignments: [] });
  restore();
  refuseCall(call, kind as "notFound");
  record("");
  expect(await run(deleting)).toMatchObject({ code: 0 });
  expect(seen()).toEqual({ annotations: {}, roles: [], bindings: [], identities: [], assignments: [] });
});

test.for(
  [
    { which: "one that no registry has", host: "freeregistry.azurecr.io" },
    { which: "a registry on which the identity has no role", host: "secondreg.azurecr.io" },
    { which: "the regional host of the named one", host: "myregistry.eastus.geo.azurecr.io" },
  ].flatMap((row) => identities.map((each) => ({ ...row, ...each }))),
)("deletes the setup of $of when its role also records $which", async ({ host, identity }) => {
  addRegistry();
  await run(`${creating} ${identity}`);
  record(`${host},myregistry.azurecr.io`);

  expect(await run(`delete web --registry myregistry ${identity} --yes`)).toMatchObject({ code: 0 });

  expect(seen()).toEqual({ annotations: {}, roles: [], bindings: [], identities: [], assignments: [] });
});

/** Deletes the role and its binding. An administrator can let the kubelets request tokens by a ClusterRole. */
function removeRole(): void {
  for (const kind of rolesOfWeb) world.cluster.remove(kind, "demo", "acr-secretless-web");
}

/** Removes the annotation with the registries. */
function removeRecord(): void {
  const [{ metadata, ...role } = expect.unreachable("no role")] = seen().roles;
  world.cluster.put({ ...role, metadata: { ...metadata, annotations: {} } });
}

const unshown = () => void refuseCall("otherRoles", "unreachable");
const noOther = () => {};
const roleElsewhere = "its identity has roles on secondreg";
const rolesUnread = "the other roles of its identity could not be read";

test.for([
  { when: "its role is gone", remove: removeRole, shows: noOther, says: roleElsewhere },
  {
    when: "its role has no record",
    remove: removeRecord,
    shows: noOther,
    says: roleElsewhere,
  },
  { when: "its role is gone and Azure does not answer", remove: removeRole, shows: unshown, says: `${rolesUnread}\n* Azure says no` },
  {
    when: "its role is gone and other roles are forbidden",
    remove: removeRole,
    shows: () => void forbidden(),
    says: `${rolesUnread}\n* no`,
  },
])("keeps a ServiceAccount that may pull elsewhere, and fails, when $when", async ({ remove, shows, says }) => {
  addRegistry();
  await run(`${creating} ${shared}`);
  await run(`create ${second}`);
  remove();
  shows();
  const { roles: _, assignments, ...pulling } = structuredClone(seen());

  const { code, stderr } = await run(`delete web --registry myregistry ${shared} --yes`);

  expect({ code, stderr }).toEqual({
    code: 1,
    stderr:
      expect.stringContaining(`error: serviceaccount "web" is kept, because no role "acr-secretless-web" records its registries, and ${says}
hint: run secretless create for each registry that it pulls from, and run the command again
`),
  });
  expect(seen()).toMatchObject({ ...pulling, assignments: assignments.filter(({ on }) => on === "secondreg") });
});

test("deletes a setup without its Role when the identity has a role on the registry only", async () => {
  await run(creating);
  removeRole();
  addAssignment(reader, { on: undefined });

  expect(await run("delete web --registry myregistry --yes")).toMatchObject({ code: 0 });

  expect(seen()).toMatchObject({ annotations: {}, identities: [{ credentials: [] }] });
});

test("looks up 20 registries of a role, and keeps the ServiceAccount when it records more", async () => {
  await run(creating);
  record(Array.from({ length: 30 }, (_, at) => `registry${at}.azurecr.io`).join());
  world.asking.forget();

  expect(await run("delete web --registry myregistry --yes")).toMatchObject({ code: 1, stderr: expect.stringContaining(hint) });

  expect(world.asking.all.filter((call) => call.startsWith("registryAt"))).toHaveLength(20);
});

const forbidden = () =>
  world.asking.around(async (asked, next) =>
    is("otherRoles")(asked) ? { roles: [], forbidden: new CliError("forbidden", "no") } : next(),
  );

test.for([
  { when: "it can pull from another registry", breaks: () => addAssignment(acrPull), kept: "it has other roles, on secondreg\n" },
  { when: "it has a role that does not pull", breaks: () => addAssignment(reader), kept: "it has other roles, on secondreg\n" },
  {
    when: "another user gave it a role on the registry",
    breaks: () => addAssignment(acrPull, { on: undefined }),
    kept: "it has other roles, on myregistry\n",
  },
  {
    when: "its other roles are forbidden",
    breaks: forbidden,
    kept: `its other roles could not be read. If it has none, delete it:\n  az identity delete --ids ${identityId}\n`,
  },
])("keeps an identity without ServiceAccounts, and says so, when $when", async ({ breaks, kept }) => {
  await run(creating);
  breaks();

  expect(await run("delete web --registry myregistry --yes")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^identity\S+ unchanged$/m),
    stderr: expect.stringContaining(`managed identity acr-secretless-myregistry is kept, because ${kept}`),
  });

  expect(seen()).toMatchObject({ annotations: {}, identities: [{ credentials: [] }] });
  expect(world.azure.directory.assignments.filter(({ ours }) => ours)).toEqual([]);
});

test("keeps an identity without ServiceAccounts, and fails, when Azure does not answer about its other roles", async () => {
  await run(creating);
  world.asking.around(refusing(is("otherRoles"), () => new CliError("unreachable", "cannot read the roles")));

  expect(await run("delete web --registry myregistry --yes")).toMatchObject({ code: 1, stderr: "error: cannot read the roles\n" });

  expect(seen()).toMatchObject({ annotations: {}, assignments: [], identities: [{ credentials: [] }] });
});

const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

/** Gives the identity a role as another user. */
const addAssignment = (role: string, more: { readonly on?: string | undefined; readonly here?: boolean } = {}) =>
  void world.azure.directory.assignments.push({
    name: "other",
    principalId: "principal-1",
    role,
    here: true,
    ours: false,
    condition: undefined,
    madeAt: undefined,
    on: "secondreg",
    ...more,
  });

/** Writes the record of the role, which a tenant can do. */
function record(registries: string): void {
  const [role = expect.unreachable("no role")] = seen().roles;
  world.cluster.put({ ...role, metadata: { ...role.metadata, annotations: { "acr-secret/registries": registries } } });
}

const person = { answers: [true], env: { CI: undefined } };
const ask = (more: object = {}) => type("secretless delete web --registry myregistry -n demo", world.ports, more);
const names = [
  "rolebinding.rbac.authorization.k8s.io/acr-secretless-web",
  "role.rbac.authorization.k8s.io/acr-secretless-web",
  "federatedcredential.managedidentity.azure.com/demo-web-9dc4d00dde",
  "roleassignment.management.azure.com/AcrPull-on-myregistry and identity.managedidentity.azure.com/acr-secretless-myregistry",
];
const question = `Delete ${names.join(", ")}, and remove the identity from serviceaccount/web?`;

test("warns, also in the question, that a ServiceAccount loses a registry that was set up for another one", async () => {
  addRegistry();
  await run(`${creating} ${shared}`);
  await run(`create api --registry secondreg ${shared}`);
  const lost = 'without the identity, serviceaccount "web" cannot pull from secondreg either';
  const line = `secretless delete web --registry myregistry ${shared} -n demo`;

  expect((await type(line, world.ports, { ...person, answers: [false] })).stderr).toContain(`${lost}. Delete rolebinding`);
  expect(await type(`${line} --yes`, world.ports)).toMatchObject({ code: 0, stderr: expect.stringContaining(`Warning: ${lost}\n`) });

  expect(seen()).toMatchObject({ annotations: {}, identities: [{ credentials: [{ subject: "system:serviceaccount:demo:api" }] }] });
  expect((await type(`${line} --yes`, world.ports)).stderr).not.toContain(lost);
});

test("names each change in the question, and deletes nothing when the answer is no", async () => {
  await run(creating);
  const before = seen();

  const { code, stderr } = await ask({ ...person, answers: [false] });

  expect({ code, stderr }).toEqual({ code: 1, stderr: `${question} [y/N] n\nerror: aborted; nothing was deleted\n` });
  expect(seen()).toEqual(before);
});

test.for([
  { when: "there is no terminal", more: {}, flags: "" },
  { when: "the output is for programs", more: person, flags: " -o name" },
])("refuses to delete, and names each change, when $when", async ({ more, flags }) => {
  await run(creating);
  const before = seen();

  const { code, stderr } = await type(`secretless delete web --registry myregistry -n demo${flags}`, world.ports, more);

  const cannot = "error: cannot ask for confirmation without a terminal or with -o; add --yes";
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`${cannot}\n* ${question}\n`) });
  expect(seen()).toEqual(before);
});

/** Replaces an object by another one with its name and contents. */
function replace(kind: "serviceaccount" | "role.rbac.authorization.k8s.io" | "rolebinding.rbac.authorization.k8s.io"): void {
  const name = kind === "serviceaccount" ? "web" : "acr-secretless-web";
  const object = world.cluster.get(kind, "demo", name) ?? expect.unreachable(`no ${kind}`);
  world.cluster.remove(kind, "demo", name);
  const { uid: _, ...metadata } = object.metadata;
  world.cluster.put({ ...object, metadata });
}

test.for([
  { what: "a ServiceAccount", change: () => replace("serviceaccount"), stays: "annotations" },
  { what: "a role", change: () => replace("role.rbac.authorization.k8s.io"), stays: "roles" },
  { what: "a binding", change: () => replace("rolebinding.rbac.authorization.k8s.io"), stays: "bindings" },
  {
    what: "an identity",
    change: () => {
      const [identity = expect.unreachable("no identity")] = seen().identities;
      world.azure.identities.all.set(identity.id, { ...identity, principalId: "principal-2" });
    },
    stays: "identities",
  },
] as const)("keeps $what that replaced another one after the question, and fails", async ({ change, stays }) => {
  await run(creating);
  let after: ReturnType<typeof seen> | undefined;
  const sees = (text: string) => {
    if (!text.endsWith("[y/N] ")) return;
    change();
    after = seen();
  };

  expect(await ask({ ...person, sees })).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: \S+ has changed since it was read\nhint: run the command again$/m),
  });

  expect(Object.keys(seen()[stays])).toEqual(Object.keys(after?.[stays] ?? {}));
  expect(seen()[stays]).not.toEqual(stays === "annotations" ? {} : []);
});

test("keeps an identity that the question did not name, and fails", async () => {
  await run(creating);
  const allow = forbidden();

  const { code, stderr } = await ask({ ...person, sees: (text: string) => text.endsWith("[y/N] ") && allow() });

  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining("identity.managedidentity.azure.com/acr-secretless-myregistry has changed"),
  });
  expect(seen().identities).toHaveLength(1);
});

test.for(["serviceaccount", "role.rbac.authorization.k8s.io", "rolebinding.rbac.authorization.k8s.io"] as const)(
  "neither changes nor deletes a %s that replaced another one during the run",
  async (kind) => {
    await run(creating);
    const stop = world.asking.around(async ({ call, at }, next) => {
      if (!at.startsWith(`${kind} `) || !["patch", "delete"].includes(call)) return next();
      stop();
      replace(kind);
      return next();
    });

    expect(await run("delete web --registry myregistry --yes")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("has changed since it was read"),
    });

    expect(world.cluster.all(kind).filter(({ metadata }) => metadata.name.endsWith("web"))).toHaveLength(1);
  },
);

test("creates nothing when the cluster has no namespace kube-system", async () => {
  world.cluster.remove("namespace", "", "kube-system");

  expect(await run(creating)).toMatchObject({ code: 1, stderr: expect.stringContaining('namespaces "kube-system" not found') });
  expect(world.asking.writes).toEqual([]);
});

test("creates nothing when kube-system is forbidden", async () => {
  world.asking.around(refusing(is("get namespace kube-system"), () => new CliError("forbidden", 'namespaces "kube-system" is forbidden')));

  expect(await run(creating)).toMatchObject({ code: 1, stderr: expect.stringContaining('"kube-system" is forbidden') });
  expect(world.asking.writes).toEqual([]);
});

test("keeps the role on a registry when another ServiceAccount uses the identity", async () => {
  addRegistry();
  await run(`create web api --registry myregistry ${shared}`);
  await run(`create ${second}`);

  expect((await run(`delete ${second} --yes`)).stdout).toMatch(/^roleassignment\S+ unchanged$/m);
});

test.for(["role.rbac.authorization.k8s.io", "rolebinding.rbac.authorization.k8s.io"] as const)(
  "neither changes nor deletes a %s that another user created, and creates nothing else",
  async (kind) => {
    await run(creating);
    const object = world.cluster.get(kind, "demo", "acr-secretless-web") ?? expect.unreachable("nothing was created");
    await run("delete web --registry myregistry --yes");
    const changed = { ...object, ...("rules" in object ? { rules: [] } : { subjects: [] }) };
    const { annotations = {} } = object.metadata;
    world.cluster.put({ ...changed, metadata: { name: "acr-secretless-web", namespace: "demo", annotations } });
    world.asking.forget();

    const { code, stderr } = await run(creating);
    await run("delete web --registry myregistry --yes");

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('"acr-secretless-web" was not created by kubectl acr-secret\n'),
    });
    expect(world.asking.writes).toEqual([]);
  },
);

test.for<{ when: string; secrets: readonly Secret[]; warns: string | undefined }>([
  {
    when: "for one repository",
    secrets: [sourceSecret("demo/acr", { credential: { repositories: ["app/web"] } })],
    warns: 'app/web as by secret "acr"',
  },
  {
    when: "that is a copy of one for a path",
    secrets: [copySecret("demo/acr", { of: "other/acr" }), sourceSecret("other/acr", { credential: { repositories: ["app/*"] } })],
    warns: 'app/* as by secret "acr"',
  },
  { when: "for every repository", secrets: [sourceSecret("demo/acr", { credential: { repositories: ["*"] } })], warns: undefined },
  {
    when: "for another registry",
    secrets: [sourceSecret("demo/acr", { credential: { host: "other.azurecr.io", repositories: ["app/web"] } })],
    warns: undefined,
  },
  { when: "that does not exist", secrets: [], warns: undefined },
])("warns that pods can pull more than before only if they have a pull secret $when: $warns", async ({ secrets, warns }) => {
  world.cluster.put(account("demo", "web", ["acr"]));
  for (const secret of secrets) world.cluster.put(secret);

  const { stderr } = await run(creating);

  const says = 'the role lets pods of serviceaccount "web" pull every repository of myregistry';
  const [line] = stderr.split("\n");
  expect(line).toBe(warns === undefined ? says : `Warning: ${says}, not only ${warns}`);
});

test("succeeds when it cannot read a pull secret", async () => {
  world.cluster.put(account("demo", "web", ["acr"]));
  world.asking.around(refusing(is("get secret"), () => new CliError("unreachable", "no response")));

  expect(await run(creating)).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^the role lets pods of .* every repository of myregistry$/m),
  });
});

test("restores the right of the kubelets when the role was changed", async () => {
  await run(creating);
  const [role] = seen().roles;
  if (role) world.cluster.put({ ...role, rules: [] });

  expect((await run(creating)).stdout).toMatch(/^role\S+ configured$/m);

  expect(await parts()).toMatchObject({ "token-audience": "ok" });
});

test.for(["create", "createManagedIdentity", "assignRole", "putFederatedCredential", "patch"])(
  "sets no annotation when %s fails, and the next run continues",
  async (call) => {
    const repair = world.asking.around(refusing(is(call), () => new CliError("unreachable", "no response")));
    expect(await run(creating)).toMatchObject({ code: 1 });
    expect(seen().annotations).toEqual({});
    // Its creation time says since when Azure has the rest
    if (["createManagedIdentity", "assignRole", "putFederatedCredential"].includes(call)) expect(seen().roles).toEqual([]);
    repair();

    expect(await run(creating)).toMatchObject({ code: 0 });

    expect(Object.values(await parts())).toEqual(Array(7).fill("ok"));
  },
);

test.for(["delete", "deleteFederatedCredential", "unassignRole", "deleteManagedIdentity"])(
  "continues a deletion in which %s failed",
  async (call) => {
    const before = seen();
    await run(creating);
    const repair = world.asking.around(refusing(is(call), () => new CliError("unreachable", "no response")));
    expect(await run("delete web --registry myregistry --yes")).toMatchObject({ code: 1 });
    repair();

    expect(await run("delete web --registry myregistry --yes")).toMatchObject({ code: 0 });

    expect(seen()).toEqual(before);
  },
);

test.for([
  { line: creating, at: "assignRole", done: /^identity\S+ created\nroleassignment\S+ created\n$/ },
  { line: "delete web --registry myregistry --yes", at: "patch serviceaccount", done: /^serviceaccount\/web configured\n$/ },
])("prints what it has done, and starts nothing more, when $line is interrupted during $at", async ({ line, at, done }) => {
  if (line !== creating) await run(creating);
  let interrupt = () => {};
  const stop = world.asking.around(async (asked, next) => {
    if (is(at)(asked)) interrupt();
    return next();
  });

  const { code, stdout } = await type(`secretless ${line} -n demo`, world.ports, { started: (live) => (interrupt = live.interrupt) });
  stop();

  expect({ code, stdout }).toEqual({ code: 130, stdout: expect.stringMatching(done) });
  expect(await run(line)).toMatchObject({ code: 0 });
});

test.for([
  { line: "create", message: "argument required: the name of a ServiceAccount" },
  { line: "create web", message: 'required flag(s) "registry" not set' },
  { line: "create ../x --registry myregistry", message: "invalid ServiceAccount name" },
  { line: "create Web --registry myregistry", message: "invalid ServiceAccount name" },
  { line: "create web --registry myregistry --identity a/b", message: "invalid --identity" },
  { line: "create web --registry myregistry --identity 2222aaaa-2222-2222-2222-222222222222", message: "invalid --identity" },
  { line: "delete web --registry myregistry", message: "add --yes" },
  { line: "check web", message: 'required flag(s) "image" not set' },
  { line: "check web --image ghcr.io/app:1", message: "must be in an Azure container registry" },
  { line: `${checking} --node n1`, message: "--node requires --from-cluster" },
  { line: `${creating} --from-cluster`, message: "--from-cluster cannot be used with secretless create" },
  { line: "check web api --image myregistry.azurecr.io/app:1", message: "one ServiceAccount" },
  { line: "node-files web", message: "secretless node-files accepts no arguments" },
  { line: "copy", message: 'invalid argument "copy": must be create, delete, check or node-files' },
])("rejects `secretless $line`", async ({ line, message }) => {
  expect(await run(line)).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
  expect(world.asking.writes).toEqual([]);
});

test("lists the ServiceAccounts when the named one does not exist, and checks no other part", async () => {
  world.cluster.remove("serviceaccount", "demo", "web");
  const look = "kubectl get -n demo serviceaccounts";

  expect((await run(checking)).stdout).toBe(`✗ annotations: serviceaccounts "web" not found\n  ${look}\n`);
  expect((await run(creating)).stderr).toBe(`Error from server (NotFound): serviceaccounts "web" not found\nhint: ${look}\n`);
});

test("reports each part as ok when everything is set up, and prints no token", async () => {
  await run(creating);

  const { stdout, stderr, code } = await run(checking);

  expect({ code, stderr }).toEqual({ code: 0, stderr: "7 checks: 7 ok\n" });
  expect(Object.values(await parts())).toEqual(Array(7).fill("ok"));
  expect(stdout).not.toContain("token of client-1");
});

type Row = { readonly why: string; readonly part: string; readonly breaks: () => void; readonly code?: number };

test.for<Row>([
  { why: "the ServiceAccount does not exist", part: "annotations", breaks: () => world.cluster.remove("serviceaccount", "demo", "web") },
  { why: "it has no annotations", part: "annotations", breaks: () => void world.cluster.put(account("demo", "web")) },
  {
    why: "nodes may not ask for the audience",
    part: "token-audience",
    breaks: () => world.cluster.remove("rolebinding.rbac.authorization.k8s.io", "demo", "acr-secretless-web"),
  },
  {
    why: "Entra cannot reach the issuer",
    part: "account-token",
    breaks: () => {
      world.cluster.kubelets.issuer = "https://kubernetes.default.svc";
    },
  },
  ...[700016, 90002, 700211, 700212, 700213, 50166, 7000272, 1].map((refuses) => ({
    why: `Entra answers AADSTS${refuses}`,
    part: "token-exchange",
    breaks: () => {
      world.azure.identities.entra.refuses = refuses;
    },
  })),
  {
    why: "the identity has no role",
    part: "registry-access",
    breaks: () => {
      world.azure.entra.refusal = { verdict: "refused", message: "no" };
    },
  },
  { why: "the image does not exist", part: "image-access", breaks: () => world.azure.images.clear() },
  {
    why: "a node has no provider",
    part: "node-provider",
    breaks: () => {
      world.cluster.kubelets.metrics = "";
    },
  },
])("names the part $part when $why", async ({ part, breaks }) => {
  await run(creating);
  breaks();

  const all = await parts();

  expect(Object.entries(all).find(([, status]) => status === "failed")).toEqual([part, "failed"]);
  expect((await run(checking)).code).toBe(1);
});

/** Lets minutes pass since the objects of the cluster were created. */
function pass(minutes: number): void {
  const created = Date.parse("2026-01-01T00:00:00Z");
  world.cluster.about.now = () => created + minutes * 60_000;
}

/** Runs a check. @returns the finding of a part, with the sum of the waits in milliseconds */
async function waitedFor(part: string) {
  let waited = 0;
  const sleep = async (milliseconds: number) => {
    waited += milliseconds;
  };
  const { stdout, code, stderr } = await type(`secretless ${checking} -n demo -o json`, world.ports, { sleep });
  const { status, next } = JSON.parse(stdout).items.find(({ id }: { id: string }) => id === part) ?? {};
  return { status, next, code, waited, isTold: /^waiting up to 2 minutes for Azure: /m.test(stderr) };
}

const rejectingWith = (refuses: number) => () => {
  world.azure.identities.entra.refuses = refuses;
};
const rejecting = (call: string, verdict: string) => () => {
  world.asking.around(async (asked, next) => (is(call)(asked) ? { verdict, message: "no" } : next()));
};
const young = [
  ...[70021, 700211, 700212, 700213, 50166, 501661, 90061].map((number) => ({
    when: `Entra answers AADSTS${number}`,
    part: "token-exchange",
    breaks: rejectingWith(number),
  })),
  { when: "the registry rejects the identity", part: "registry-access", breaks: rejecting("exchange ", "refused") },
  { when: "the identity may not pull the image", part: "image-access", breaks: rejecting("prove", "out-of-scope") },
];

test.for(young)("waits two minutes, and diagnoses nothing, when $when and the setup is nine minutes old", async ({ part, breaks }) => {
  await run(creating);
  pass(9);
  breaks();

  expect(await waitedFor(part)).toEqual({ status: "unknown", next: undefined, code: 2, waited: 120_000, isTold: true });
});

test.for(young)("asks three times when $when and the setup is eleven minutes old", async ({ part, breaks }) => {
  await run(creating);
  pass(11);
  breaks();

  expect(await waitedFor(part)).toMatchObject({ status: "failed", code: 1, waited: 3000, isTold: false });
});

test("waits for no number of Entra that can't pass", async () => {
  await run(creating);
  pass(0);
  rejectingWith(700016)();

  expect(await waitedFor("token-exchange")).toMatchObject({ status: "failed", code: 1, waited: 0 });
});

test("reports the exchange as unknown when Entra is overloaded", async () => {
  await run(creating);
  rejectingWith(90033)();

  expect(await waitedFor("token-exchange")).toMatchObject({ status: "unknown", code: 2, waited: 3000 });
});

test.for(["exchangeAssertion", "exchange ", "prove"])("is not wrong about a setup when %s is rejected once", async (call) => {
  await run(creating);
  const refused = { refused: 700213, message: "no", passes: "young", verdict: "refused" };
  let left = 1;
  world.asking.around(async (asked, next) => (is(call)(asked) && left-- > 0 ? refused : next()));

  expect(Object.values(await parts())).toEqual(Array(7).fill("ok"));
});

test("names the server in the command that prints the keys to publish", async () => {
  await run(creating);
  world.azure.identities.entra.refuses = 7000272;

  expect((await run(`${checking} --server dev`)).stdout).toContain("kubectl get --server=dev --raw /openid/v1/jwks\n");
});

test("reports a part as unknown, and exits with 2, when it may not be read", async () => {
  await run(creating);
  for (const call of ["groupsMay", "metrics"]) world.asking.around(refusing(is(call), () => new CliError("forbidden", "no")));

  expect(await parts()).toMatchObject({ "token-audience": "unknown", "node-provider": "unknown", "image-access": "ok" });
  expect((await run(checking)).code).toBe(2);
});

test("reports the nodes as unknown when the API server cannot connect to a kubelet", async () => {
  await run(creating);
  world.asking.around(refusing(is("metrics"), () => new CliError("invalid", "lookup node-1: no such host")));

  expect(await parts()).toMatchObject({ "node-provider": "unknown", "image-access": "ok" });
});

test("reports the image as unknown when the registry stops answering", async () => {
  await run(creating);
  world.asking.around(async ({ call }, next) => (call === "prove" ? { verdict: "unreachable", message: "no response" } : next()));

  expect(await parts()).toMatchObject({ "registry-access": "ok", "image-access": "unknown" });
});

/** A node that gives each new pod a status. @returns the specs of the pods */
function nodeWith(status: Pod["status"]): Pod["spec"][] {
  const specs: Pod["spec"][] = [];
  world.asking.around(async ({ call, at, dryRun }, next) => {
    const answer = await next();
    const pod = call === "create" && !dryRun ? world.cluster.get("pod", "demo", at.replace("pod demo/", "")) : undefined;
    if (pod) {
      specs.push(pod.spec);
      world.cluster.put({ ...pod, spec: { ...pod.spec, nodeName: "worker-1" }, status });
    }
    return answer;
  });
  return specs;
}

const waiting = (reason: string, message = ""): Pod["status"] => ({
  containerStatuses: [{ name: "pull", state: { waiting: { reason, message } } }],
});

test.for([
  { status: waiting("CreateContainerError"), pull: "ok", code: 0 },
  { status: waiting("ErrImagePull", "failed to fetch anonymous token: 401 Unauthorized"), pull: "failed", code: 1 },
  { status: { phase: "Failed", message: "Node has insufficient memory" }, pull: "unknown", code: 2 },
])("reports pod-pull as $pull, and deletes the pod without pull secrets", async ({ status, pull, code }) => {
  world.cluster.put(account("demo", "web", ["acr"]));
  await run(creating);
  const specs = nodeWith(status);
  const line = `${checking} --from-cluster --node worker-1`;

  expect(JSON.parse((await run(`${line} -o json`)).stdout).items.at(-1)).toMatchObject({ id: "pod-pull", status: pull });
  expect((await run(line)).code).toBe(code);

  // Admission copies the list of the ServiceAccount only to a pod without a list
  expect(specs).toMatchObject(Array(2).fill({ serviceAccountName: "web", imagePullSecrets: [{}] }));
  // A tenant could create a Secret with a name that is known before
  expect(new Set(specs.map((spec) => spec.imagePullSecrets?.[0]?.name)).size).toBe(2);
  expect(world.cluster.all("pod")).toEqual([]);
});

test("reports pod-pull as unknown, and deletes the pod, when admission adds a pull secret", async () => {
  await run(creating);
  world.asking.around(async ({ call, dryRun }, next) => {
    const answer = await next();
    if (call !== "create" || dryRun) return answer;
    const { spec, ...pod } = answer as Pod;
    return { ...pod, spec: { ...spec, imagePullSecrets: [...(spec.imagePullSecrets ?? []), { name: "acr" }] } };
  });

  const { stdout } = await run(`${checking} --from-cluster -o json`);

  expect(JSON.parse(stdout).items.at(-1)).toMatchObject({
    id: "pod-pull",
    status: "unknown",
    message: expect.stringContaining("secret acr"),
  });
  expect(world.cluster.all("pod")).toEqual([]);
});

test("reports pod-pull as unknown when pods can't be created", async () => {
  await run(creating);
  world.asking.around(refusing(is("create"), () => new CliError("forbidden", 'User "jane" cannot create resource "pods" in API group ""')));

  const { stdout, code } = await run(`${checking} --from-cluster -o json`);

  expect({ last: JSON.parse(stdout).items.at(-1), code }).toMatchObject({
    last: { id: "pod-pull", status: "unknown", next: "--from-cluster requires the rights to create, delete, get and list pods" },
    code: 2,
  });
});
