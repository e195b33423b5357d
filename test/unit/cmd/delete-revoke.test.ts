import { expect } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { managedBy } from "../../../src/objects.ts";
import { refused } from "../../support/demo.ts";
import { is } from "../../support/fakes/asked.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { shared, worldOf } from "../../support/fakes/fleet.ts";
import { idOfTwo, sharedByClusters, twoClusters } from "../../support/fakes/two-clusters.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type Run, type } from "../../support/in-process.ts";
import { renamed, secondPassword } from "../../support/other-token.ts";
import { isAlive, makeByHand, notedSecret, slotsOf } from "../../support/rotating.ts";
import { all, any, failed, type Given, type Row, refuse, testRows, typed } from "../../support/rows.ts";
import { everythingIn, making } from "../../support/situations/deleting.ts";

const token = "demo-acr-myregistry-b3ccbab127";
const attached = "--serviceaccount default";
const revoke = "delete acr-myregistry --revoke -y -n demo";
const own = `${making} ${attached} -n demo`;
/** The Secret holds a token whose name is not derived from it. */
const ci = all(typed(`${making} -n demo`), renamed("ci-token"));
const patched = "serviceaccount/default patched";
const deleted = "secret/acr-myregistry deleted";
const inAzure = (name: string) => [`token.azurecr.io/${name} deleted`, `scopemap.azurecr.io/${name} deleted`];

const sizes =
  (count: number) =>
  ({ azure }: FakeWorld) =>
    expect(azure.tokens.size + azure.scopeMaps.size).toBe(count);
const alive = (at: string, context?: string) => (world: FakeWorld) => expect(isAlive(world, at, undefined, context)).toBe(true);
const secretIn = ({ cluster }: FakeWorld, at: string, name = "acr-myregistry") =>
  cluster.get("secret", at, name) ?? expect.unreachable("no Secret");
const metadataOf = (world: FakeWorld, at: string) => {
  const { uid: _, resourceVersion: __, creationTimestamp: ___, managedFields: ____, ...metadata } = secretIn(world, at).metadata;
  return metadata;
};
const copy =
  (...to: string[]): Given =>
  (world) => {
    for (const at of to) world.cluster.put({ ...secretIn(world, "demo"), metadata: { ...metadataOf(world, "demo"), namespace: at } });
  };
const teams = (given: Given, ...names: string[]) => ({ world: () => worldOf(["demo", ...names]), given });
const demo = (line: string, ...more: Given[]) => ({ world: () => worldOf(["demo"]), given: all(typed(line), ...more) });

/** Gives the token a password of another user in its other slot. */
const fill: Given = ({ azure }) =>
  void azure.tokens.get(token)?.passwords.set("password2", { text: "theirs", madeAt: "2026-02-01T00:00:00Z" } as never);

let before: ReturnType<typeof everythingIn>;
const remember: Given = (world) => {
  before = everythingIn(world);
};
const isRestored = (world: FakeWorld) => expect(everythingIn(world)).toEqual(before);
let login: ReturnType<FakeWorld["loginIn"]>;
const works = ({ azure }: FakeWorld) => expect(login && azure.knows(login)).toBe(true);

/** No password is deleted in Azure while the Secret holds it. */
const neverInvalid: Given = (world) =>
  world.asking.around(async ({ port, writes }, next) => {
    if (port === "azure" && writes) expect(world.loginIn("demo")).toBeUndefined();
    return next();
  });
const noted = { hosts: ["myregistry.azurecr.io"], kind: "acr-token", identity: token, slot: "password1", madeAt: "2026-01-01T00:00:00Z" };
/** The Secret moves out of reach of the run, and another one has its annotation or its login. */
const moves =
  (put: (world: FakeWorld, secret: ReturnType<typeof secretIn>) => unknown): Given =>
  (world) => {
    const secret = secretIn(world, "demo");
    login = world.loginIn("demo");
    world.cluster.remove("secret", "demo", "acr-myregistry");
    put(world, secret);
  };
const onTeamA = "delete acr-myregistry --revoke -y -n team-a";

const principal = `create --registry myregistry ${attached} --service-principal`;

