import { load } from "js-yaml";
import { expect } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { Secret } from "../../../src/objects.ts";
import { claimKey, claimOf, copyLabel } from "../../../src/secret/record.ts";
import { refused, token } from "../../support/demo.ts";
import { is } from "../../support/fakes/asked.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { watch, worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { sourceSecret } from "../../support/records.ts";
import { annotates, closes, host, isAlive, makeByHand, slotsOf, writesRecord } from "../../support/rotating.ts";
import { all, any, before, failed, type Given, type Row, refuse, testRows, typed } from "../../support/rows.ts";
import { everythingIn, making } from "../../support/situations/deleting.ts";

const attached = "--serviceaccount default -n demo";
const own = `${making} ${attached}`;
const principal = `create --registry myregistry ${attached} --service-principal`;
const revoke = "delete acr-myregistry --revoke -y -n demo";
const patched = "serviceaccount/default patched";
const deleted = "secret/acr-myregistry deleted";
const inAzure = [`token.azurecr.io/${token} deleted`, `scopemap.azurecr.io/${token} deleted`];

const sizes =
  (count: number) =>
  ({ azure }: FakeWorld) =>
    expect(azure.tokens.size + azure.scopeMaps.size).toBe(count);
const secretIn = ({ cluster }: FakeWorld, at = "demo") => cluster.get("secret", at, "acr-myregistry") ?? expect.unreachable("no Secret");
const isKept = (world: FakeWorld) => {
  sizes(2)(world);
  expect(world.cluster.get("secret", "demo", "acr-myregistry")).toBeDefined();
};
/** Another pull Secret holds the login of the source. */
const held =
  (labels: Readonly<Record<string, string>> = {}): Given =>
  (world) => {
    const { username = "", password = "" } = world.loginIn("demo") ?? {};
    const secret = pullSecret("other", "theirs", { [host]: { username, password } });
    world.cluster.put({ ...secret, metadata: { ...secret.metadata, labels } });
  };
const isHeld = [
  `error: credential "${token}" is not revoked, because secret/theirs in namespace other holds it`,
  "hint: delete that Secret first, or add --force to end the credential anyway",
];
/** No password ends in Azure while the Secret has it. */
const neverDead: Given = (world) =>
  world.asking.around(async ({ port, writes }, next) => {
    if (port === "azure" && writes) expect(world.loginIn("demo")).toBeUndefined();
    return next();
  });
const demo =
  (...lines: readonly string[]) =>
  async () => {
    const world = worldOf(["demo", "other"]);
    await typed(...lines)(world);
    return world;
  };
const notRevoked =
  /^Warning: secret\/acr-myregistry in namespace demo does not exist, so nothing was revoked\. .* run:\n {2}kubectl acr-secret prune -n demo --registry REGISTRY\n$/;
/** Exports a Secret, and applies it. */
const exporting =
  (line: string): Given =>
  async ({ cluster, ports }) => {
    const { code, stdout } = await type(`${line}${line.includes(" -n ") ? "" : " -n demo"} --export`, ports);
    expect(code).toBe(0);
    cluster.put(load(stdout) as Secret, "kubectl-client-side-apply");
  };
const killed = { run: "x", until: "2000-01-01T00:00:00.000Z", intent: { slot: "password2", until: "2000-01-01T00:00:00.000Z" } };
let untouched: ReturnType<typeof everythingIn>;
const { live, started } = watch();

