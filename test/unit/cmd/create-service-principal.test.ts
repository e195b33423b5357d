import { expect } from "vitest";
import type { ApplicationAccess } from "../../../src/azure/port.ts";
import { day } from "../../../src/duration.ts";
import { line } from "../../support/demo.ts";
import { all, any, type Given, type Row, testRows, typed, unchanged } from "../../support/rows.ts";
import { acrPull, byName, byOwn, made, ofOthers, own, withOthers } from "../../support/service-principal.ts";

const key = "acr-secret: secret acr-myregistry in namespace demo #[0-9a-f]{8}";
/** An application with these passwords. */
const application = (name: string, ...passwords: string[]) => expect.stringMatching(new RegExp(`^${name}: ${passwords.join(", ")}$`));
/** The claim is the only write of a run that is refused. */
const claimOnly = ["create secret demo/acr-myregistry", "delete secret demo/acr-myregistry"];
const others = (more?: Parameters<typeof withOthers>[0]) => () => withOthers(more).world;
const complete = { principals: 1, roles: 1, secret: "alive" };
const notes = "kubectl acr-secret: secret acr-myregistry in namespace demo (uid-of-demo)";
const appId = ofOthers.split("=")[1] ?? "";
const getsKey = new RegExp(`^Warning: application "ci" .*${appId}.*\n$`);
/** The password in the Secret is no longer valid. */
const loseKey: Given = ({ azure }) => {
  for (const { keys } of azure.directory.applications) Object.assign(keys.at(-1) ?? {}, { text: "lost" });
};

