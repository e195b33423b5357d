import { expect, test } from "vitest";
import type { ApplicationAccess, RoleAssignment } from "../../../src/azure/port.ts";
import type { Account, Evidence, Made, Sending, Shown } from "../../../src/credential/issuer.ts";
import type { Owner } from "../../../src/credential/owner.ts";
import { conditionOf } from "../../../src/credential/service-principal/roles.ts";
import { principalIssuer } from "../../../src/credential/service-principal.ts";
import { Busy, CliError, isLost, NotYet } from "../../../src/errors.ts";
import { openInterruption } from "../../../src/interruption.ts";
import type { Outcome } from "../../../src/outcome.ts";
import { describeInAzure, parseAzureOwner } from "../../../src/secret/azure-words.ts";
import type { Credential, Intent } from "../../../src/secret/record.ts";
import { StartAgain } from "../../../src/secret/source.ts";
import { is, losing, refusing } from "../../support/fakes/asked.ts";
import { ownerCalled } from "../../support/fakes/source-owner.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { acrPull, reader } from "../../support/service-principal.ts";

const described = (secret: string, namespace = "demo") =>
  describeInAzure({ secret, namespace, namespaceUid: `uid-of-${namespace}`, cluster: "1a2b3c4d", isExported: false });
const ownerOf = (secret: string): Owner => ownerCalled(`demo-${secret}-0123456789abcdef`, secret);
const owner = ownerOf("acr");
const own = owner.name;
const ours = (tag: string, secret = "acr") => `acr-secret: secret ${secret} in namespace demo of cluster 1a2b3c4d #${tag.repeat(8)}`;
const host = "myregistry.azurecr.io";
const lostAnswer = () => new CliError("timeout", "the answer was lost");
const notYet = () => new NotYet("forbidden", "Azure has not heard of it");
const busy = () => new Busy("Graph carries out another write");
const taken = () => new CliError("conflict", "it exists");

type Options = Partial<Pick<Parameters<typeof principalIssuer>[0], "mode" | "named" | "isRecorded" | "force">> & {
  readonly repositories?: readonly string[];
  readonly exact?: boolean;
  readonly isDry?: boolean;
  readonly owner?: Owner;
  readonly credential?: Partial<Credential>;
};

/** Plays the steps of `create` on one source, as far as the application is concerned. */
function open(world: FakeWorld, options: Options = {}) {
  const { mode = "legacy", named, isRecorded = false, force = false, repositories = mode === "abac" ? ["app/web"] : [] } = options;
  const { exact = false, isDry = false, credential, owner: of = owner } = options;
  const slept: number[] = [];
  const azure = world.azure.azure(openInterruption());
  const registry = { id: "/registries/myregistry", name: "myregistry", loginServer: host, sku: "Premium" };
  const sleep = async (milliseconds: number) => void slept.push(milliseconds);
  const waits = { right: 600_000, password: 180_000 };
  const issuer = principalIssuer({ azure, registry, mode, named, isRecorded, force, waits, sleep, now: () => new Date() });
  const record: Credential | undefined = credential && { kind: "service-principal", host, identity: "", ...credential };
  const evidence: Evidence = { credential: record, claim: undefined };
  const undo: Sending["undo"] = [];
  const sending: Sending = {
    dryRun: isDry,
    undo,
    send: (request) =>
      request().catch((error: unknown) => {
        throw error instanceof CliError && isLost(error) ? new StartAgain(error.message, error) : error;
      }),
  };
  let noted: Intent | undefined;
  const outcomes: Outcome[] = [];
  const look = () => issuer.look(of, evidence);

  async function ensure(): Promise<Account> {
    const steps = issuer.ensure(of, await look(), { repositories, exact }, sending);
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return value;
      outcomes.push(value);
    }
  }

  async function generate(account: Account): Promise<Made> {
    const isLeftOver = ({ name }: Shown) => name === noted?.slot;
    const slot = issuer.slotFor(account, noted, isLeftOver, of) ?? expect.unreachable("no slot");
    noted = { slot, until: "2026-01-01T00:00:00Z" };
    return issuer.generate(account, slot, undefined, sending.send);
  }

  /** Starts again as often as a verb does. */
  async function create(): Promise<Made> {
    for (let count = 1; ; count++) {
      try {
        return await generate(await ensure());
      } catch (error) {
        if (!(error instanceof StartAgain) || count === 10) throw error;
      }
    }
  }

  return {
    issuer,
    slept,
    outcomes,
    look,
    ensure,
    generate,
    create,
    remove: async () => Array.fromAsync(issuer.remove(of, await look(), sending)),
    async undoAll() {
      for (const reverse of undo.toReversed()) await reverse(sending.send);
    },
  };
}

