import { expect } from "vitest";
import { worldOf } from "../../support/fakes/fleet.ts";
import { sharedByClusters, twoClusters } from "../../support/fakes/two-clusters.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { renamed } from "../../support/other-token.ts";
import { expectEnds, type Race, type Raced, type Racer, testRaces } from "../../support/races.ts";
import { isAlive, makeByHand } from "../../support/rotating.ts";
import { all, typed } from "../../support/rows.ts";

const create = "create --registry myregistry --repository app/web";
const abc = ["a", "b", "c"];
const places = `--namespaces ${abc}`;
const shared = `${create} ${places} --credential-per scope`;
const principal = `create --registry myregistry ${places} --credential-per scope --service-principal ci`;

/** A person creates a password with az in the other slot of the token, and uses it. */
const person: Racer = async (world) => {
  const { azure, asking } = world;
  const [name = ""] = azure.tokens.keys();
  for (let turns = 0; turns < 3; turns++) await asking.ask({ port: "azure", call: "wait", at: "", writes: false, dryRun: false }, () => {});
  if (azure.tokens.get(name)?.passwords.has("password2")) return { stdout: "", stderr: "", code: 1 };
  return { stdout: await makeByHand(world, "password2", name), stderr: "", code: 0 };
};

const rotate = `rotate acr-myregistry ${places}`;
const retire = `${rotate} --grace 0`;
const own = "rotate -n a --grace 0";
const tooMany = /^$|Secrets hold both passwords|no Secret records password|another run (?:re)?generated password|another run is making/;
const retried = { now: () => new Date("2026-01-01T00:05:00Z") };

type Rotation = { what: string; begin: string; renames?: true; racers: readonly Racer[]; at?: readonly string[]; may?: RegExp };

const rotations: readonly Rotation[] = [
  { what: "two rotations of a Secret's own credential", begin: `${create} -n a`, racers: ["rotate -n a", "rotate -n a"], at: ["a"] },
  { what: "two rotations that retire", begin: `${create} -n a`, racers: [own, own], at: ["a"] },
  { what: "three rotations of a shared credential", begin: shared, racers: [rotate, rotate, rotate] },
  { what: "a rotation that retires and one that does not", begin: shared, racers: [rotate, retire] },
  { what: "two rotations of another user's token", begin: shared, renames: true, racers: [retire, retire], may: tooMany },
  { what: "two rotations of a service principal", begin: principal, racers: [retire, retire] },
  { what: "two rotations from two namespaces", begin: shared, racers: [own, "rotate -n c --grace 0"] },
  { what: "a rotation and a create in one namespace", begin: `${create} -n a`, racers: [own, `${create} -n a`], at: ["a"] },
  {
    what: "a rotation and a create that adds a namespace",
    begin: shared,
    racers: [retire, `${create} ${places},d --credential-per scope`],
    at: [...abc, "d"],
  },
  {
    what: "a rotation, attach and detach",
    begin: shared,
    racers: [retire, ...["attach", "detach"].map((verb) => `${verb} acr-myregistry --serviceaccount default -n a`)],
  },
  { what: "a rotation and a person who creates the other password", begin: shared, renames: true, racers: [retire, person], may: tooMany },
];

/** The other cluster may hold the password in the other slot, or its run has generated that password again before this run could use it. */
const otherCluster = /password[12] of the ACR token "[^"]+" may be in use\nhint: cluster \w+ may hold it|refuses the login/;
const inContext = (context: string) => `rotate acr-myregistry --grace 0 -n a --context ${context}`;

/** Checks the ends, and that all logins are valid now and after one more rotation. */
async function keepsAlive(
  raced: Raced,
  alive: () => readonly string[],
  all: readonly string[],
  more: { may?: RegExp | undefined; again: string },
) {
  const { world, why } = raced;
  expectEnds(raced, more.may);
  expect(alive(), why).toEqual(all);
  const again = await type(more.again, world.ports, retried);
  expect(alive(), `${why}\n${again.stderr}`).toEqual(all);
}

testRaces(
  [
    ...rotations.map(
      ({ what, begin, renames, racers, at = abc, may }): Race => ({
        does: `leaves only valid logins after ${what}`,
        open: () => worldOf(at),
        begin: all(typed(begin), renames ? renamed("ci-pull") : () => {}),
        racers,
        check: async (raced) => {
          const { world, ends, why } = raced;
          const theirs = ends[racers.indexOf(person)];
          if (theirs?.code === 0) expect(world.azure.knows({ username: "ci-pull", password: theirs.stdout }), why).toBe(true);
          const alive = () => at.filter((name) => isAlive(world, name));
          await keepsAlive(raced, alive, at, { may, again: "rotate acr-myregistry -n a --grace 0" });
        },
      }),
    ),
    {
      does: "leaves only valid logins after two rotations of one token, each run for its own cluster",
      open: () => twoClusters("a"),
      begin: sharedByClusters(`${create} --namespaces a --credential-per scope`),
      racers: [inContext("one"), inContext("two")],
      check: (raced) => {
        const alive = () => ["one", "two"].filter((context) => isAlive(raced.world, "a", undefined, context));
        return keepsAlive(raced, alive, ["one", "two"], { may: otherCluster, again: inContext("one") });
      },
    },
  ],
  30,
);

const revoke = `delete acr-myregistry --revoke -y ${places}`;
const isDead = (world: FakeWorld) => (at: string) => world.loginIn(at) !== undefined && !isAlive(world, at);

testRaces(
  [
    { of: "each namespace's own credential", line: `${create} --credential-per namespace` },
    { of: "a shared credential", line: `${create} --credential-per scope` },
    { of: "a service principal", line: "create --registry myregistry --service-principal ci --credential-per scope" },
  ].flatMap(({ of, line }) => {
    const made = `${line} ${places} --serviceaccount default`;
    return [
      { other: "a create", racer: made },
      { other: "a rotation", racer: rotate },
      { other: "a rotation that retires", racer: retire },
      { other: "another delete", racer: `${revoke} --ignore-not-found` },
    ].map(
      ({ other, racer }): Race => ({
        does: `leaves no invalid login after a delete of ${of} and ${other}, and a last delete leaves nothing`,
        open: () => worldOf(abc),
        begin: typed(made),
        racers: [revoke, racer],
        sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 1)),
        check: async ({ world, why }) => {
          expect(abc.filter(isDead(world)), why).toEqual([]);
          const last = await type(`${revoke} --ignore-not-found`, world.ports, { now: () => new Date("2026-01-01T00:01:00Z") });
          expect(last.code, `${why}\n${last.stderr}`).toBe(0);
          const { tokens, scopeMaps, directory } = world.azure;
          const left = [...tokens.keys(), ...scopeMaps.keys(), ...directory.applications, ...directory.assignments];
          expect(left, `${why}\n${last.stderr}`).toEqual([]);
        },
      }),
    );
  }),
  10,
);
