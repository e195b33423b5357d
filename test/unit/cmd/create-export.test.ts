import { load } from "js-yaml";
import { expect } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { type Credential, credentialKey } from "../../../src/secret/record.ts";
import { lost, refused, token } from "../../support/demo.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import type { Run } from "../../support/in-process.ts";
import { any, failed, lose, type Row, refuse, type Step, testRows, typed } from "../../support/rows.ts";

const host = "myregistry.azurecr.io";
const plain = "create --registry myregistry --repository app/web -n demo";
const line = `${plain} --export`;
const exported = ["secret/acr-myregistry exported; apply it to namespace demo"];
const demo = () => worldOf(["demo"]);

const printedIn = ({ stdout }: Run) => load(stdout) as Secret;
const recordIn = (run: Run): Credential => JSON.parse(printedIn(run).metadata.annotations?.[credentialKey] ?? "{}");
const loginIn = (run: Run) => {
  const config = Buffer.from(printedIn(run).data?.[".dockerconfigjson"] ?? "", "base64").toString();
  return JSON.parse(config).auths[host] as { username: string; password: string };
};
/** Checks that the registry accepts the login in the printed Secret. */
const works = ({ azure }: FakeWorld, run: Run) => expect(azure.knows(loginIn(run))).toBe(true);
const apply = ({ cluster }: FakeWorld, run: Run) => cluster.put(printedIn(run), "kubectl-client-side-apply");
const tokens =
  (count: number) =>
  ({ azure }: FakeWorld) =>
    expect(azure.tokens.size).toBe(count);
const creates = /^putScopeMap (demo-acr-myregistry-[a-z2-7]{16})\nputToken \1\ngeneratePassword \1 password1\n$/;
const export_: Step = { command: line, stderr: exported, writes: creates, check: works };