/** Runs a step. @returns what it printed and wrote, or its error with its hint */
async function did(world: FakeWorld, run: ReturnType<typeof open>, step: "create" | "ensure"): Promise<string[]> {
  world.asking.forget();
  const error = await run[step]().then(
    () => undefined,
    (failed: unknown) => failed,
  );
  if (error instanceof CliError) return [`${error.message}; ${typeof error.hint === "string" ? error.hint : ""}`];
  expect(error).toBeUndefined();
  return world.asking.writes.map((call) => call.split(" ")[0] ?? "");
}

const state = ({ azure: { directory } }: FakeWorld) => ({
  applications: directory.applications.map(({ displayName, keys }) => `${displayName}: ${keys.length}`),
  principals: directory.principals.length,
  roles: directory.assignments.map(({ condition }) => condition),
});
const complete = { applications: [`${own}: 1`], principals: 1, roles: [undefined] };

type Existing = { name?: string; notes?: string; keys?: readonly string[]; role?: string | Partial<RoleAssignment>; owners?: string[] };

/** Creates an application. @returns its appId */
function put({ azure: { directory } }: FakeWorld, of: Existing & Partial<ApplicationAccess> = {}): string {
  const { name = own, notes = described("acr"), keys = [], role, owners = ["o-1"], principalOwners = [], otherKeys = [] } = of;
  const appId = directory.put(name, { keys: keys.length, notes });
  const application = directory.applications.at(-1) ?? expect.unreachable("no application");
  for (const [at, displayName] of keys.entries()) Object.assign(application.keys[at] ?? {}, { displayName });
  directory.access.set(application.id, { owners, principalOwners, otherKeys });
  if (role !== undefined) directory.assign(appId, acrPull, typeof role === "string" ? { ours: true } : role);
  return appId;
}

test("creates an application, its service principal, a role and a password", async () => {
  const world = fakeWorld();
  const run = open(world);

  const made = await run.create();
  expect(world.asking.writes.map((call) => call.split(" ")[0])).toEqual([
    "createApplication",
    "createServicePrincipal",
    "assignRole",
    "addKey",
  ]);
  expect(run.outcomes.map(({ to, result }) => `${to.kind.split(".")[0]} ${result}`)).toEqual([
    "application created",
    "serviceprincipal created",
    "roleassignment created",
  ]);
  const [application] = world.azure.directory.applications;
  expect(application).toMatchObject({ displayName: own, notes: described("acr"), keys: [{ slot: made.slot }] });
  expect(parseAzureOwner(application?.keys[0]?.displayName ?? "")).toMatchObject({
    words: "secret acr in namespace demo",
    cluster: "1a2b3c4d",
  });
  expect(made).toMatchObject({ identity: application?.appId, login: { username: application?.appId }, by: "jane@example.com" });
  expect(state(world)).toEqual(complete);
});

test("writes nothing in a dry run", async () => {
  const world = fakeWorld();
  const run = open(world, { isDry: true });

  await run.ensure();
  expect(world.asking.writes).toEqual([]);
  expect(run.outcomes).toHaveLength(3);
});

