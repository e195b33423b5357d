import { expect, test } from "vitest";
import { chanceFrom, delaying } from "../../support/fakes/chance.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type Run, type } from "../../support/in-process.ts";
import { isAlive, makeByHand } from "../../support/rotating.ts";
import { after } from "../../support/situations/deleting.ts";

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const rounds = Number(process.env["ROUNDS"] ?? 30);

const create = "create --registry myregistry --repository app/web";

/** The commands that created the credential. */
const beginnings: Readonly<Record<string, string>> = {
  own: `${create} -n a`,
  shared: `${create} --namespaces a,b,c --credential-per scope`,
  named: `${create} --namespaces a,b,c --credential-per scope --acr-token ci-pull`,
  principal: "create --registry myregistry --namespaces a,b,c --credential-per scope --service-principal ci",
};

type Racer = (world: FakeWorld) => Promise<Run>;

const typed =
  (line: string): Racer =>
  ({ ports }) =>
    type(line, ports);

/** A person creates a password with az in the other slot of the token, and uses it. */
const person: Racer = async (world) => {
  const { azure, asking } = world;
  const [name = ""] = azure.tokens.keys();
  for (let turns = 0; turns < 3; turns++) await asking.ask({ port: "azure", call: "wait", at: "", writes: false, dryRun: false }, () => {});
  if (azure.tokens.get(name)?.passwords.has("password2")) return { stdout: "", stderr: "", code: 1 };
  return { stdout: await makeByHand(world, "password2", name), stderr: "", code: 0 };
};

type Race = { what: string; begins: string; racers: readonly Racer[]; at: readonly string[]; may?: RegExp };

const all = ["a", "b", "c"];
const rotateAll = typed("rotate acr-myregistry --namespaces a,b,c");
const rotateNow = typed("rotate acr-myregistry --namespaces a,b,c --grace 0");
const tooMany =
  /Secrets hold both passwords|noted by no Secret, and somebody else may use it|another run has made password|another run is making/;

const races: readonly Race[] = [
  { what: "two rotations of a Secret's own", begins: "own", racers: [typed("rotate -n a"), typed("rotate -n a")], at: ["a"] },
  { what: "two that retire at once", begins: "own", racers: [typed("rotate -n a --grace 0"), typed("rotate -n a --grace 0")], at: ["a"] },
  { what: "three rotations of what is shared", begins: "shared", racers: [rotateAll, rotateAll, rotateAll], at: all },
  { what: "one that retires, and one that does not", begins: "shared", racers: [rotateAll, rotateNow], at: all },
  { what: "two of a named token", begins: "named", racers: [rotateNow, rotateNow], at: all, may: tooMany },
  { what: "two of a service principal", begins: "principal", racers: [rotateNow, rotateNow], at: all },
  {
    what: "from two namespaces, each for all that hold it",
    begins: "shared",
    racers: [typed("rotate -n a --grace 0"), typed("rotate -n c --grace 0")],
    at: all,
  },
  {
    what: "beside a create in the same namespace",
    begins: "own",
    racers: [typed("rotate -n a --grace 0"), typed(`${create} -n a`)],
    at: ["a"],
  },
  {
    what: "beside a create that joins a namespace",
    begins: "shared",
    racers: [rotateNow, typed(`${create} --namespaces a,b,c,d --credential-per scope`)],
    at: [...all, "d"],
  },
  {
    what: "beside attach and detach",
    begins: "shared",
    racers: [
      rotateNow,
      typed("attach acr-myregistry --serviceaccount default --namespaces a,b,c"),
      typed("detach acr-myregistry --serviceaccount default --namespaces a,b,c"),
    ],
    at: all,
  },
  { what: "beside a person who makes the other password", begins: "named", racers: [rotateNow, person], at: all, may: tooMany },
];