testRows([
  {
    does: "creates an application, a service principal, a role and a password, and no second password in a second run",
    command: byOwn,
    stdout: made(own),
    leaves: {
      ...complete,
      applications: [application(own, key)],
      entry: {
        host: "myregistry.azurecr.io",
        kind: "service-principal",
        identity: expect.stringMatching(/^aaaaaaaa-/),
        slot: expect.stringMatching(/^cccccccc-/),
        madeAt: "2026-01-01T00:00:00.000Z",
        expiresAt: "2026-06-30T00:00:00Z",
        by: "jane@example.com",
      },
    },
    check: ({ azure, loginIn }) => {
      const [application] = azure.directory.applications;
      expect(application).toMatchObject({ notes });
      expect(azure.directory.assignments).toMatchObject([{ role: acrPull, condition: undefined }]);
      expect(loginIn("demo")?.username).toBe(application?.appId);
    },
    after: [unchanged(byOwn)],
  },
  {
    does: "adds a password to an existing application, warns about it, and keeps the passwords of others",
    world: others(),
    command: byName,
    stdout: /^roleassignment\S+ unchanged\napplication.graph.microsoft.com\/ci configured\nsecret\/acr-myregistry created\n/,
    stderr: getsKey,
    writes: /^(.* demo\/\S+\n)+addKey \S+\n(.* demo\/\S+\n)+$/,
    leaves: { ...complete, applications: [application("ci", "of others", key)], username: appId },
  },
  {
    does: "finds an application by its id, and creates the missing service principal and role",
    world: others({ principal: false, role: false }),
    command: ofOthers.toUpperCase().replace(/^.*=/, `${byOwn}=`),
    stdout: /serviceprincipal.graph.microsoft.com\/ci created\nroleassignment.management.azure.com\/ci created \(\+\*\)\n/,
    stderr: any,
    leaves: { ...complete, applications: [application("ci", "of others", key)] },
  },
  {
    does: "refuses a name that several applications have, and prints their ids",
    world: others(),
    given: ({ azure }) => azure.directory.put("ci"),
    command: byName,
    code: 1,
    stderr: new RegExp(`${appId}, aaaaaaaa-\\S+\nhint: .* --service-principal=APPID\n$`),
  },
  ...[
    { flags: "--service-principal=44444444-4444-4444-4444-444444444444", stderr: /44444444-.* not found/ },
    { flags: "--service-principal=it's", stderr: /invalid --service-principal "it's"/ },
    { flags: "--service-principal=", stderr: /must not be empty/ },
    { flags: "--service-principal --admin", stderr: /--admin and --service-principal cannot be used together/ },
    { flags: "--service-principal --wait soon", stderr: /invalid --wait "soon"/ },
  ].map(({ flags, stderr }): Row => ({ does: `refuses ${flags}`, world: others(), command: `${line} ${flags}`, code: 1, stderr })),
  {
    does: "prints the command that enables a disabled service principal",
    world: others(),
    given: ({ azure }) => Object.assign(azure.directory.principals[0] ?? {}, { enabled: false }),
    command: byName,
    code: 1,
    writes: claimOnly,
    stderr: new RegExp(`\nhint: az ad sp update --id ${appId} --set accountEnabled=true\n$`),
  },
  {
    does: "gives a new password the lifetime of the one before",
    world: others(),
    command: `${byName} --expires-in 90d`,
    stderr: any,
    leaves: { entry: { expiresAt: "2026-04-01T00:00:00Z" } },
    after: [
      {
        given: loseKey,
        command: byName,
        options: { now: () => new Date("2026-02-01T00:00:00Z") },
        stdout: /application.graph.microsoft.com\/ci configured\nsecret\/acr-myregistry configured\n/,
        stderr: any,
        leaves: { entry: { expiresAt: "2026-05-02T00:00:00Z" }, applications: [application("ci", "of others", key)] },
      },
    ],
  },
  {
    does: "warns that a password is valid longer than --expires-in when it keeps it",
    world: others(),
    given: typed(byName),
    command: `${byName} --expires-in 1h`,
    stderr: /until 2026-06-30T00:00:00Z\. .*--expires-in/,
    writes: [],
  },
  ...[
    {
      does: "refuses --expires-in when a policy of the tenant allows only a shorter lifetime",
      longest: 30 * day,
      command: `${byOwn} --expires-in 31d`,
      stderr: /allows passwords of applications for at most 30d\nhint: use --expires-in 30d, or omit --service-principal/,
    },
    {
      does: "refuses a new application when a policy of the tenant forbids passwords",
      longest: 0,
      command: byOwn,
      stderr: /a policy of the tenant forbids passwords of applications\nhint: ask an administrator/,
    },
  ].flatMap(({ does, longest, command, stderr }): Row[] => {
    const given: Given = ({ azure }) => void Object.assign(azure.directory.policy, { longest });
    const refused = { given, code: 1, stderr, leaves: { applications: [], secret: "none" } } as const;
    return [
      { does, command, ...refused, writes: /^(.* secret demo\/acr-myregistry\n)+$/ },
      { does: `${does} (dry run)`, command: `${command} --dry-run`, ...refused, stdout: any, writes: [] },
    ];
  }),
  {
    does: "limits a new password to the tenant's policy when no lifetime is requested",
    given: ({ azure }) => void Object.assign(azure.directory.policy, { longest: 30 * day }),
    command: byOwn,
    stdout: made(own),
    leaves: { entry: { expiresAt: "2026-01-30T23:59:00Z" } },
    after: [
      {
        command: "rotate -n demo --expires-in 31d",
        code: 1,
        stdout: any,
        stderr: /at most 30d\n/,
        writes: any,
        leaves: { entry: { expiresAt: "2026-01-30T23:59:00Z" }, applications: [application(own, key)] },
      },
    ],
  },
  {
    does: "gives an application that only the annotation names neither a password nor a role",
    world: others(),
    given: typed(byName),
    // The password is valid, so it is kept.
    ...unchanged(byOwn),
    after: [
      {
        given: loseKey,
        command: byOwn,
        stdout: new RegExp(`application.graph.microsoft.com/${own} created\n`),
        stderr: any,
        leaves: { applications: [application("ci", "of others", key), application(own, key)] },
      },
    ],
  },
  {
    does: "refuses to replace a working credential of another kind",
    given: typed(line),
    command: byOwn,
    code: 1,
    stderr: /holds the credential of/,
    leaves: { applications: [], principals: 0, roles: 0, secret: "alive" },
  },
]);

const me = "o-1";
const acrPush = "8311e382-0749-4cb8-b61a-304f252e45ec";
const owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const custom = "11111111-2222-4333-8444-555555555555";

type Existing = { notes?: string; keys?: number } & Partial<ApplicationAccess>;

/** Creates an application with the name that the plugin derives only from this Secret. */
const existing =
  ({ notes: of = notes, keys = 0, ...access }: Existing): Given =>
  ({ azure: { directory } }) => {
    directory.put(own, { notes: of, keys });
    directory.access.set(directory.applications[0]?.id ?? "", { owners: [me], principalOwners: [], otherKeys: [], ...access });
  };