test.for(["createApplication", "createServicePrincipal", "assignRole", "addKey"])(
  "continues when the response to %s is lost, and leaves nothing behind",
  async (call) => {
    const world = fakeWorld();
    world.asking.around(losing(is(call), lostAnswer));

    const made = await open(world).create();
    expect(state(world)).toEqual(complete);
    expect(world.azure.knows({ username: made.login.username, password: made.login.password.reveal() })).toBe(true);
  },
);

test.for([
  { call: "createServicePrincipal", error: notYet },
  { call: "assignRole", error: notYet },
  { call: "addKey", error: notYet },
  { call: "createApplication", error: busy },
  { call: "createServicePrincipal", error: busy },
  { call: "addKey", error: busy },
])("retries $call when Azure answers $error.name", async ({ call, error }) => {
  const world = fakeWorld();
  world.asking.around(refusing(is(call), error, 2));
  const run = open(world);

  await run.create();
  expect(state(world)).toEqual(complete);
  expect(run.slept.toSorted((a, b) => a - b)).toEqual([1000, 2000, 2000]);
});

test("waits for a new application no longer than --wait", async () => {
  const world = fakeWorld();
  world.asking.around(refusing(is("addKey"), notYet));
  const run = open(world);

  await expect(run.create()).rejects.toThrow("Azure has not heard of it");
  expect(run.slept.reduce((sum, each) => sum + each, 0)).toBe(2_000 + 180_000);
  await run.undoAll();
  expect(state(world)).toEqual({ applications: [], principals: 0, roles: [] });
});

test.for([
  { call: "createServicePrincipal", by: (world: FakeWorld) => world.azure.directory.principals.length },
  { call: "assignRole", by: (world: FakeWorld) => world.azure.directory.assignments.length },
])("accepts what another run has done when $call answers that it exists", async ({ call, by }) => {
  const world = fakeWorld();
  world.asking.around(losing(is(call), taken));

  await open(world).create();
  expect(by(world)).toBe(1);
});

test("uses the first application when two runs create one at the same time", async () => {
  const world = fakeWorld();
  const { directory } = world.azure;
  world.asking.around(async (asked, next) => {
    const answer = await next();
    if (asked.call === "createApplication" && directory.applications.length === 1) {
      const appId = put(world, { notes: described("acr") });
      const theirs = directory.applications.find((one) => one.appId === appId);
      Object.assign(theirs ?? {}, { madeAt: "2025-01-01T00:00:00.000Z" });
    }
    return answer;
  });

  const made = await open(world).create();
  expect(state(world)).toEqual(complete);
  expect(directory.applications[0]).toMatchObject({ appId: made.identity, madeAt: "2025-01-01T00:00:00.000Z" });
});

const isOther = new RegExp(`^application "${own}" .* already exists, and `);

test.for<{ why: string; of: Existing & Partial<ApplicationAccess>; recorded?: true; error?: string }>([
  { why: "an earlier run of this identity created it", of: { principalOwners: ["o-1"] } },
  {
    why: "the source records it and has its role, although another identity created it",
    of: { owners: ["o-2"], role: "ours" },
    recorded: true,
  },
  { why: "the source records it, but it has no role", of: { owners: ["o-2"] }, recorded: true, error: "you are not its only owner" },
  {
    why: "the source records it, but another tool assigned its role",
    of: { owners: ["o-2"], role: {} },
    recorded: true,
    error: "only owner",
  },
  { why: "another user created it", of: { notes: "", owners: ["o-2"] }, error: "this plugin did not create it" },
  { why: "another user copied its notes", of: { owners: ["o-2"] }, error: "only owner" },
  { why: "another user is an owner too", of: { owners: ["o-1", "o-2"] }, error: "only owner" },
  { why: "another user owns its service principal", of: { principalOwners: ["o-2"] }, error: "only owner" },
  { why: "it has a password of another user", of: { keys: ["theirs"] }, error: "password of another user" },
  { why: "it has a certificate", of: { otherKeys: ["certificate"] }, error: "certificate of another user" },
])("judges an application with the derived name: $why", async ({ of, recorded, error }) => {
  const world = fakeWorld();
  const identity = put(world, of);

  const [first = ""] = await did(world, open(world, recorded ? { credential: { identity } } : {}), "create");
  if (error === undefined) expect(state(world)).toMatchObject({ applications: [`${own}: 1`], principals: 1 });
  else {
    expect(first).toMatch(isOther);
    expect(first).toMatch(new RegExp(`${error}; .*--service-principal=${identity}$`));
    expect(world.asking.writes).toEqual([]);
  }
});

