import { load } from "js-yaml";
import { expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { lost, refused, token } from "../../support/demo.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import { killedAtEach, lostAtEach } from "../../support/fakes/killed-at-each.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type Run, type } from "../../support/in-process.ts";
import { host, isAlive, madeAtOf, notedSecret, noteIn, slotsOf } from "../../support/rotating.ts";
import { all, any, before, type Given, type Row, refuse, type Step, testRows, typed, unchanged } from "../../support/rows.ts";
import { everythingIn } from "../../support/situations/deleting.ts";

const plain = "create --registry myregistry --repository app/web -n demo";
const line = `${plain} --export`;
const prune = "prune --registry myregistry --no-headers";
const exported = ["secret/acr-myregistry exported; apply it to namespace demo"];
const demo = () => worldOf(["demo"]);

const printedIn = ({ stdout }: Run) => load(stdout) as Secret;
const loginIn = (run: Run) => {
  const config = Buffer.from(printedIn(run).data?.[".dockerconfigjson"] ?? "", "base64").toString();
  return JSON.parse(config).auths[host] as { username: string; password: string };
};
/** Checks that the registry accepts the login in the printed Secret. */
const works = ({ azure }: FakeWorld, run: Run) => expect(azure.knows(loginIn(run))).toBe(true);
const apply = ({ cluster }: FakeWorld, run: Run) => cluster.put(printedIn(run), "kubectl-client-side-apply");
const remove: Given = ({ cluster }) => cluster.remove("secret", "demo", "acr-myregistry");
/** Another user generates a password. */
const regenerates =
  (slot: "password1" | "password2"): Given =>
  ({ azure }) =>
    azure.tokens.get(token)?.passwords.set(slot, { text: "theirs", creationTime: "2026-05-05T00:00:00Z", expiry: undefined });
const keepsTheirs = ({ azure }: FakeWorld) => expect(azure.knows({ username: token, password: "theirs" })).toBe(true);
const tokens =
  (...names: string[]) =>
  ({ azure }: FakeWorld) =>
    expect([...azure.tokens.keys()]).toEqual(names);
const listed = (state: string, hint: RegExp = any): Step => ({
  command: `${prune} -o wide`,
  stdout: new RegExp(`^${token} +token +secret acr-myregistry in namespace demo +\\S+ +<unknown> +${state} `),
  stderr: hint,
  writes: [],
});
const copiesEnd = /^Warning:\S* \S.* was exported: copies that this run does not update stop working now or after the next rotation\n$/;
const azOf = (slot: string) => new RegExp(`az acr token credential delete --registry myregistry --name ${token} --${slot}\n$`);
/** Rejects every request to the cluster. */
const noCluster = refuse(({ port }) => port === "cluster", lost);