testRows(
  [
    {
      does: "prints a Secret with a token of its own, says in its record that it is exported, and writes nothing to the cluster",
      command: line,
      stderr: exported,
      writes: creates,
      check: (world, run) => {
        const { username } = loginIn(run);
        expect(printedIn(run)).toMatchObject({
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name: "acr-myregistry", namespace: "demo", labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret" } },
          type: "kubernetes.io/dockerconfigjson",
        });
        expect(recordIn(run)).toEqual({
          kind: "acr-token",
          host,
          identity: username,
          slot: "password1",
          madeAt: expect.any(String),
          by: "jane@example.com",
          repositories: ["app/web"],
          isExported: true,
        });
        expect(username).toMatch(/^demo-acr-myregistry-[a-z2-7]{16}$/);
        expect(world.azure.scopeMaps.get(username)?.description).toMatch(
          /^kubectl acr-secret: exported secret acr-myregistry in namespace demo \(uid-of-demo\)/,
        );
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
      does: "creates another token in each run, and keeps the token of the Secret in the cluster",
      given: typed(plain),
      ...export_,
      after: [
        { ...export_, check: tokens(3) },
        { command: plain, stdout: ["secret/acr-myregistry unchanged"], writes: [] },
      ],
    },
    {
      does: "grants what the pods of the namespace use when no repository is named",
      given: ({ cluster }) => cluster.put(stuckPod("demo", "web-1", `${host}/app/web:1`)),
      command: "create --registry myregistry -n demo --export",
      stderr: exported,
      check: (_, run) => expect(recordIn(run).repositories).toEqual(["app/web"]),
    },
    {
      does: "records the expiry of the password when --expires-in",
      command: `${line} --expires-in 30d`,
      stderr: exported,
      check: (_, run) => expect(recordIn(run).expiresAt).toBe("2026-01-31T00:00:00Z"),
    },
    ...["prove", "generatePassword", "putToken", "putScopeMap"].map(
      (call): Row => ({
        does: `prints no Secret and leaves nothing in Azure when ${call} is rejected`,
        given: refuse(call),
        command: line,
        ...failed,
        stdout: [],
        stderr: [refused().message],
        check: ({ azure }) => expect([azure.tokens.size, azure.scopeMaps.size]).toEqual([0, 0]),
      }),
    ),
    {
      does: "prints no Secret and deletes the token when the answer with the password is lost",
      given: lose("generatePassword"),
      command: line,
      ...failed,
      stdout: [],
      check: ({ azure }) => expect([azure.tokens.size, azure.scopeMaps.size]).toEqual([0, 0]),
    },
    {
      does: "prints no success and leaves nothing in Azure when standard output cannot be written",
      command: line,
      options: { output: { written: () => Promise.reject(refused()) } },
      ...failed,
      stderr: [refused().message],
      check: ({ azure }) => expect([azure.tokens.size, azure.scopeMaps.size]).toEqual([0, 0]),
    },
    {
      does: "creates nothing when standard output is closed",
      command: line,
      options: { output: { isNull: () => true } },
      code: 1,
      stderr: /^error: --export would lose the password/,
      after: [{ command: `${line} --dry-run=client`, options: { output: { isNull: () => true } }, stderr: /a dry run/, writes: [] }],
    },
    {
      does: "needs no right to read Secrets or pods",
      given: refuse(({ call }) => /^(get secret|list pod)/.test(call), refused),
      command: line,
      stderr: exported,
      check: works,
    },
    {
      does: "fails without a cluster, whose namespace names the credential",
      given: refuse(({ port }) => port === "cluster", lost),
      command: line,
      code: 1,
      stderr: any,
    },
    {
      does: "repeats --export in the command for more repositories",
      command: "create --registry myregistry -n demo --export",
      code: 1,
      stderr: /\nhint: kubectl acr-secret create -n demo --registry myregistry --export --repository REPOSITORY\n$/,
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
      { more: "--copy-to-all", stderr: /cannot be used together/ },
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
          expect(recordIn(run)).toMatchObject({ kind, isExported: true });
        },
      }),
    ),
    {
      does: "creates another application in each run when --service-principal",
      command: "create --registry myregistry -n demo --service-principal --export",
      stderr: any,
      after: [
        {
          command: "create --registry myregistry -n demo --service-principal --export",
          stderr: any,
          check: ({ azure }) => {
            expect(azure.directory.applications).toHaveLength(2);
            const displayName = expect.stringMatching(
              /^acr-secret: exported secret acr-myregistry in namespace demo of cluster fbba3763 #/,
            );
            for (const { keys } of azure.directory.applications) expect(keys).toEqual([expect.objectContaining({ displayName })]);
          },
        },
      ],
    },
    {
      does: "keeps an applied Secret in create, does not rotate it, and deletes it",
      ...export_,
      check: apply,
      after: [
        { command: "list -n demo --no-headers", stdout: /^acr-myregistry +myregistry +acr-token / },
        { command: plain, stdout: ["secret/acr-myregistry unchanged"], writes: [] },
        {
          command: "rotate acr-myregistry -n demo",
          ...failed,
          stderr:
            /^error: secret "acr-myregistry" was exported, so it is not rotated in the cluster\nhint: kubectl acr-secret create -n demo acr-myregistry .* --export\n$/,
        },
        {
          command: "delete acr-myregistry -n demo --yes",
          stdout: ["secret/acr-myregistry deleted"],
          stderr: any,
          check: tokens(1),
        },
      ],
    },
    {
      does: "refuses to grant an applied Secret more, and gives it a token of its own with --force",
      ...export_,
      check: ({ cluster }, run) => cluster.put(printedIn(run), "kubectl-acr-secret"),
      after: [
        {
          command: `${plain} --repository app/api`,
          code: 1,
          stderr: /^error: .* records the ACR token "demo-acr-myregistry-\S+", which is not its own\n/,
        },
        {
          command: `${plain} --force --repository app/api`,
          stderr: any,
          leaves: { username: token, secret: "alive", entry: { identity: token, repositories: ["app/api", "app/web"] } },
          check: ({ cluster }) =>
            expect(cluster.get("secret", "demo", "acr-myregistry")?.metadata.annotations?.[credentialKey]).not.toContain("isExported"),
        },
      ],
    },
  ],
  demo,
);