test("uses the application that the source records when several have its name", async () => {
  const world = fakeWorld();
  const identity = put(world, { role: "ours" });
  put(world);

  expect(await did(world, open(world), "create")).toEqual([expect.stringMatching(/^2 applications are named .*: a\S+, a\S+; /)]);
  expect(await did(world, open(world, { credential: { identity } }), "create")).toEqual(["addKey"]);
});

const ci = { name: "ci", notes: "", owners: ["o-2"], keys: ["theirs"] };
const isNotOurs = [expect.stringMatching(/^application "ci" .* this plugin did not create it; .*--service-principal=a\S+$/)];

test.for<{ does: string; of: Existing; by: "name" | "id" | "record"; wrote: unknown[] }>([
  { does: "gives a password", of: { ...ci, role: {} }, by: "name", wrote: ["addKey"] },
  { does: "refuses a role", of: ci, by: "name", wrote: isNotOurs },
  { does: "gives a role and a password", of: ci, by: "id", wrote: ["assignRole", "addKey"] },
  {
    does: "refuses a password",
    of: { ...ci, role: {} },
    by: "record",
    wrote: [expect.stringMatching(/ records application "ci" .* nothing in Azure shows/)],
  },
  {
    does: "gives another password",
    of: { ...ci, role: {}, keys: ["theirs", ours("0")] },
    by: "record",
    wrote: ["addKey"],
  },
  {
    does: "refuses a role",
    of: { ...ci, keys: [ours("0")] },
    by: "record",
    wrote: [expect.stringMatching(/^application "ci" lacks repositories/)],
  },
])("$does when another user's application is named by its $by", async ({ of, by, wrote }) => {
  const world = fakeWorld();
  const identity = put(world, of);
  const slot = world.azure.directory.applications[0]?.keys.at(-1)?.slot;
  const run = open(world, {
    named: by === "name" ? "ci" : identity.toUpperCase(),
    isRecorded: by === "record",
    credential: { identity, slot },
  });

  expect(await did(world, run, "create")).toEqual(wrote);
  expect(run.outcomes.flatMap(({ messages = [] }) => messages)).toEqual(
    by === "name" && wrote[0] === "addKey" ? [expect.stringMatching(/"ci" already exists \(a\S+\) and gets one more password/)] : [],
  );
});

const custom = "11111111-2222-4333-8444-555555555555";

test.for<{ why: string; given: (world: FakeWorld, appId: string) => unknown; options?: Options; error: RegExp }>([
  { why: "its id is unknown", given: () => {}, options: { named: custom }, error: /^application 1{8}-\S+ not found in the tenant/ },
  {
    why: "the recorded one was deleted",
    given: () => {},
    options: { named: custom, isRecorded: true },
    error: /^application 1{8}-\S+ was deleted/,
  },
  {
    why: "it is disabled",
    given: ({ azure }) => Object.assign(azure.directory.principals[0] ?? {}, { enabled: false }),
    error: /is disabled; az ad sp update --id a\S+ --set accountEnabled=true$/,
  },
  {
    why: "it can push",
    given: ({ azure }, appId) => azure.directory.assign(appId, custom, { here: false }),
    error: /can do more than pull: actions of role 1{8}\S+; add --force/,
  },
])("refuses an application when $why, and creates nothing", async ({ given, options, error }) => {
  const world = fakeWorld();
  await given(world, put(world));

  expect(await did(world, open(world, options), "create")).toEqual([expect.stringMatching(error)]);
  expect(world.asking.writes).toEqual([]);
});