const toAnotherOwner: Given = ({ azure: { directory } }) => {
  for (const [id] of directory.access) directory.access.set(id, { owners: ["o-2"], principalOwners: ["o-2"], otherKeys: [] });
};
const permits = (name: string, action: string) => ({
  name,
  permissions: [{ actions: [`Microsoft.ContainerRegistry/registries/${action}`], notActions: [] }],
});
const assign =
  (role: string, definition?: ReturnType<typeof permits>, here = true): Given =>
  ({ azure: { directory } }) => {
    directory.assign(directory.applications[0]?.appId ?? "", role, { here });
    if (definition) directory.definitions.set(role, definition);
  };

testRows([
  ...[
    { why: "another user created it", of: { notes: "", owners: ["o-2"] }, reason: "this plugin did not create it" },
    { why: "another user copied its notes", of: { owners: ["o-2"] }, reason: "only owner" },
    { why: "another user added this identity as an owner", of: { owners: [me, "o-2"] }, reason: "only owner" },
    { why: "another user owns its service principal", of: { principalOwners: ["o-2"] }, reason: "only owner" },
    { why: "it has a password of another user", of: { keys: 1 }, reason: "password of another user" },
    { why: "it has a certificate", of: { otherKeys: ["certificate"] as const }, reason: "certificate of another user" },
  ].map(
    ({ why, of, reason }): Row => ({
      does: `refuses an application with the Secret's derived name when ${why}`,
      given: existing(of),
      command: byOwn,
      code: 1,
      writes: claimOnly,
      stderr: new RegExp(`^error: application "${own}" \\((\\S+)\\) already exists, and .*${reason}\n.* --service-principal=\\1\n$`),
    }),
  ),
  {
    does: "uses an application with the Secret's derived name when an earlier run of this identity created it",
    given: existing({ principalOwners: [me] }),
    command: byOwn,
    stderr: any,
    leaves: complete,
  },
  {
    does: "uses the application that the Secret's annotation records when another identity runs create again",
    given: all(typed(byOwn), toAnotherOwner, ({ azure }) => azure.directory.applications[0]?.keys.splice(0)),
    command: byOwn,
    stdout: /secret\/acr-myregistry configured\n/,
    stderr: any,
  },
  {
    does: "refuses the application that the annotation records when this plugin assigned it no role",
    given: all(typed(byOwn), toAnotherOwner, ({ azure }) => azure.directory.assignments.splice(0), loseKey),
    command: byOwn,
    code: 1,
    stdout: any,
    writes: any,
    stderr: /only owner/,
  },
  {
    does: "refuses an application by its display name when it has no pull role, and accepts it by its id",
    world: others({ role: false }),
    command: byName,
    code: 1,
    writes: claimOnly,
    stderr: new RegExp(`^error: application "ci" \\(${appId}\\) already exists, and this plugin did not create it\n.*=${appId}\n$`),
    after: [{ command: `${byOwn}=${appId}`, stderr: any, leaves: complete }],
  },
  ...[
    { role: acrPush, rights: 'actions of role "AcrPush"' },
    { role: owner, rights: 'actions of role "Owner"' },
    { role: custom, definition: permits("our pusher", "push/write"), rights: 'actions of role "our pusher"' },
    { role: custom, rights: `actions of role ${custom}` },
  ].map(
    ({ role, definition, rights }): Row => ({
      does: `refuses a service principal with ${rights} unless --force accepts them`,
      world: others(),
      given: assign(role, definition, false),
      command: byName,
      code: 1,
      writes: claimOnly,
      stderr: new RegExp(`^error: service principal "ci" can do more than pull: ${rights}\nhint: add --force`),
      after: [{ command: `${byName} --force`, stderr: new RegExp(`Warning: service principal "ci" can do more than pull: ${rights}\n`) }],
    }),
  ),
  {
    does: "accepts a service principal with a custom role that only reads",
    world: others(),
    given: assign(custom, permits("our reader", "pull/read")),
    command: byName,
    stderr: getsKey,
  },
  {
    does: "prints the rights once when rotate renews a password of a service principal that pushes",
    world: others(),
    given: all(assign(acrPush), typed(`${byName} --force`)),
    command: "rotate acr-myregistry -n demo",
    stderr: /^(?!(.*can do more than pull){2}).*service principal "ci" can do more than pull: actions of role "AcrPush"/s,
  },
  {
    does: "refuses the Secret's own application when another tool gave it another role and it needs a password",
    given: all(typed(byOwn), assign(owner), loseKey),
    command: byOwn,
    code: 1,
    writes: any,
    stderr: /actions of role "Owner"/,
    check: ({ azure }) => expect(azure.directory.assignments.map(({ role }) => role)).toEqual([acrPull, owner]),
  },
]);