testRows([
  {
    does: "prints the command that lists a password which the Secret does not record, and keeps its application",
    ...demo(`${principal} -n demo`, typed("rotate -n demo --grace 24h", "rotate -n demo --grace 24h")),
    command: revoke,
    stdout: any,
    stderr:
      /^Warning: application "demo-acr-\S+" still has 1 password of this plugin\. .*:\n {2}kubectl acr-secret prune -n demo --registry myregistry\n$/,
    leaves: { applications: [expect.any(String)] },
    after: [
      {
        command: "prune --registry myregistry --older-than 0s --yes",
        stdout: any,
        stderr: any,
        leaves: { applications: [] },
      },
    ],
    writes: any,
  },
  ...[
    { call: "deleteToken", made: own, prints: /az acr token delete/ },
    { call: "clearPassword", made: own, given: fill, prints: /az acr token credential delete/ },
    { call: "deleteApplication", made: `${principal} -n demo`, prints: /az ad app delete --id/ },
    { call: "unassignRole", made: `${principal} -n demo`, prints: /az role assignment delete/ },
  ].map(
    ({ call, made, given = () => {}, prints }): Row => ({
      does: `fails, keeps the Secret and prints the command when ${call} does not find its object`,
      ...demo(
        made,
        given,
        refuse(call, () => new CliError("notFound", "not found")),
      ),
      command: revoke,
      ...failed,
      stderr: prints,
      check: (world) => expect(secretIn(world, "demo").metadata.annotations).toHaveProperty("acr-secret/logins"),
    }),
  ),
  {
    does: "empties the Secret, then deletes the credential in Azure, then the Secret",
    ...demo(own, neverInvalid),
    command: revoke,
    stdout: [patched, ...inAzure(token), deleted],
    writes: [
      "patch serviceaccount demo/default",
      "patch secret demo/acr-myregistry",
      "patch secret demo/acr-myregistry",
      `deleteToken ${token}`,
      `deleteScopeMap ${token}`,
      "delete secret demo/acr-myregistry",
    ],
  },
  ...[
    { what: "a token of its own", lines: [own] },
    { what: "a token that expires", lines: [`${making} ${attached} --expires-in 30d -n demo`] },
    { what: "a service principal of its own", lines: [`${principal} -n demo`] },
    { what: "a new named service principal", lines: [`${principal} ci -n demo`] },
    { what: "a shared token", lines: [`${making} ${attached} -A --credential-per scope`] },
    { what: "a token for each namespace", lines: [`${making} ${attached} -A --credential-per namespace`] },
    { what: "a repository of Argo CD", lines: [`${making} --for argocd -n demo`] },
    { what: "a rotated token", lines: [own, "rotate -n demo"] },
    { what: "a rotated service principal", lines: [`${principal} -n demo`, "rotate -n demo"] },
  ].map(
    ({ what, lines }): Row => ({
      does: `restores the cluster and Azure after create: ${what}`,
      ...teams(
        all(
          ({ cluster, azure }) => {
            cluster.put(pullSecret("team-a", "theirs"));
            azure.putScopeMap({ name: "readers", actions: ["repositories/app/web/content/read"] });
          },
          remember,
          typed(...lines),
          (world) => expect(everythingIn(world)).not.toEqual(before),
        ),
        "team-a",
      ),
      command: lines[0]?.includes("-A") ? "delete acr-myregistry --revoke -y -A" : revoke,
      stderr: /^(\d Secrets? deleted\n)?$/,
      check: isRestored,
    }),
  ),
  {
    does: "deletes only its own password of another user's token",
    world: () => worldOf(["demo"]),
    given: all(ci, (world) => makeByHand(world, "password2", "ci-token")),
    command: revoke,
    stdout: ["token.azurecr.io/ci-token configured (-password1)", deleted],
    check: (world) => expect(slotsOf(world, "ci-token")).toEqual(["password2"]),
  },
  {
    does: "deletes a shared credential once, after the last Secret was emptied",
    world: () => worldOf(["a", "b"]),
    given: typed(`${making} ${attached} --namespaces a,b --credential-per scope`),
    command: "delete acr-myregistry --revoke -y --namespaces a,b",
    stdout: [
      ...["a", "b"].map((at) => `${patched} in namespace ${at}`),
      ...inAzure(shared),
      ...["a", "b"].map((at) => `${deleted} in namespace ${at}`),
    ],
    stderr: ["2 Secrets deleted"],
  },
  {
    does: "keeps a credential when the Secret of one namespace cannot be deleted, and deletes it in the next run",
    world: () => worldOf(["a", "b"]),
    given: all(typed(`${making} ${attached} --namespaces a,b --credential-per scope`), refuse("patch serviceaccount b/default")),
    command: "delete acr-myregistry --revoke -y --namespaces a,b",
    ...failed,
    stdout: [`${patched} in namespace a`, `${deleted} in namespace a`],
    stderr: new RegExp(
      `^b: .*Forbidden.*\nWarning: a: .*"${shared}" .* secret/acr-myregistry in namespace b .*\n1 Secret deleted, 1 namespace failed\n$`,
    ),
    check: alive("b"),
    after: [{ command: "delete acr-myregistry --revoke -y --namespaces a,b", stderr: any, check: sizes(0) }],
  },
  ...[
    {
      what: "a supplied login",
      line: "create --registry myregistry.azurecr.io --username ci --password-stdin --verify=false",
      stderr: /^Warning: .*"ci" /,
    },
    {
      what: "a token of an Azure identity",
      line: "create --registry myregistry --entra --repository app/web",
      stderr: /^Warning: .* 2026-01-01T03:00:00Z/,
    },
  ].map(
    ({ what, line, stderr }): Row => ({
      does: `warns that it cannot revoke ${what}`,
      world: () => worldOf(["demo"]),
      given: ({ ports }) => type(`${line} -n demo`, ports, { stdin: "hunter2" }),
      command: revoke,
      stdout: [deleted],
      stderr,
    }),
  ),
  {
    does: "deletes an immutable Secret with its login",
    ...demo(own, (world) => world.cluster.put({ ...secretIn(world, "demo"), immutable: true })),
    command: revoke,
    check: (world) => {
      sizes(0)(world);
      expect(world.cluster.get("secret", "demo", "acr-myregistry")).toBeUndefined();
    },
  },
  {
    does: "changes nothing when the user is not signed in to Azure",
    ...demo(
      own,
      refuse("findRegistry", () => new CliError("unauthenticated", "az is not signed in", { hint: "az login" })),
    ),
    command: revoke,
    code: 1,
    stderr: ["error: az is not signed in", "hint: az login"],
  },
  {
    does: "keeps the empty Secret when Azure rejects the revocation, prints its command, and continues when it runs again",
    ...demo(own, refuse("deleteToken")),
    command: revoke,
    ...failed,
    stdout: [patched],
    stderr: new RegExp(
      `^${refused().message.replace(/[()]/g, ".")}\nWarning: .*:\n  az acr token delete --registry myregistry --name ${token}\nWarning: secret/.*\n$`,
    ),
    check: ({ loginIn }) => expect(loginIn("demo")).toBeUndefined(),
    after: [{ command: revoke, check: sizes(0) }],
  },
  {
    does: "keeps a scope map that another token uses",
    ...demo(own, ({ azure }) => azure.putToken("other-token", [], token)),
    command: revoke,
    stdout: [patched, `token.azurecr.io/${token} deleted`, deleted],
    stderr: any,
    check: ({ azure }) => expect([...azure.tokens.keys(), ...azure.scopeMaps.keys()]).toEqual(["other-token", token]),
    after: [
      {
        // The state after a run that was killed between the two steps.
        given: ({ cluster }) => cluster.put(notedSecret("demo", "acr-myregistry", [noted], { username: token, password: "gone" })),
        command: revoke,
        stderr: any,
        check: ({ azure }) => expect([...azure.scopeMaps.keys()]).toEqual([token]),
      },
    ],
  },
  {
    does: "keeps a credential that another Secret holds, names that Secret, and deletes it with the last one",
    ...teams(all(typed(own), copy("team-a")), "team-a"),
    command: revoke,
    stdout: [patched, deleted],
    stderr: new RegExp(`^Warning: .*"${token}" .* secret/acr-myregistry in namespace team-a .*\n$`),
    check: alive("team-a"),
    after: [{ command: onTeamA, check: sizes(0) }],
  },
  {
    does: "names two Secrets that hold the credential",
    ...teams(all(typed(`${making} -n demo`), copy("team-a", "team-b")), "team-a", "team-b"),
    command: revoke,
    stderr: /secret\/acr-myregistry in namespace team-a and secret\/acr-myregistry in namespace team-b /,
  },
  {
    does: "deletes only the password that no other Secret holds",
    ...teams(all(ci, copy("team-a"), secondPassword("team-a")), "team-a"),
    command: revoke,
    stdout: ["token.azurecr.io/ci-token configured (-password1)", deleted],
    check: alive("team-a"),
  },
  {
    does: "deletes no password that a Secret only records",
    ...teams(
      all(
        ci,
        typed(`${making} -n team-a`),
        moves((world, { metadata }) => {
          const secret = secretIn(world, "team-a");
          world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations: metadata.annotations ?? {} } });
        }),
      ),
      "team-a",
    ),
    command: onTeamA,
    stdout: [deleted],
    stderr: /^Warning: secret\/acr-myregistry in namespace team-a .* ci-token, .*\n$/,
    check: works,
  },
  {
    does: "deletes no password for which a Secret has a made-up one",
    ...teams(
      all(
        ci,
        moves((world, secret) => {
          const { data = {} } = pullSecret("team-a", "x", { "myregistry.azurecr.io": { username: "ci-token", password: "made up" } });
          world.cluster.put({ ...secret, metadata: { ...secret.metadata, namespace: "team-a" }, data });
        }),
      ),
      "team-a",
    ),
    command: onTeamA,
    stdout: [deleted],
    stderr: any,
    check: works,
  },
  {
    does: "keeps another user's token when the registry is unreachable",
    world: () => worldOf(["demo"]),
    given: ci,
    command: revoke,
    options: { registry: { admits: async () => ({ verdict: "unreachable" as const, message: "no route" }) } },
    code: 1,
    stderr: /could not be tested at myregistry.azurecr.io/,
    writes: any,
    check: sizes(2),
    after: [{ command: revoke, check: sizes(0) }],
  },
  ...[
    { what: "revokes the Secret's own token", given: typed(own), code: 0, stderr: [] },
    {
      what: "keeps another user's token",
      given: ci,
      code: 1,
      stderr:
        /^error: credential "ci-token" \(acr-token\) .*\n\* .*Forbidden.*\nhint: .* --revoke\nWarning: secret\/acr-myregistry is kept.*\n$/,
    },
  ].map(
    ({ what, given, code, stderr }): Row => ({
      does: `${what} when not every Secret may be listed`,
      world: () => worldOf(["demo"]),
      given: all(
        given,
        refuse(({ call, at, namespace: of }) => call === "list" && at.startsWith("secret") && of === undefined),
      ),
      command: revoke,
      code,
      stderr,
      writes: any,
      check: sizes(code === 0 ? 0 : 2),
      after: code === 0 ? [] : [{ command: "delete acr-myregistry -y -n demo", stdout: [deleted], stderr: any }],
    }),
  ),
  ...[
    { what: "the label of another tool", labels: { [managedBy.key]: "kyverno" } },
    { what: "no label", labels: {} },
    { what: "neither label nor annotation", labels: {}, annotation: () => undefined },
    { what: "our label and another recorded password", annotation: (text: string) => text.replace("password1", "password2") },
  ].map(
    ({ what, labels, annotation = (text) => text }): Row => ({
      does: `revokes nothing that a Secret with ${what} holds`,
      ...teams(
        all(typed(`${making} -n demo`), copy("team-a"), (world) => {
          const { metadata, ...secret } = secretIn(world, "team-a");
          const text = annotation(metadata.annotations?.["acr-secret/logins"] ?? "");
          const annotations: Record<string, string> = text === undefined ? {} : { "acr-secret/logins": text };
          world.cluster.put({ ...secret, metadata: { ...metadata, labels: labels ?? metadata.labels ?? {}, annotations } });
        }),
        "team-a",
      ),
      command: revoke,
      stderr: /secret\/acr-myregistry in namespace team-a /,
      check: alive("team-a"),
    }),
  ),
  {
    does: "revokes nothing that another cluster may hold by Azure's description, without --force",
    world: () => twoClusters("demo"),
    given: sharedByClusters(`${making} -n demo --credential-per scope`),
    command: `${revoke} --context one`,
    code: 1,
    stderr: new RegExp(`cluster ${idOfTwo} `),
    writes: any,
    check: alive("demo", "two"),
    after: [{ command: `${revoke} --context one --force`, stderr: [], check: sizes(0) }],
  },
  ...[
    { how: "both passwords have expired", first: `${making} --expires-in 1m -n demo` },
    { how: "the first password never expires", first: `${making} -n demo` },
  ].map(
    ({ how, first }): Row => ({
      does: `leaves nothing after a rotation when ${how}`,
      world: () => worldOf(["demo"]),
      given: all(remember, typed(first, "rotate -n demo --expires-in 1m"), ({ azure }) => {
        // Azure expires a password at its time.
        for (const { passwords } of azure.tokens.values())
          for (const [slot, password] of passwords) if (password.expiry) passwords.set(slot, { ...password, text: `expired ${slot}` });
      }),
      command: revoke,
      options: { now: () => new Date("2026-01-01T01:00:00Z") },
      check: isRestored,
    }),
  ),
]);

const shortly = { sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 2)) };
let other: Promise<Run> | undefined;
/** Another run starts at a call, which takes some time. */
const startAt =
  (call: string, line: string): Given =>
  ({ asking, ports }) => {
    other = undefined;
    asking.around(async (asked, next) => {
      if (is(call)(asked)) {
        other ??= type(line, ports, shortly);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return next();
    });
  };

testRows([
  {
    does: "lets a create wait until the credential is deleted, and get one that works",
    ...demo(own, startAt("deleteToken", `${making} -n demo`)),
    command: revoke,
    check: async (world) => {
      expect(await other).toMatchObject({ stdout: expect.stringContaining("secret/acr-myregistry created"), code: 0 });
      alive("demo")(world);
    },
  },
  {
    does: "waits for a create that generates a password, and deletes that too",
    world: () => worldOf(["demo"]),
    given: startAt("generatePassword", revoke),
    command: `${making} -n demo`,
    stderr: any,
    check: async (world) => {
      expect(await other).toMatchObject({ stderr: "", code: 0 });
      sizes(0)(world);
      expect(world.cluster.get("secret", "demo", "acr-myregistry")).toBeUndefined();
    },
  },
]);