test("accepts more rights than pulling when forced, and warns about them", async () => {
  const world = fakeWorld();
  world.azure.directory.assign(put(world), custom, { here: false });
  const run = open(world, { force: true });

  expect(await did(world, run, "create")).toEqual(["assignRole", "addKey"]);
  expect(run.outcomes.flatMap(({ messages = [] }) => messages)).toEqual([expect.stringMatching(/can do more than pull/)]);
});

const on = (...repositories: string[]) => conditionOf(repositories);
const abac = { mode: "abac", named: "ci" } as const;

test.for<{
  does: string;
  role?: Partial<RoleAssignment>;
  options?: Options;
  after: (string | undefined)[];
  error?: RegExp;
  withdraws?: string[];
}>([
  { does: "assigns a role for the repositories only", after: [on("app/web")] },
  { does: "adds a repository to the granted ones", role: { condition: on("app/api"), ours: true }, after: [on("app/api", "app/web")] },
  {
    does: "takes away what is not named when exact",
    role: { condition: on("app/api", "app/web"), ours: true },
    options: { exact: true },
    after: [on("app/web")],
    withdraws: ["app/api"],
  },
  {
    does: "narrows a path when exact",
    role: { condition: on("app/*"), ours: true },
    options: { exact: true },
    after: [on("app/web")],
    withdraws: ["app/*"],
  },
  { does: "assigns a role without a condition for *", options: { repositories: ["*"] }, after: [undefined] },
  { does: "keeps another user's role that covers the repositories", role: { condition: on("app/*") }, after: [on("app/*")] },
  { does: "keeps another user's role on the whole registry", role: { condition: undefined }, after: [undefined] },
  {
    does: "refuses to rewrite a condition of another user",
    role: { condition: on("app/api") },
    after: [on("app/api")],
    error: /has a condition/,
  },
  {
    does: "refuses to rewrite a condition of another form",
    role: { condition: "(x)", ours: true },
    after: ["(x)"],
    error: /has a condition/,
  },
])("$does of a registry with ABAC", async ({ role, options, after, error, withdraws }) => {
  const world = fakeWorld();
  const appId = put(world, { name: "ci" });
  if (role) world.azure.directory.assign(appId, reader, role);
  const run = open(world, { ...abac, named: appId, ...options });

  const [first = ""] = await did(world, run, "ensure");
  if (error) expect(first).toMatch(error);
  expect(state(world).roles).toEqual(after);
  expect(run.outcomes.flatMap((one) => one.withdraws ?? [])).toEqual(withdraws ?? []);
  if (!error) expect(await did(world, open(world, { ...abac, named: appId, ...options }), "ensure")).toEqual([]);
});

test("adds its own difference to a condition that another user has just changed, and takes only that back", async () => {
  const world = fakeWorld();
  const appId = put(world, { name: "ci" });
  world.azure.directory.assign(appId, reader, { condition: on("app/api"), ours: true });
  const change = (...repositories: string[]) =>
    Object.assign(world.azure.directory.assignments[0] ?? {}, { condition: on(...repositories) });
  const run = open(world, { ...abac, named: appId });
  const steps = run.issuer.ensure(
    owner,
    await run.look(),
    { repositories: ["app/web"], exact: false },
    {
      dryRun: false,
      undo: [],
      send: (request) => request(),
    },
  );
  await steps.next();
  change("app/api", "team/a");
  await steps.next();
  expect(state(world).roles).toEqual([on("app/api", "app/web", "team/a")]);

  const other = open(world, { ...abac, named: appId, repositories: ["team/b"] });
  await other.ensure();
  change("app/api", "app/web", "team/a", "team/b", "team/c");
  await other.undoAll();
  expect(state(world).roles).toEqual([on("app/api", "app/web", "team/a", "team/c")]);
});