testRows(
  [
    {
      does: "empties the Secret, then deletes the credential in Azure, then the Secret",
      given: neverDead,
      command: revoke,
      stdout: [patched, ...inAzure, deleted],
      writes: [
        "patch secret demo/acr-myregistry",
        "patch serviceaccount demo/default",
        "patch secret demo/acr-myregistry",
        `deleteToken ${token}`,
        `deleteScopeMap ${token}`,
        "delete secret demo/acr-myregistry",
      ],
    },
    ...["client", "server"].map(
      (how): Row => ({
        does: `prints all steps and changes nothing when --dry-run=${how}`,
        command: `${revoke} --dry-run=${how}`,
        stdout: [patched, ...inAzure, deleted].map((text) => `${text} (${how === "server" ? "server " : ""}dry run)`),
        writes: [],
      }),
    ),
    ...[
      { output: "-o name", stdout: ["serviceaccount/default", "secret/acr-myregistry"] },
      { output: "-o jsonl", stdout: /"object":"token\.azurecr\.io\/.*","result":"deleted","because":"it is revoked"/ },
    ].map(
      ({ output, stdout }): Row => ({
        does: `prints the objects and no password when ${output}`,
        command: `${revoke} ${output}`,
        stdout,
        check: (_, run) => expect(run.stdout).not.toContain("password-"),
      }),
    ),
    ...[
      { what: "a token", lines: [own] },
      { what: "a token that expires", lines: [`${own} --expires-in 30d`] },
      { what: "a token with copies", lines: [`${own} --copy-to other`] },
      { what: "a rotated token", lines: [own, "rotate -n demo"] },
      { what: "a token in its grace period", lines: [own, "rotate -n demo --grace 24h"] },
      { what: "a repository of Argo CD", lines: [`${making} --for argocd -n demo`] },
      { what: "a service principal", lines: [principal] },
      { what: "a new named service principal", lines: [`${principal}=ci`] },
      { what: "a rotated service principal", lines: [principal, "rotate -n demo"] },
    ].map(
      ({ what, lines }): Row => ({
        does: `restores the cluster and Azure after create: ${what}`,
        world: () => worldOf(["demo", "other"]),
        given: async (world) => {
          world.cluster.put(pullSecret("other", "theirs"));
          world.azure.putScopeMap({ name: "readers", actions: ["repositories/app/web/content/read"] });
          untouched = everythingIn(world);
          await typed(...lines)(world);
        },
        command: revoke,
        check: (world) => expect(everythingIn(world)).toEqual(untouched),
      }),
    ),
    {
      does: "ends only its own passwords when a person has generated another one",
      given: (world) => makeByHand(world, "password2"),
      command: revoke,
      stdout: [patched, `token.azurecr.io/${token} configured (-password1)`, deleted],
      stderr: [`Warning: password2 of ${token} still works, because secret/acr-myregistry does not record it`],
      check: (world) => expect(slotsOf(world)).toEqual(["password2"]),
    },
    ...[
      { what: "its record has another time", given: writesRecord("demo", { madeAt: "2025-01-01T00:00:00Z" }) },
      { what: "its record has another slot", given: writesRecord("demo", { slot: "password2" }) },
      { what: "a person has replaced its password", given: (world: FakeWorld) => makeByHand(world, "password1") },
    ].map(({ what, given }) => ({
      does: `refuses to revoke a credential when ${what}, and ends all passwords with --force`,
      given,
      command: revoke,
      code: 1,
      stderr: /records no password that Azure shows for .*\n.*--force/,
      check: (world: FakeWorld) => expect(slotsOf(world)).toEqual(["password1"]),
      after: [{ command: `${revoke} --force`, stdout: any, check: (world: FakeWorld) => expect(slotsOf(world)).toEqual([]) }],
    })),
    {
      does: "refuses to revoke a credential when its record has another kind, and its login works",
      given: writesRecord("demo", { kind: "service-principal" }),
      command: revoke,
      code: 1,
      stderr: /does not exist, and its login works/,
      check: (world) => expect(slotsOf(world)).toEqual(["password1"]),
    },
    {
      does: "waits and revokes a credential when Azure does not show its young account yet and its login works",
      given: ({ asking }) => {
        let left = 2;
        asking.around(async ({ call }, next) => (call === "token" && left-- > 0 ? undefined : next()));
      },
      command: revoke,
      stdout: [patched, ...inAzure, deleted],
      check: (world) => expect([world.azure.tokens.size, world.azure.scopeMaps.size]).toEqual([0, 0]),
    },
    {
      does: "names the password that it would end when there is no terminal",
      given: (world) => makeByHand(world, "password2"),
      command: revoke.replace(" -y", ""),
      code: 1,
      stderr: new RegExp(`end password1 of token.azurecr.io/${token}`),
    },
    {
      does: "keeps a scope map that another token uses",
      given: ({ azure }) => azure.putToken("other-token", [], token),
      command: revoke,
      stdout: [patched, `token.azurecr.io/${token} deleted`, deleted],
      check: ({ azure }) => expect([...azure.tokens.keys(), ...azure.scopeMaps.keys()]).toEqual(["other-token", token]),
    },
    {
      does: "deletes the Secret when its token was deleted before",
      given: ({ azure }) => azure.removeToken(token),
      command: revoke,
      stdout: [patched, `scopemap.azurecr.io/${token} deleted`, deleted],
      check: sizes(0),
    },
    {
      does: "keeps a disabled token, and prints no command that enables it",
      given: ({ azure: { tokens } }) => {
        for (const one of tokens.values()) one.status = "disabled";
      },
      command: revoke,
      ...failed,
      stderr: /^error: the ACR token ".*" is disabled\nhint: find out why before you enable it/,
      check: isKept,
    },
    ...["", " --force", " --dry-run=server"].map(
      (more): Row => ({
        does: `changes nothing when the identity may not delete tokens${more}`,
        given: ({ azure }) => {
          azure.permissions.splice(0, 1, { actions: ["*"], notActions: ["Microsoft.ContainerRegistry/registries/tokens/delete"] });
        },
        command: `${revoke}${more}`,
        code: 1,
        stderr:
          /^error: cannot revoke .* lacks the permission \S+\/tokens\/delete .*\nhint: .*\n {2}az role assignment create --assignee o-1 --role .*\n$/,
        check: isKept,
      }),
    ),
    {
      does: "revokes when the identity may not read its permissions",
      given: refuse("permissions"),
      command: revoke,
      stdout: [patched, ...inAzure, deleted],
      check: sizes(0),
    },
    {
      does: "changes nothing when the user is not signed in to Azure",
      given: refuse("findRegistry", () => new CliError("unauthenticated", "az is not signed in", { hint: "az login" })),
      command: revoke,
      code: 1,
      stderr: ["error: az is not signed in", "hint: az login"],
    },
    {
      does: "keeps the empty Secret when Azure rejects the revocation, and continues when it runs again",
      given: refuse("deleteToken"),
      command: revoke,
      ...failed,
      stdout: [patched],
      stderr: [refused().message],
      check: (world) => {
        isKept(world);
        expect(world.loginIn("demo")).toBeUndefined();
        expect(world.cluster.get("secret", "demo", "acr-myregistry")?.metadata.annotations).not.toHaveProperty(claimKey);
      },
      after: [{ command: revoke, stdout: [...inAzure, deleted], check: sizes(0) }],
    },
    {
      does: "exits with 130 and keeps the empty Secret when it is interrupted, and continues when it runs again",
      given: before(`deleteToken ${token}`, () => live().interrupt()),
      command: revoke,
      options: { started },
      ...failed,
      code: 130,
      stdout: [patched, inAzure[0] ?? ""],
      stderr: [],
      check: ({ cluster }) => expect(cluster.get("secret", "demo", "acr-myregistry")).toBeDefined(),
      after: [{ command: revoke, stdout: any, stderr: any, check: sizes(0) }],
    },
    {
      does: "keeps what a killed rotation noted about a password when a reference could not be removed",
      given: all(annotates("demo", { key: claimKey, value: killed, manager: "kubectl-acr-secret" }), refuse("patch serviceaccount")),
      command: revoke,
      ...failed,
      check: (world) => expect(claimOf(secretIn(world))?.intent).toMatchObject({ slot: "password2" }),
    },
    {
      does: "keeps the Secret when a reference could not be removed",
      given: refuse("patch serviceaccount"),
      command: revoke,
      ...failed,
      stderr: new RegExp(
        `Forbidden.*\nWarning: credential "${token}" was not revoked. To revoke it now, run:\n.*delete -n demo acr-myregistry --revoke --force\n`,
      ),
      check: (world) => {
        isKept(world);
        expect(isAlive(world, "demo")).toBe(true);
      },
      after: [{ command: revoke, stdout: [patched, ...inAzure, deleted], check: sizes(0) }],
    },
    ...[
      { what: "a copy can't be deleted", call: "delete secret other/" },
      { what: "a reference in the namespace of a copy can't be removed", call: "patch serviceaccount other/" },
      { what: "a reference can't be removed", call: "patch serviceaccount demo/" },
    ].map(
      ({ what, call }): Row => ({
        does: `revokes the credential when --force and ${what}, and deletes the rest when it runs again`,
        world: demo(`${own} --copy-to demo,other`),
        given: all(neverDead, refuse(call)),
        command: `${revoke} --force`,
        ...failed,
        stdout: new RegExp(inAzure.join("\n")),
        stderr: /Forbidden/,
        check: (world) => {
          sizes(0)(world);
          expect(secretIn(world).metadata.annotations).not.toHaveProperty(claimKey);
        },
        after: [
          {
            command: revoke,
            stdout: /secret\/acr-myregistry deleted\n$/,
            check: ({ cluster }) => {
              expect(cluster.all("secret")).toEqual([]);
              expect(cluster.all("serviceaccount").flatMap(({ imagePullSecrets = [] }) => imagePullSecrets)).toEqual([]);
            },
          },
        ],
      }),
    ),
    ...[
      { what: "a pull Secret of another tool", given: held() },
      { what: "a Secret that says that it is a copy", given: held({ [copyLabel]: "demo" }) },
    ].map(
      ({ what, given }): Row => ({
        does: `ends no credential that is held by ${what}, except with --force`,
        given,
        command: revoke,
        code: 1,
        stderr: isHeld,
        writes: any,
        check: (world) => expect([isAlive(world, "demo"), isAlive(world, "other", "theirs")]).toEqual([true, true]),
        after: [{ command: `${revoke} --force`, stdout: [patched, ...inAzure, deleted], check: sizes(0) }],
      }),
    ),
    {
      does: "ends a credential when a Secret holds its user name with a wrong password",
      given: ({ cluster }) => void cluster.put(pullSecret("other", "theirs", { [host]: { username: token, password: "guess" } })),
      command: revoke,
      check: sizes(0),
    },
    {
      does: "says that it revokes nothing when another tool has taken over the Secret and --force",
      given: (world) => {
        const { metadata, ...secret } = secretIn(world);
        world.cluster.put({ ...secret, metadata: { ...metadata, labels: { "app.kubernetes.io/managed-by": "Helm" } } });
      },
      command: `${revoke} --force`,
      stdout: [patched, deleted],
      stderr: ['Warning: nothing in Azure was revoked, because this plugin does not manage secret "acr-myregistry"'],
      check: sizes(2),
    },
    {
      does: "ends no credential whose login another user puts back into the Secret",
      given: (world) => {
        const secret = secretIn(world);
        let patches = 0;
        world.asking.around(async (asked, next) => {
          const answered = await next();
          if (!asked.dryRun && is("patch secret demo/acr-myregistry")(asked) && ++patches === 2) {
            const { metadata } = secretIn(world);
            world.cluster.put({ ...secret, metadata });
          }
          return answered;
        });
      },
      command: revoke,
      ...failed,
      stderr: [`error: credential "${token}" is not revoked, because secret/acr-myregistry in namespace demo holds it`, isHeld[1] ?? ""],
      check: isKept,
    },
    {
      does: "ends no credential that may be held when the registry can't be asked",
      given: all(held(), ({ asking }) =>
        asking.around(async ({ call }, next) => (call === "admits" ? { verdict: "unreachable", message: "no route" } : next())),
      ),
      command: revoke,
      code: 1,
      stderr: isHeld,
      writes: any,
      check: isKept,
    },
    {
      does: "ends its own credential when it may not list all Secrets",
      given: refuse(({ call, at, namespace: of }) => call === "list" && at.startsWith("secret") && of === undefined),
      command: revoke,
      stderr: any,
      check: sizes(0),
    },
    {
      does: "keeps the credential when a namespace that may hold it refuses its Secrets, and deletes it with --force",
      given: closes("closed", "open"),
      command: revoke,
      ...failed,
      stderr: [
        `error: credential "${token}" is not revoked, because a namespace whose Secrets cannot be listed may hold it`,
        "hint: add --force to end the credential anyway",
      ],
      check: isKept,
      after: [{ given: closes("closed", "open"), command: `${revoke} --force`, stdout: any, check: sizes(0) }],
    },
    {
      does: "deletes an immutable Secret, and prints how when its login must end first",
      given: (world) => world.cluster.put({ ...secretIn(world), immutable: true }),
      command: revoke,
      code: 1,
      stderr: /is immutable\nhint: .*\n {2}kubectl delete secret -n demo acr-myregistry\n$/,
      check: isKept,
    },
    {
      does: "says once that it did not look at other Secrets when it may not list them",
      given: refuse(({ call, at }) => call === "list" && (at === "secret" || at === "namespace")),
      command: revoke,
      stdout: [patched, ...inAzure, deleted],
      stderr: /^Warning: cannot check whether other Secrets hold the password: .*Forbidden.*\n$/,
    },
    {
      does: "prints no flag of create when it may not read the namespace",
      given: refuse("get namespace demo"),
      command: revoke,
      code: 1,
      stderr: /Forbidden.*\nhint: ask an administrator for the right to get namespace demo\n$/,
      check: isKept,
    },
    {
      does: "deletes a copy in a namespace that is being deleted, and then the credential",
      world: demo(`${own} --copy-to demo,other`),
      given: ({ cluster }) => {
        const { metadata, ...rest } = cluster.get("namespace", "", "other") ?? expect.unreachable("no namespace");
        cluster.put({ ...rest, metadata: { ...metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
      },
      command: revoke,
      stdout: /^secret\/acr-myregistry deleted in namespace other\n/m,
      check: (world) => {
        sizes(0)(world);
        expect(world.cluster.all("secret")).toEqual([]);
      },
    },
    ...[
      { more: "", ...failed },
      { more: " --ignore-not-found", code: 0 },
    ].map(
      ({ more, ...step }): Row => ({
        does: `removes the references and says that nothing was revoked when the Secret was deleted before${more}`,
        given: ({ cluster }) => cluster.remove("secret", "demo", "acr-myregistry"),
        command: `${revoke}${more}`,
        ...step,
        stdout: [patched],
        stderr: notRevoked,
        check: sizes(2),
      }),
    ),
    {
      does: "asks about the references when the Secret was deleted before, and says that nothing was revoked",
      given: ({ cluster }) => cluster.remove("secret", "demo", "acr-myregistry"),
      command: revoke.replace(" -y", ""),
      options: { answers: [true], env: { CI: undefined } },
      ...failed,
      stdout: [patched],
      stderr: new RegExp(`^Remove its name from serviceaccount/default\\? \\[y/N\\] y\n${notRevoked.source.slice(1)}`),
    },
    {
      does: "deletes the credential when a tenant has recorded that it was exported",
      given: writesRecord("demo", { isExported: true }),
      command: revoke,
      stdout: [patched, ...inAzure, deleted],
      check: sizes(0),
    },
    {
      does: "prints no command that deletes exported credentials, whatever the record says",
      given: writesRecord("demo", { isExported: true }),
      command: revoke.replace(" --revoke", ""),
      stdout: [patched, deleted],
      stderr: /^hint: .*\nhint: kubectl acr-secret prune -n demo --registry myregistry\n$/,
    },
    ...[
      { kind: "acr-token", line: making, command: "az acr token delete --registry myregistry --name demo-acr-myregistry-[a-z2-7]{16}" },
      {
        kind: "service-principal",
        line: "create --registry myregistry --service-principal",
        command: "az ad app credential delete --id [0-9a-f-]{36} --key-id \\S+",
      },
    ].map(
      ({ kind, line, command }): Row => ({
        does: `deletes an exported Secret, and prints the command that ends its credential: ${kind}`,
        world: () => worldOf(["demo"]),
        given: exporting(line),
        command: revoke,
        stdout: [deleted],
        stderr: new RegExp(
          `^Warning: credential ".*" \\(${kind}\\) still works: it was exported, so copies may be anywhere. .* run:\n {2}${command}\n$`,
        ),
        check: (world) => expect(world.azure.tokens.size + world.azure.directory.applications.length).toBe(1),
      }),
    ),
    {
      does: "refuses a record that names the exported token of another Secret, and prints no command that ends it",
      given: async (world) => {
        await exporting(`${making} -n other`)(world);
        const [, identity = ""] = world.azure.tokens.keys();
        writesRecord("demo", { isExported: true, identity })(world);
      },
      command: revoke,
      code: 1,
      stderr:
        /^error: .* records the ACR token "other-.*", which is not its own\nhint: kubectl acr-secret delete -n demo acr-myregistry\n$/,
    },
    ...["..", "x'; reboot #"].map(
      (identity): Row => ({
        does: `sends no request for the exported token ${identity}`,
        given: all(
          writesRecord("demo", { isExported: true, identity }),
          refuse(({ call }) => call === "scopeMap"),
        ),
        command: revoke,
        code: 1,
        stderr: /which is not its own\n/,
      }),
    ),
  ],
  demo(own),
);

testRows([
  ...[
    {
      what: "a supplied login",
      line: `create --registry ${host} --username ci --password-stdin --verify=false -n demo`,
      stderr: /^Warning: credential "ci" \(given\) still works: /,
    },
    {
      what: "a token of an Azure identity",
      line: "create --registry myregistry --entra --repository app/web -n demo",
      stderr: /^Warning: credential ".*" \(entra\) still works: it expires at 2026-01-01T03:00:00Z and cannot be revoked earlier\n$/,
    },
  ].map(
    ({ what, line, stderr }): Row => ({
      does: `names what it can't revoke, and deletes the Secret: ${what}`,
      world: () => worldOf(["demo"]),
      given: ({ ports }) => type(line, ports, { stdin: "hunter2" }),
      command: revoke,
      stdout: [deleted],
      stderr,
    }),
  ),
  {
    does: "refuses a record that names another token, and ends nothing",
    world: () => {
      const world = worldOf(["demo"]);
      world.azure.putScopeMap({ name: "prod", actions: [] });
      world.azure.putToken("prod", ["password1", "password2"]);
      const { passwords } = world.azure.tokens.get("prod") ?? expect.unreachable("no token");
      const { text = "", creationTime: madeAt = "" } = passwords.get("password1") ?? {};
      world.cluster.put(sourceSecret("demo/acr-myregistry", { credential: { identity: "prod", madeAt }, password: text }));
      return world;
    },
    command: `${revoke} --force`,
    code: 1,
    stderr: [
      'error: secret/acr-myregistry in namespace demo records the ACR token "prod", which is not its own',
      "hint: kubectl acr-secret delete -n demo acr-myregistry",
    ],
    check: (world) => expect(slotsOf(world, "prod")).toEqual(["password1", "password2"]),
    after: [
      {
        command: "delete acr-myregistry -y -n demo",
        stdout: [deleted],
        stderr: any,
        check: (world) => expect(slotsOf(world, "prod")).toEqual(["password1", "password2"]),
      },
    ],
  },
  {
    does: "deletes the application when its role was deleted before",
    world: demo(principal),
    given: ({ azure: { directory } }) => void directory.assignments.splice(0),
    command: revoke,
    stdout: /^serviceaccount\/default patched\napplication\S* deleted\nsecret\/acr-myregistry deleted\n$/,
    leaves: { applications: [], roles: 0 },
  },
  {
    does: "ends only the key of its Secret when another Secret has a key of the same application",
    world: demo(`${principal}=ci`, "create --registry myregistry --service-principal=ci -n other"),
    command: revoke,
    stdout: any,
    stderr: any,
    check: (world) => {
      const [application] = world.azure.directory.applications;
      expect(application?.keys.map(({ displayName }) => displayName)).toEqual([expect.stringContaining("in namespace other")]);
      expect(isAlive(world, "other")).toBe(true);
    },
  },
  {
    does: "ends only the key of its Secret when a copy of another Secret has a key of the same application",
    world: () => worldOf(["demo", "other", "third"]),
    given: typed(`${principal}=ci`, "create --registry myregistry --service-principal=ci -n other --copy-to third"),
    command: revoke,
    stdout: any,
    stderr: any,
    check: (world) => expect([isAlive(world, "demo"), isAlive(world, "other"), isAlive(world, "third")]).toEqual([false, true, true]),
  },
  {
    does: "keeps the key of a Secret that another user copied",
    world: demo(`${principal}=ci`),
    given: held(),
    ...failed,
    command: revoke,
    check: (world) => expect(world.azure.directory.applications[0]?.keys).toHaveLength(1),
  },
  {
    does: "keeps an application with keys of another user",
    world: demo(`${principal}=ci`),
    given: ({ azure: { directory } }) => directory.applications[0]?.keys.push({ slot: "o-1", displayName: "of others", text: "o" }),
    command: revoke,
    stdout: any,
    stderr: any,
    check: ({ azure: { directory } }) =>
      expect(directory.applications.map(({ keys }) => keys.map(({ displayName }) => displayName))).toEqual([["of others"]]),
  },
]);
