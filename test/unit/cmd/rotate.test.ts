import { expect } from "vitest";
import { Interrupted } from "../../../src/errors.ts";
import { lost } from "../../support/demo.ts";
import { type Asked, is } from "../../support/fakes/asked.ts";
import { shared, stored, watch, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { renamed } from "../../support/other-token.ts";
import { isAlive, noteIn, slotsOf } from "../../support/rotating.ts";
import { all, answer, any, failed, type Given, type Row, refuse, testRows, typed } from "../../support/rows.ts";

const own = "token.azurecr.io/demo-acr-myregistry-b3ccbab127";
const line = "rotate acr-myregistry -n a --grace 0";
const alive =
  (...names: string[]) =>
  (world: FakeWorld) =>
    expect(names.filter((at) => isAlive(world, at))).toEqual(names);
const slots =
  (...names: string[]) =>
  (world: FakeWorld) =>
    expect(slotsOf(world)).toEqual(names);
const knows = ({ azure }: FakeWorld, login: ReturnType<FakeWorld["loginIn"]>) => login !== undefined && azure.knows(login);
let before: ReturnType<FakeWorld["loginIn"]>;
const remember: Given = ({ loginIn }) => {
  before = loginIn("demo") ?? loginIn("a");
};
/** The passwords in Azure, and the data of the Secrets. */
const texts = ({ azure, cluster }: FakeWorld) => [
  ...[...azure.tokens.values()].flatMap(({ passwords }) => [...passwords.values()].map(({ text }) => text)),
  ...cluster.all("secret").flatMap(({ data = {} }) => Object.values(data)),
];
const shows = (world: FakeWorld, stdout: string) => texts(world).filter((text) => stdout.includes(text));
const both = () => stored("a", "b");

testRows(
  [
    {
      does: "gives a Secret the other password, and keeps the one before until the next rotation",
      world: () => stored("demo"),
      given: remember,
      command: "rotate acr-myregistry -n demo",
      stdout: [`${own} configured`, "secret/acr-myregistry configured"],
      check: (world) => {
        expect(noteIn(world, "demo")).toMatchObject({ slot: "password2", previous: { slot: "password1" } });
        expect([knows(world, before), isAlive(world, "demo")]).toEqual([true, true]);
      },
      after: [
        {
          command: "rotate acr-myregistry -n demo",
          check: (world) => {
            expect(noteIn(world, "demo")).toMatchObject({ slot: "password1", previous: { slot: "password2" } });
            expect([knows(world, before), isAlive(world, "demo")]).toEqual([false, true]);
            slots("password1", "password2")(world);
          },
        },
      ],
    },
    {
      does: "deletes the password before at once when --grace 0",
      world: () => stored("demo"),
      given: remember,
      command: "rotate -n demo --grace 0",
      stdout: [`${own} configured`, "secret/acr-myregistry configured", `${own} configured (-password1)`],
      check: (world) => {
        expect(knows(world, before)).toBe(false);
        slots("password2")(world);
      },
    },
    ...[
      { how: "client", suffix: "(dry run)" },
      { how: "server", suffix: "(server dry run)" },
    ].map(
      ({ how, suffix }): Row => ({
        does: `prints all steps and changes nothing when --dry-run=${how}`,
        world: both,
        command: `${line} --dry-run=${how}`,
        stdout: [
          `token.azurecr.io/${shared} configured ${suffix}`,
          `secret/acr-myregistry configured in namespace a ${suffix}`,
          `secret/acr-myregistry configured in namespace b ${suffix}`,
          `token.azurecr.io/${shared} configured (-password1) ${suffix}`,
        ],
        stderr: ["2 Secrets configured"],
        writes: [],
      }),
    ),
    {
      does: "shows no password when --diff",
      command: `${line} --diff`,
      code: 1,
      stdout: /\*\*\*/,
      check: (world, { stdout }) => expect(shows(world, stdout)).toEqual([]),
    },
    ...[
      { output: "name", stdout: /^secret\/acr-myregistry$/m },
      { output: "json", stdout: /"\.dockerconfigjson": "\*\*\*"/ },
      { output: "yaml", stdout: /\.dockerconfigjson: "\*\*\*"/ },
      { output: "jsonl", stdout: /"object":"secret\/acr-myregistry","result":"configured","because":"rotated"/ },
    ].map(
      ({ output, stdout: pattern }): Row => ({
        does: `prints the results without passwords when -o ${output}`,
        command: `${line} -o ${output}`,
        stdout: pattern,
        check: (world, { stdout }) => expect(shows(world, stdout)).toEqual([]),
      }),
    ),
    {
      does: "creates an Event for each Secret in each rotation",
      world: both,
      command: "rotate acr-myregistry -n a",
      stderr: any,
      after: [
        {
          command: "rotate acr-myregistry -n a",
          stderr: any,
          check: ({ cluster }) => {
            const events = cluster.all("event");
            const of = ["a", "b"].map((at) => `${at} Normal Rotated ${cluster.get("secret", at, "acr-myregistry")?.metadata.uid}`);
            const found = events.map(
              ({ metadata, type: kind, reason, involvedObject: { uid } }) => `${metadata.namespace} ${kind} ${reason} ${uid}`,
            );
            expect(found.sort()).toEqual([...of, ...of].sort());
            expect(new Set(events.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).size).toBe(4);
          },
        },
      ],
    },
    {
      does: "succeeds and warns when it may not create an Event",
      given: refuse("create event"),
      command: line,
      stderr: /Event .*\n\* .*Forbidden/,
    },
    {
      does: "writes no password that cannot pull, and removes it from Azure",
      given: answer("prove", { verdict: "refused", message: "no" }),
      command: line,
      ...failed,
      check: (world) => {
        slots("password1")(world);
        alive("a")(world);
      },
    },
    {
      does: "generates no password for a Secret that it may not write",
      given: refuse("patch secret a/acr-myregistry (dry run)"),
      command: line,
      code: 1,
    },
  ],
  () => stored("a"),
);

const { live, started } = watch();

/** Interrupts the run at a call. The first patch of a Secret is its claim. */
const interruptAt =
  (call: string): Given =>
  ({ asking }) => {
    let claims = call.startsWith("patch") ? 1 : 0;
    return asking.around(async (asked, next) => {
      if (is(call)(asked) && !asked.dryRun && claims-- <= 0) live().interrupt();
      return next();
    });
  };

testRows(
  [
    { when: "before it generates a password", call: "token", left: ["password1"] },
    { when: "when it generates the password", call: "generatePassword", left: ["password1"] },
    { when: "when it proves the password", call: "prove", left: ["password1"] },
    { when: "when it writes the first Secret", call: "patch secret a/acr-myregistry", left: ["password1", "password2"] },
  ].map(
    ({ when, call, left }): Row => ({
      does: `keeps every login valid when it is interrupted ${when}, and completes when it runs again`,
      given: interruptAt(call),
      command: line,
      options: { started },
      ...failed,
      code: 130,
      check: (world) => {
        alive("a", "b", "c")(world);
        slots(...left)(world);
      },
      after: [
        {
          command: line,
          stderr: any,
          check: (world) => {
            expect(new Set(["a", "b", "c"].map((at) => noteIn(world, at).slot)).size).toBe(1);
            expect(slotsOf(world)).toHaveLength(1);
          },
        },
      ],
    }),
  ),
  () => stored("a", "b", "c"),
);

const writesSecret = ({ call, at, dryRun }: Asked) => call === "patch" && /^secret [ab]\//.test(at) && !dryRun;

/** The cluster becomes unreachable when a new login is written, after the claim. `reaches`: the server applies the write. */
const loseCluster =
  (reaches: boolean, error: () => Error, { comesBack = false } = {}): Given =>
  ({ asking }) => {
    let writes = 0;
    const isLost = (asked: Asked) => writesSecret(asked) && ++writes === 2;
    const isAway = ({ port }: Asked) => port === "cluster" && writes >= 2 && !comesBack;
    return asking.around(async (asked, next) => {
      if (isAway(asked)) throw lost();
      if (!isLost(asked)) return next();
      if (reaches) await next();
      throw error();
    });
  };
const interrupted = () => new Interrupted("the answer was lost");

testRows([
  ...[
    { what: "its answer is lost", given: loseCluster(true, lost) },
    { what: "it does not reach the server", given: loseCluster(false, lost) },
    { what: "it is interrupted", given: loseCluster(true, interrupted) },
  ].map(
    ({ what, given }): Row => ({
      does: `keeps a password that a Secret may hold when the cluster becomes unreachable in a write and ${what}`,
      world: () => stored("a"),
      given,
      command: line,
      ...failed,
      stderr:
        /secret\/acr-myregistry in namespace a .*:\n {2}az acr token credential delete --registry myregistry --name a-acr-\S+ --password2/,
      check: (world) => {
        alive("a")(world);
        slots("password1", "password2")(world);
      },
    }),
  ),
  {
    does: "names each Secret that may hold the password",
    world: both,
    given: loseCluster(true, lost),
    command: "rotate acr-myregistry --namespaces a,b --grace 0",
    ...failed,
    stderr: /secret\/acr-myregistry in namespace a and secret\/acr-myregistry in namespace b may hold/,
    check: alive("a", "b"),
  },
  {
    does: "deletes the password when a read shows that it was not written",
    world: () => stored("a"),
    given: loseCluster(false, lost, { comesBack: true }),
    command: line,
    ...failed,
    stderr: /^(?!.*may hold).*error: the answer was lost\n/s,
    check: (world) => {
      alive("a")(world);
      slots("password1")(world);
    },
  },
]);

const made = (flags: string) => async () => {
  const world = worldOf(["a", "b"]);
  world.azure.admin.set("password", "admin-1");
  world.azure.users.set("jane", "given");
  expect(await type(`create --registry myregistry.azurecr.io ${flags} -n a`, world.ports, { stdin: "given" })).toMatchObject({ code: 0 });
  return world;
};
const createB = typed("create --registry myregistry --repository app/web -n b");
const removeToken: Given = (world) => world.azure.removeToken(noteIn(world, "a").identity);
const by =
  (sub: string | undefined): Given =>
  ({ azure: { entra } }) => {
    entra.claims["sub"] = sub;
    entra.now = new Date("2026-01-01T00:10:00Z");
  };
const anotherIdentity: Row = {
  does: "refuses to renew a token of another Azure identity",
  world: () => {
    const world = fakeWorld();
    addNamespaces(world.cluster, "kube-system", "a", "b");
    return world;
  },
  given: all(by("tom"), typed("create --registry myregistry --entra -n a"), remember, by("jane")),
  command: "rotate -n a",
  code: 1,
  stderr: /another Azure identity .*\nhint: kubectl acr-secret create -n a acr-myregistry --registry myregistry.azurecr.io --entra/,
};
const renewed = { stdout: ["secret/acr-myregistry configured"], stderr: any };
const keysOf = ({ azure }: FakeWorld) => azure.directory.applications[0]?.keys.map(({ slot }) => slot) ?? [];
let keys: string[];

testRows(
  [
    {
      does: "refuses the admin user's login, and prints the command that replaces it",
      world: made("--admin"),
      command: "rotate acr-myregistry -n a",
      code: 1,
      stderr: /cannot be rotated by this plugin: .*\nhint: kubectl acr-secret create -n a acr-myregistry/,
    },
    {
      does: "refuses a supplied login, and prints the command that replaces it",
      world: made("--username jane --password-stdin"),
      command: "rotate acr-myregistry -n a",
      code: 1,
      stderr: /cannot be rotated by this plugin: .*\nhint: printf %s "\$PASSWORD" \| kubectl acr-secret create -n a acr-myregistry/,
    },
    {
      does: "names the Secret of the command line when another Secret holds the same supplied login",
      world: made("--username jane --password-stdin"),
      given: async ({ ports }) => {
        await type("create aaa --registry myregistry.azurecr.io --username jane --password-stdin -n a", ports, { stdin: "given" });
      },
      command: "rotate acr-myregistry -n a",
      code: 1,
      stderr: /in secret "acr-myregistry" cannot be rotated by this plugin/,
    },
    {
      does: "rotates the credentials that can be rotated when others cannot",
      world: made("--admin"),
      given: createB,
      command: "rotate -A",
      stdout: /secret\/acr-myregistry configured in namespace b\n$/,
      stderr: any,
    },
    {
      does: "prints the command that enables a disabled token",
      given: ({ azure }) => {
        for (const token of azure.tokens.values()) token.status = "disabled";
      },
      command: "rotate -n a",
      code: 1,
      stderr: /ACR token ".*" is disabled\nhint: az acr token update/,
    },
    {
      does: "refuses a token that was deleted",
      given: removeToken,
      command: "rotate -n a",
      code: 1,
      stderr: /ACR token "a-acr-.* was deleted/,
    },
    {
      does: "rotates the other credentials when the token of one was deleted",
      given: all(({ cluster }) => addNamespaces(cluster, "b"), createB, removeToken),
      command: "rotate -A",
      ...failed,
      stdout: /secret\/acr-myregistry configured in namespace b\n/,
      stderr: /ACR token .* was deleted/,
      check: alive("b"),
    },
    {
      does: "keeps a person's password in the other slot, and prints the command that deletes it",
      world: made("--repository app/web"),
      given: all(renamed("ci-pull"), ({ azure }) =>
        azure.tokens
          .get("ci-pull")
          ?.passwords.set("password2", { text: "jane's", creationTime: "2026-01-01T09:00:00.000Z", expiry: undefined }),
      ),
      command: "rotate -n a --grace 0",
      code: 1,
      stderr:
        /^error: .*password2 .* "ci-pull", .*\nhint: .*:\n {2}az acr token credential delete --registry myregistry --name ci-pull --password2\n$/,
      check: slots("password1", "password2"),
    },
    ...[
      { why: "the Secret does not exist", command: "rotate other -n a", stderr: /secrets "other" not found/ },
      { why: "the namespace has no Secret", command: "rotate -n kube-system", stderr: /no pull secret/ },
      { why: "the Secret has no login for the registry", command: `${line} --registry other`, stderr: /no login .* for other/ },
      { why: "the namespace does not exist", command: "rotate -n nosuch", stderr: /namespaces "nosuch" not found/ },
    ].map(({ why, command, stderr }): Row => ({ does: `fails when ${why}`, command, code: 1, stderr })),
    {
      ...anotherIdentity,
      after: [
        { ...anotherIdentity, given: by(undefined) },
        {
          given: by("tom"),
          command: "rotate -n a",
          ...renewed,
          check: ({ loginIn }) => expect(loginIn("a")).not.toEqual(before),
        },
      ],
    },
    {
      does: "renews only one of two tokens that two identities got in the same second",
      world: anotherIdentity.world,
      given: all(
        ({ azure }) => Object.assign(azure.entra.claims, { sub: "tom" }),
        typed("create --registry myregistry --entra -n a"),
        remember,
        ({ azure }) => Object.assign(azure.entra.claims, { sub: "jane" }),
        typed("create --registry myregistry --entra -n b"),
        by("jane"),
      ),
      command: "rotate acr-myregistry -n b",
      ...renewed,
      check: ({ loginIn }) => expect(loginIn("a")).toEqual(before),
    },
    {
      does: "adds one key to a service principal, and deletes the last but one in the next rotation",
      world: made("--service-principal"),
      given: (world) => {
        world.azure.directory.applications[0]?.keys.push({ slot: "others-00", displayName: "of others", text: "o" });
        keys = keysOf(world);
      },
      command: "rotate -n a",
      stderr: any,
      check: (world) => {
        expect(keysOf(world)).toEqual([...keys, expect.any(String)]);
        keys = keysOf(world);
      },
      after: [
        { command: "rotate -n a", stderr: any, check: (world) => expect(keysOf(world)).toEqual([...keys.slice(1), expect.any(String)]) },
      ],
    },
  ],
  () => stored("a"),
);
