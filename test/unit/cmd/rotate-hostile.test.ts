import { expect } from "vitest";
import type { Entry } from "../../../src/secret/entry.ts";
import { shared, stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { renamed } from "../../support/other-token.ts";
import { copyOf, host, isAlive, logins, madeAtOf, notedSecret, noteIn, slotsOf } from "../../support/rotating.ts";
import { all, answer, any, failed, type Given, type Row, testRows, typed } from "../../support/rows.ts";

const both = { a: "password2", b: "password2" };
const later = { slot: "password2", madeAt: "2099-01-01T00:00:00Z" };
const made = "2026-01-01T09:00:00.000Z";
const guess = { username: shared, password: "guessed" };
const now = "rotate acr-myregistry -n a --grace 0";

const entryOf = (world: FakeWorld, more: Partial<Entry> = {}): Entry => ({ ...noteIn(world, "a"), ...more });
const passwordOf = (world: FakeWorld) => {
  const { slot = "", madeAt = "" } = noteIn(world, "a");
  return { slot, madeAt };
};
/** The tenant of the namespace `evil` writes a Secret with an entry of another namespace's credential. */
const forge =
  (more: (world: FakeWorld) => Partial<Entry> = () => ({}), inside: typeof guess | undefined = guess, name = "acr-myregistry"): Given =>
  (world) =>
    world.cluster.put(notedSecret("evil", name, [entryOf(world, more(world))], inside));
const setsPassword =
  (text: string): Given =>
  ({ azure }) =>
    azure.tokens.get(shared)?.passwords.set("password2", { text, creationTime: made, expiry: undefined });
const isQuiet = (pattern: RegExp) => (world: FakeWorld) => expect(world.asking.all.filter((call) => pattern.test(call))).toEqual([]);
const keeps =
  (token: string, ...slots: string[]) =>
  (world: FakeWorld) =>
    expect(slotsOf(world, token)).toEqual(slots);
let old: ReturnType<FakeWorld["loginIn"]>;
const remember: Given = ({ loginIn, azure }) => {
  old = loginIn("a");
  azure.users.set("mine", "mine");
};
const prod: Given = (world) => {
  world.azure.putScopeMap({ name: "prod-token", actions: ["repositories/*/content/read"] });
  world.azure.putToken("prod-token", ["password1"]);
  const madeAt = madeAtOf(world, "prod-token", "password1");
  const entry = { hosts: [host], kind: "acr-token", identity: "prod-token", slot: "password1", madeAt };
  world.cluster.put(notedSecret("evil", "pull", [entry], { username: "prod-token", password: "guessed" }));
};
/** The tenant records passwords of the credential and of another token as previous ones. */
const previous: Given = async (world) => {
  world.azure.putToken("prod-token", ["password1", "password2"]);
  const theirs = { slot: "password2", madeAt: madeAtOf(world, "prod-token", "password2"), until: "2020-01-01T00:00:00Z" };
  await setsPassword("jane's")(world);
  world.cluster.put(copyOf(world, "a", { at: "evil", notes: { previous: { slot: "password2", madeAt: "2026-01-01T09:00:00Z" } } }));
  world.cluster.put(notedSecret("evil", "prod", [entryOf(world, { identity: "prod-token", previous: theirs })], guess));
};
const circle: Given = (world) => {
  const madeAt = (index: number) => new Date(Date.UTC(2027, 0, 1) + (index % 3000) * 1000).toISOString();
  for (let at = 0; at < 3000; at++) {
    const next = { slot: "password2", madeAt: madeAt(at + 1) };
    world.cluster.put(
      notedSecret("evil", `n-${at}`, [entryOf(world, { slot: "password2", madeAt: madeAt(at), previous: next })], undefined),
    );
  }
};
const rejects = /its login is not proven: .* rejects it/;
const none = /holds no login/;

testRows(
  [
    ...[
      { why: "the same password, and a guess inside", given: forge(), message: rejects },
      { why: "a later password", given: forge(() => later), message: rejects, apart: true },
      { why: "the password as its previous one", given: forge((world) => ({ ...later, previous: passwordOf(world) })), message: rejects },
      { why: "a login of its own", given: forge(undefined, { username: "mine", password: "mine" }), message: none },
      {
        why: "no login at all",
        given: (world: FakeWorld) => world.cluster.put(notedSecret("evil", "acr-myregistry", [entryOf(world)], undefined)),
        message: none,
      },
      { why: "the same password under another name", given: forge(undefined, guess, "other"), message: rejects },
    ].flatMap(({ why, given, message, apart }) =>
      [now, "rotate -A --grace 0"].map((command): Row => {
        const everywhere = command.includes("-A");
        return {
          does: `gives nothing to a Secret that records the credential of others and does not hold it: ${why} (${command})`,
          given: all(remember, given),
          command,
          ...failed,
          code: everywhere ? 1 : 0,
          stderr: apart && !everywhere ? any : message,
          writes: /^(?!.*(patch|create) secret evil)/s,
          check: (world) => {
            logins(both)(world);
            // The hostile Secret does not keep the replaced password valid.
            expect(old && world.azure.knows(old)).toBe(false);
            keeps(shared, "password2")(world);
          },
        };
      }),
    ),
    ...["", " --verify=false"].map(
      (more): Row => ({
        does: `generates no password of a token that only one Secret records: rotate pull -n evil${more}`,
        given: prod,
        command: `rotate pull -n evil${more}`,
        code: 1,
        stderr: /its login is not proven/,
        check: keeps("prod-token", "password1"),
      }),
    ),
    {
      does: "deletes no password that a Secret of another tenant records as its previous one",
      given: previous,
      command: "rotate -A --grace 0",
      ...failed,
      check: keeps("prod-token", "password1", "password2"),
      after: [
        {
          command: "rotate -A --grace 0 --expiring-within 1d",
          ...failed,
          check: (world) => {
            keeps("prod-token", "password1", "password2")(world);
            expect(isAlive(world, "a")).toBe(true);
          },
        },
      ],
    },
    ...(
      [
        { why: "as another slot's", notes: () => later },
        { why: "as created later", notes: () => ({ madeAt: later.madeAt }) },
        { why: "without a time", notes: () => ({ madeAt: undefined as never }) },
        { why: "as the one before it", notes: (world) => ({ ...later, previous: passwordOf(world) }) },
      ] as { why: string; notes: (world: FakeWorld) => Partial<Entry> }[]
    ).map(({ why, notes }): Row => {
      const alive = (world: FakeWorld) => expect(["a", "b", "evil"].filter((at) => !isAlive(world, at))).toEqual([]);
      return {
        does: `keeps all logins valid when a tenant holds the password and records it ${why}`,
        given: (world) => world.cluster.put(copyOf(world, "a", { at: "evil", notes: notes(world) })),
        command: now,
        stderr: any,
        check: alive,
        // The password that the tenant holds stays, so the token has no free slot.
        after: Array(2).fill({ command: now, ...failed, writes: /^(?!.*generatePassword)/s, check: alive }),
      };
    }),
    {
      does: "refuses to choose between two Secrets that record one password and hold different valid ones",
      given: all(setsPassword("the other"), forge(undefined, { username: shared, password: "the other" })),
      command: "rotate acr-myregistry -n a",
      code: 1,
      stderr: new RegExp(`secret/acr-myregistry in namespace evil .* passwords of ${shared} `),
    },
    {
      does: "reads thousands of entries that refer to each other in a circle",
      given: circle,
      command: "rotate acr-myregistry -n a",
      stderr: any,
      check: logins(both),
    },
    {
      does: "sends a login to no host that only an entry names",
      given: forge(() => ({ hosts: ["evil.example.com"] })),
      command: "rotate acr-myregistry -n evil",
      code: 1,
      check: isQuiet(/^admits/),
    },
    {
      does: "rotates the Secrets of one name that hold the same login when --verify=false",
      command: "rotate acr-myregistry -n a --verify=false",
      stderr: any,
      check: (world) => {
        logins(both)(world);
        isQuiet(/^(admits|prove)/)(world);
      },
      after: [
        {
          given: forge(),
          command: "rotate acr-myregistry -n a --verify=false",
          code: 1,
          stderr: /its login is not proven/,
          check: logins(both),
        },
      ],
    },
    {
      does: "rotates nothing when the registry is unreachable",
      given: all(
        typed("create --registry myregistry --repository app/web -n evil"),
        (world) => renamed("ci-pull", noteIn(world, "evil").identity)(world),
        answer("admits", { verdict: "unreachable", message: "no answer" }),
      ),
      command: "rotate acr-myregistry -n evil --grace 0",
      code: 1,
      check: (world) => expect(isAlive(world, "evil")).toBe(true),
    },
  ],
  async () => {
    const world = await stored("a", "b");
    addNamespaces(world.cluster, "evil");
    return world;
  },
);