test.for([
  { call: "createServicePrincipal", writes: ["createApplication", "deleteApplication"] },
  { call: "assignRole", writes: ["createApplication", "createServicePrincipal", "deleteApplication"] },
  { call: "addKey", writes: ["createApplication", "createServicePrincipal", "assignRole", "unassignRole", "deleteApplication"] },
])("takes everything back when $call is refused", async ({ call, writes }) => {
  const world = fakeWorld();
  world.asking.around(refusing(is(call), () => new CliError("forbidden", "no")));
  const run = open(world);

  await expect(run.create()).rejects.toThrow("no");
  await run.undoAll();
  expect(world.asking.writes.map((text) => text.split(" ")[0]).filter((text) => text !== call)).toEqual(
    writes.filter((text) => text !== call),
  );
  expect(state(world)).toEqual({ applications: [], principals: 0, roles: [] });
});

test("keeps what it created when another Secret has got a password of it", async () => {
  const world = fakeWorld();
  const run = open(world, { named: "ci" });
  await run.ensure();
  await open(world, { named: "ci", owner: ownerOf("other") }).create();

  await run.undoAll();
  expect(state(world)).toEqual({ applications: ["ci: 1"], principals: 1, roles: [undefined] });
});

test("shows only the passwords that were created for the source", async () => {
  const world = fakeWorld();
  const foreign = ours("1").replace("1a2b3c4d", "00000000");
  put(world, { keys: [ours("0"), ours("2", "other"), foreign, "acr-secret: secret acr in namespace demo", "theirs"] });

  expect((await open(world).look()).passwords.map(({ name }) => name)).toEqual([ours("0")]);
});

test("does not confuse the passwords of Secrets with long names", async () => {
  const world = fakeWorld();
  const long = (end: string): Owner => ({ ...ownerOf(`${"s".repeat(200)}${end}`), stem: `demo-${"s".repeat(28)}-${end.repeat(16)}` });
  for (const end of ["a", "b"]) await open(world, { named: "ci", owner: long(end) }).create();

  const [application] = world.azure.directory.applications;
  expect(application?.keys.map(({ displayName }) => displayName.length <= 120)).toEqual([true, true]);
  for (const [at, end] of ["a", "b"].entries()) {
    const { passwords } = await open(world, { named: "ci", owner: long(end) }).look();
    expect(passwords.map(({ slot }) => slot)).toEqual([application?.keys[at]?.slot]);
  }
});

test("replaces the password that a killed run has left, and never another one", async () => {
  const world = fakeWorld();
  put(world, { keys: [ours("0"), ours("1")], role: "ours" });
  const { issuer, look } = open(world);
  const account = await look();
  const intent = (slot: string): Intent => ({ slot, until: "2026-01-01T00:00:00Z" });
  const nobodys = ({ name }: Shown) => name === ours("1");

  expect(issuer.slotFor(account, intent(ours("1")), nobodys, owner)).toBe(ours("1"));
  for (const noted of [undefined, intent(ours("0")), intent(ours("2", "other")), intent("theirs")])
    expect(issuer.slotFor(account, noted, nobodys, owner)).toMatch(
      /^acr-secret: secret acr in namespace demo of cluster 1a2b3c4d #[0-9a-f]{8}$/,
    );
  await issuer.generate(account, ours("1"), undefined, (request) => request());
  expect(world.azure.directory.applications[0]?.keys.map(({ displayName }) => displayName)).toEqual([ours("0"), ours("1")]);
  expect(world.asking.writes.map((call) => call.split(" ")[0])).toEqual(["removeKey", "addKey"]);
});

test("does not repeat addKey when the response is lost", async () => {
  const world = fakeWorld();
  put(world, { role: "ours" });
  world.asking.around(losing(is("addKey"), lostAnswer));
  const run = open(world);

  await expect(run.generate(await run.look())).rejects.toThrow(StartAgain);
  expect(world.asking.writes).toHaveLength(1);
});