testRows(
  [
    {
      does: "prints the Secret that create writes, and writes nothing to the cluster",
      command: line,
      stderr: exported,
      writes: [`putScopeMap ${token}`, `putToken ${token}`, `generatePassword ${token} password1`],
      check: async (world, run) => {
        const other = demo();
        await typed(plain)(other);
        const { metadata, type: of, data } = other.cluster.get("secret", "demo", "acr-myregistry") ?? expect.unreachable();
        const { name, namespace, labels, annotations } = metadata;
        expect(printedIn(run)).toEqual({
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name, namespace, labels, annotations },
          type: of,
          data,
        });
        works(world, run);
      },
    },
    {
      does: "prints JSON when -o json",
      command: `${line} -o json`,
      stderr: exported,
      check: (_, { stdout }) => expect(JSON.parse(stdout)).toMatchObject({ kind: "Secret", metadata: { namespace: "demo" } }),
    },
    {
      does: "generates the other password in a second run, and refuses a third one",
      command: line,
      stderr: exported,
      after: [
        { command: line, stderr: exported, writes: [`generatePassword ${token} password2`], check: works },
        { command: line, code: 1, stderr: azOf("password1"), check: tokens(token) },
      ],
    },
    {
      does: "uses the other password when another run generates one after the read",
      given: before(`putToken ${token}`, before(`token ${token}`, regenerates("password1"))),
      command: line,
      stderr: exported,
      check: (world, run) => [works(world, run), keepsTheirs(world)],
    },
    {
      does: "uses the other password when another run regenerates it after the proof",
      given: before(`prove ${token} app/web:latest`, before(`token ${token}`, regenerates("password1"))),
      command: line,
      stderr: exported,
      check: (world, run) => [works(world, run), keepsTheirs(world)],
    },
    {
      does: "leaves nothing when the registry rejects the credential",
      given: refuse("prove"),
      command: line,
      code: 1,
      stderr: any,
      writes: any,
      check: ({ azure }) => expect([azure.tokens.size, azure.scopeMaps.size]).toEqual([0, 0]),
    },
    {
      does: "needs no right to read Secrets or pods",
      given: refuse(({ call }) => /^(get secret|list pod)/.test(call), refused),
      command: line,
      stderr: exported,
      check: works,
    },
    {
      does: "needs no cluster when the service principal and the repositories are named",
      given: all(noCluster, ({ azure }) => {
        azure.facts.mode = "abac";
      }),
      command: `${line} --service-principal=ci`,
      stderr: exported,
      check: works,
    },
    { does: "fails without a cluster when the credential is not named", given: noCluster, command: line, code: 1, stderr: any },
    {
      does: "repeats --export in the command for more repositories",
      command: "create --registry myregistry -n demo --export",
      code: 1,
      stderr: /\nhint: kubectl acr-secret create -n demo --registry myregistry --repository REPOSITORY --export\n$/,
    },
    {
      does: "refuses to show the password on a terminal without --force",
      command: line,
      options: { terminal: true },
      code: 1,
      stderr: /error:\S* --export would show the password on the terminal/,
      after: [{ command: `${line} --force`, options: { terminal: true }, stderr: exported, check: works }],
    },
    {
      does: "refuses to show an existing password on a terminal when --dry-run=client",
      given: ({ azure }) => azure.admin.set("password", "one"),
      command: `${line} --admin --dry-run=client`,
      options: { terminal: true },
      code: 1,
      stderr: /error:\S* --export would show the password on the terminal/,
    },
    {
      does: "refuses a scope map that cannot record the export",
      given: ({ azure }) => {
        azure.putScopeMap({ name: "shared", actions: ["repositories/app/web/content/read", "repositories/app/web/metadata/read"] });
        azure.putToken(token, [], "shared");
      },
      command: line,
      code: 1,
      stderr:
        /^error: the ACR token "\S+" cannot be exported: .*\nhint: kubectl acr-secret create -n demo acr-myregistry-pods --registry myregistry .* --export\n$/,
    },
    ...["client", "server"].map(
      (dry): Row => ({
        does: `prints a Secret without a login and changes nothing when --dry-run=${dry}`,
        command: `${line} --dry-run=${dry}`,
        options: { terminal: true },
        stderr: /Warning:\S* a dry run generates no password/,
        writes: [],
        check: (_, run) => expect(loginIn(run)).toBeUndefined(),
      }),
    ),
    ...[
      { more: "deployment/web", stderr: /--export cannot be combined with targets/ },
      { more: "-o name", stderr: /--export cannot be combined with -o name/ },
      { more: "-A", stderr: /--all-namespaces and --export cannot be used together|--export and --all-namespaces cannot be used together/ },
      { more: "--diff", stderr: /cannot be used together/, code: 2 },
      { more: "--serviceaccount default", stderr: /cannot be used together/ },
    ].map(
      ({ more, stderr, code = 1 }: { more: string; stderr: RegExp; code?: number }): Row => ({
        does: `refuses --export with ${more}`,
        command: `${line.replace(" -n demo", "")} ${more}`,
        code,
        stderr,
      }),
    ),
    {
      does: "prints the Secret of another tool when --for argocd",
      world: () => worldOf(["argocd"]),
      command: "create --registry myregistry --repository charts/web --for argocd --export",
      stderr: any,
      check: (_, run) =>
        expect(printedIn(run)).toMatchObject({
          type: "Opaque",
          metadata: { namespace: "argocd", labels: { "argocd.argoproj.io/secret-type": "repository" } },
        }),
    },
    {
      does: "refuses to print a Secret that would overwrite one of another tool",
      given: ({ cluster }) => cluster.put({ ...notedSecret("demo", "acr-myregistry", [], { username: "u", password: "p" }, false) }),
      command: line,
      code: 1,
      stderr: /^error: secret "acr-myregistry" .* was not created by kubectl acr-secret\n/,
      after: [{ command: `${line} --force`, stderr: exported, check: works }],
    },
    {
      does: "ignores a token that only the annotation of a Secret names",
      given: ({ cluster, azure }) => {
        const [password = ""] = azure.putToken("theirs", ["password1"]);
        const madeAt = azure.tokens.get("theirs")?.passwords.get("password1")?.creationTime;
        const entry = { hosts: [host], kind: "acr-token", identity: "theirs", slot: "password1", madeAt };
        cluster.put(notedSecret("demo", "acr-myregistry", [entry], { username: "theirs", password }));
      },
      command: line,
      stderr: exported,
      check: (_, run) => expect(loginIn(run).username).toBe(token),
    },
    ...[
      { more: "--username ci --password-stdin", login: { username: "ci", password: "hunter2" }, kind: "given" },
      { more: "--entra", login: { username: "00000000-0000-0000-0000-000000000000" }, kind: "entra" },
      { more: "--admin", login: { username: "myregistry" }, kind: "admin" },
    ].map(
      ({ more, login, kind }): Row => ({
        does: `prints a Secret of the kind ${kind}`,
        given: ({ azure }) => [azure.admin.set("password", "one"), azure.users.set("ci", "hunter2")],
        command: `${line.replace("--registry myregistry", `--registry ${host}`)} ${more}`,
        options: { stdin: "hunter2" },
        stderr: any,
        check: (_, run) => {
          expect(loginIn(run)).toMatchObject(login);
          expect(printedIn(run).metadata.annotations?.["acr-secret/logins"]).toContain(`"kind":"${kind}"`);
        },
      }),
    ),
    {
      does: "adds a password to the same application in each run when --service-principal",
      command: "create --registry myregistry -n demo --service-principal --export",
      stderr: any,
      after: [
        {
          command: "create --registry myregistry -n demo --service-principal --export",
          stderr: any,
          check: ({ azure }) => {
            const [application, ...others] = azure.directory.applications;
            expect(others).toEqual([]);
            const key = expect.objectContaining({
              displayName: "acr-secret: exported secret acr-myregistry in namespace demo of cluster fbba3763",
            });
            expect(application?.keys).toEqual([key, key]);
          },
        },
        {
          command: prune,
          stdout: /^(\S+ +password +secret acr-myregistry in namespace demo .* exported *\n){2}$/,
          stderr: any,
          writes: [],
        },
        {
          command: `${prune} --exported=all --older-than 0s --yes`,
          stderr: any,
          check: ({ azure }) => expect(azure.directory.applications).toEqual([]),
        },
      ],
    },
    {
      does: "warns until an exported service principal has a password that was not exported",
      command: "create --registry myregistry -n demo --service-principal --export",
      stderr: any,
      check: apply,
      after: [
        ...[1, 2].map((): Step => ({ command: "rotate -n demo", stderr: /^Warning:\S* application "\S+" was exported: copies .*\n$/m })),
        { command: "rotate -n demo", stderr: /^(?!.*was exported)/s },
        { command: "delete acr-myregistry -n demo --revoke --yes", stderr: /^(?!.*was exported)/s },
        { command: "create --registry myregistry -n demo --service-principal --export", stderr: any, check: apply },
        {
          command: "delete acr-myregistry -n demo --revoke --yes",
          stderr: /^Warning:\S* application "\S+" was exported: all its copies stop/m,
        },
      ],
    },
    {
      does: "rotates an applied Secret, and deletes everything with delete --revoke",
      command: line,
      stderr: exported,
      check: apply,
      after: [
        { command: "list -n demo --no-headers", stdout: /^acr-myregistry +myregistry +acr-token / },
        {
          command: "rotate -n demo",
          stderr: copiesEnd,
          check: (world) => expect([noteIn(world, "demo").slot, isAlive(world, "demo")]).toEqual(["password2", true]),
        },
        unchanged(plain),
        {
          command: "delete acr-myregistry -n demo --revoke --yes",
          stderr: /^Warning:\S* the ACR token "\S+" was exported: all its copies stop working\n$/,
          check: (world) => expect(everythingIn(world)).toEqual(everythingIn(demo())),
        },
      ],
    },
    {
      does: "refuses to rotate an applied Secret when another exported password may be in use",
      command: line,
      stderr: exported,
      after: [
        { command: line, stderr: exported, check: apply },
        { command: "rotate -n demo", code: 1, stderr: azOf("password1") },
      ],
    },
    {
      does: "refuses to rotate when the Secret is applied by a tool that applies it again",
      command: line,
      stderr: exported,
      check: ({ cluster }, run) => cluster.put(printedIn(run), "kustomize-controller"),
      after: [
        { command: "rotate -n demo", code: 1, stderr: /conflicts with "kustomize-controller".*\nhint: .* create --export instead\n$/ },
      ],
    },
    {
      does: "exports a new password for an applied Secret, and replaces only the one that the Secret held before",
      command: line,
      stderr: exported,
      check: apply,
      after: [
        { command: line, stderr: exported, writes: [`generatePassword ${token} password2`], check: apply },
        {
          command: `${line} --repository app/api`,
          stderr: /Warning: password1 of \S+ from 2026-\S+ is replaced: .*\nsecret/,
          check: (world, run) => {
            works(world, run);
            expect(isAlive(world, "demo")).toBe(true);
            expect(world.azure.scopeMaps.get(token)?.actions).toContain("repositories/app/api/content/read");
          },
        },
      ],
    },
    {
      does: "keeps exported passwords when create writes the Secret",
      command: line,
      stderr: exported,
      after: [
        {
          command: plain,
          stderr: any,
          check: (world) => expect([slotsOf(world), noteIn(world, "demo").slot]).toEqual([["password1", "password2"], "password2"]),
        },
        { given: remove, command: plain, code: 1, stderr: azOf("password1") },
      ],
    },
    {
      does: "keeps both exported passwords when a Secret records one of them with a wrong login",
      given: all(typed(line, line), (world) => {
        const madeAt = madeAtOf(world, token, "password1");
        const entry = { hosts: [host], kind: "acr-token", identity: token, slot: "password1", madeAt };
        world.cluster.put(notedSecret("demo", "acr-myregistry", [entry], { username: token, password: "wrong" }));
      }),
      command: plain,
      code: 1,
      stderr: azOf("password1"),
    },
    {
      does: "reports a credential as exported until it is applied, and deletes it only when --exported",
      command: line,
      stderr: exported,
      check: apply,
      after: [
        listed("in use"),
        { given: remove, ...listed("exported", /^hint: kept 1, exported .* --exported\n$/) },
        { command: `${prune} --yes --older-than 0s`, stdout: any, stderr: any, writes: [], check: tokens(token) },
        {
          command: `${prune} --yes --older-than 0s --exported=all`,
          check: (world) => expect(everythingIn(world)).toEqual(everythingIn(demo())),
        },
      ],
    },
    {
      does: "reports an exported credential without a password as an orphan",
      given: typed(line),
      command: `${prune} -o wide`,
      stdout: any,
      stderr: any,
      after: [
        {
          given: ({ azure }) => azure.tokens.get(token)?.passwords.clear(),
          ...listed("orphan"),
          command: `${prune} -o wide --older-than 0s`,
        },
      ],
    },
  ],
  demo,
);

test("exports the same token in the next run after a kill at any request", { timeout: 60_000 }, async () => {
  let states = 0;
  for await (const { world, where } of killedAtEach({ begin: async () => demo(), line })) {
    states++;
    const run = await type(line, world.ports);
    expect({ where, ...run }).toMatchObject({ where, code: 0 });
    expect({ where, tokens: [...world.azure.tokens.keys()], works: world.azure.knows(loginIn(run)) }).toEqual({
      where,
      tokens: [token],
      works: true,
    });
  }
  expect(states).toBeGreaterThan(8);
});

test("prints a working Secret or nothing when the response to any request is lost", { timeout: 60_000 }, async () => {
  for await (const { world, where, run } of lostAtEach({ begin: async () => demo(), line })) {
    if (run.code === 0) expect({ where, works: world.azure.knows(loginIn(run)) }).toEqual({ where, works: true });
    else expect({ where, stdout: run.stdout }).toEqual({ where, stdout: "" });
    const next = await type(line, world.ports);
    expect({ where, ...next }).toMatchObject({ where, code: 0 });
    expect({ where, tokens: [...world.azure.tokens.keys()] }).toEqual({ where, tokens: [token] });
  }
});