async function race({ begins, racers, at }: Race, round: number) {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", ...at);
  const begin = await type(beginnings[begins] ?? "", world.ports);
  if (begin.code !== 0) throw new Error(begin.stderr);
  world.asking.forget();
  const calm = world.asking.around(delaying(chanceFrom(seed + round), 8));
  const ends = await Promise.all(racers.map((racer) => racer(world)));
  calm();
  const story = [`SEED=${seed} round ${round}`, JSON.stringify(ends, undefined, 2), ...world.asking.all, tokensOf(world)];
  return { world, ends, why: story.join("\n") };
}

const tokensOf = ({ azure }: FakeWorld) => JSON.stringify([...azure.tokens].map(([name, { passwords }]) => [name, [...passwords]]));

const aliveIn = (world: FakeWorld, at: readonly string[]) => at.filter((name) => isAlive(world, name));

/** Whether the end of a run is one that such a race does not permit. */
const unexpected =
  ({ may }: Race) =>
  ({ code, stderr }: Run) =>
    code !== 0 && stderr !== "" && !may?.test(stderr);

const retried = { now: () => new Date("2026-01-01T00:05:00Z") };

test.for(races)("$what: whoever ends well leaves Secrets that pull", { timeout: 600_000 }, async (it) => {
  for (let round = 0; round < rounds; round++) {
    const { world, ends, why } = await race(it, round);
    expect(ends.filter(unexpected(it)), why).toEqual([]);
    expect(aliveIn(world, it.at), why).toEqual(it.at);
    const theirs = ends[it.racers.indexOf(person)];
    if (theirs?.code === 0) expect(world.azure.knows({ username: "ci-pull", password: theirs.stdout }), why).toBe(true);

    const again = await type("rotate acr-myregistry -n a --grace 0", world.ports, retried);
    expect(aliveIn(world, it.at), `${why}\n${again.stderr}`).toEqual(it.at);
  }
});

const both = "-n a --contexts one,two";
const ciPull = `${create} --acr-token ci-pull -n a`;

/** Two clusters, each with a Secret in the namespace `a`. */
test.for<{ what: string; begins: readonly string[]; racers: readonly string[]; may?: RegExp }>([
  {
    what: "of what two clusters share, each over both",
    begins: [`${create} --credential-per scope ${both}`],
    racers: [`rotate acr-myregistry --grace 0 ${both}`, "rotate acr-myregistry --grace 0 -n a --contexts two,one"],
  },
  {
    what: "of a token that each cluster has a password of, each over both",
    begins: [`${ciPull} --context one`, `${ciPull} --context two`],
    racers: [`rotate acr-myregistry --grace 0 ${both}`, "rotate acr-myregistry --grace 0 -n a --contexts two,one"],
    may: tooMany,
  },
  {
    what: "of a token that each cluster has a password of, each over its own",
    begins: [`${ciPull} --context one`, `${ciPull} --context two`],
    racers: ["rotate acr-myregistry --grace 0 -n a --context one", "rotate acr-myregistry --grace 0 -n a --context two"],
    may: tooMany,
  },
])("two $what: no Secret of either holds a dead password", { timeout: 600_000 }, async ({ begins, racers, may }) => {
  for (let round = 0; round < rounds; round++) {
    const world = worldOf(["a"], { contexts: ["one", "two"] });
    await after(world, ...begins);
    const calm = world.asking.around(delaying(chanceFrom(seed + round), 8));
    const ends = await Promise.all(racers.map((line) => typed(line)(world)));
    calm();
    const why = [`SEED=${seed} round ${round}`, JSON.stringify(ends, undefined, 2), ...world.asking.all, tokensOf(world)].join("\n");
    expect(
      ends.filter(({ code, stderr }) => code !== 0 && !may?.test(stderr)),
      why,
    ).toEqual([]);
    const alive = () => ["one", "two"].filter((context) => isAlive(world, "a", undefined, context));
    expect(alive(), why).toEqual(["one", "two"]);
    const again = await type(`rotate acr-myregistry --grace 0 ${both}`, world.ports, retried);
    expect(alive(), `${why}\n${again.stderr}`).toEqual(["one", "two"]);
  }
});