test.for([
  { why: "exists", given: () => {}, left: [ours("1")] },
  { why: "is gone", given: ({ azure }: FakeWorld) => azure.directory.applications[0]?.keys.splice(0, 1), left: [ours("1")] },
  { why: "is gone with its application", given: ({ azure }: FakeWorld) => azure.directory.applications.splice(0), left: undefined },
])("ends exactly the given password when it $why", async ({ given, left }) => {
  const world = fakeWorld();
  put(world, { keys: [ours("0"), ours("1")], role: "ours" });
  const { issuer, look } = open(world);
  const account = await look();
  const [first = expect.unreachable("no password")] = account.passwords;
  given(world);

  await issuer.end(account, first);
  expect(world.azure.directory.applications[0]?.keys.map(({ displayName }) => displayName)).toEqual(left);
});

test("fails to end a password that Azure still shows", async () => {
  const world = fakeWorld();
  put(world, { keys: [ours("0")], role: "ours" });
  world.asking.around(refusing(is("removeKey"), () => new CliError("forbidden", "no")));
  const { issuer, look } = open(world);
  const account = await look();

  await expect(issuer.end(account, account.passwords[0] ?? expect.unreachable("no password"))).rejects.toThrow("no");
});

const away = ["roleassignment deleted", "application deleted"];
const keyOnly = ["application configured"];

test.for<{ why: string; of: Existing & Partial<ApplicationAccess>; removed: string[]; left: string[]; says?: RegExp }>([
  { why: "it is the source's own", of: { keys: [ours("0")], role: "ours" }, removed: away, left: [] },
  { why: "its password has ended", of: { role: "ours" }, removed: away, left: [] },
  { why: "it has no role of this plugin", of: { role: {} }, removed: ["application deleted"], left: [] },
  {
    why: "the source has its last password",
    of: { notes: described("other"), keys: [ours("0")], role: "ours" },
    removed: away,
    left: [],
  },
  {
    why: "it is another source's",
    of: { notes: described("other"), role: "ours" },
    removed: [],
    left: [`${own}: 0`],
    says: /role .* was kept/,
  },
  { why: "another tool created it", of: { notes: "", keys: [ours("0")], role: {} }, removed: keyOnly, left: [`${own}: 0`] },
  {
    why: "another user has a password",
    of: { keys: [ours("0"), "theirs"], role: "ours" },
    removed: keyOnly,
    left: [`${own}: 1`],
    says: /role .* was kept/,
  },
  {
    why: "another Secret has a password",
    of: { keys: [ours("0"), ours("1", "other")], role: "ours" },
    removed: keyOnly,
    left: [`${own}: 1`],
    says: /still has 1 password of this plugin/,
  },
  {
    why: "another user signs in with a certificate",
    of: { keys: [ours("0")], role: "ours", otherKeys: ["certificate"] },
    removed: keyOnly,
    left: [`${own}: 0`],
    says: /role .* was kept/,
  },
])("removes $removed when $why", async ({ of, removed, left, says }) => {
  const world = fakeWorld();
  put(world, of);

  const outcomes = await open(world).remove();
  expect(outcomes.flatMap(({ to, result }) => (result ? `${to.kind.split(".")[0]} ${result}` : []))).toEqual(removed);
  expect(outcomes.flatMap(({ messages = [] }) => messages)).toEqual(says ? [expect.stringMatching(says)] : []);
  expect(state(world).applications).toEqual(left);
  expect(world.azure.directory.assignments).toHaveLength(removed.includes("roleassignment deleted") ? 0 : of.role ? 1 : 0);
});

test("removes nothing in a dry run, and nothing of an application that was deleted", async () => {
  const world = fakeWorld();
  put(world, { keys: [ours("0")], role: "ours" });

  expect(await open(world, { isDry: true }).remove()).toHaveLength(2);
  expect(world.asking.writes).toEqual([]);
  world.azure.directory.applications.splice(0);
  expect(await open(world, { named: custom, isRecorded: true }).remove()).toEqual([]);
});
