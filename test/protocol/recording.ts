import { AsyncLocalStorage } from "node:async_hooks";
import { chanceFrom, delaying } from "../support/fakes/chance.ts";
import { killing } from "../support/fakes/killing.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../support/fakes/world.ts";
import { type Run, type } from "../support/in-process.ts";
import { renamed } from "../support/other-token.ts";
import { makeByHand } from "../support/rotating.ts";
import { type Ended, knownOf, type Recorded, type Slots, type Step, stepsOf } from "./trace.ts";

/** The namespaces of the model's three Secrets. */
const places = ["a", "b", "c"];

const name = "acr-myregistry";
const token = "ci-pull";
const make = "create --registry myregistry --repository app/web --namespaces a,b --credential-per scope";

/** The initial state of the world. */
export type Beginning = {
  /** Whether the third Secret has the password, too. */
  readonly third: boolean;
  /** Whether there is a previous password. */
  readonly rotated: boolean;
};

export type Actor = "rotate" | "person";

/** The request at which a run is killed, and whether that request is applied. */
export type Kill = { readonly at: number; readonly after: boolean };

export type Played = {
  /** The model's assumption: no other actor changed a slot between an actor's last read of the token and its generation of a password. */
  readonly granted: boolean;
  readonly steps: readonly Step[];
  readonly ends: readonly Run[];
  readonly story: string;
};

/** The actor that sends a request. */
const acting = new AsyncLocalStorage<number>();

/** Runs the actors concurrently with random delays. `kills` ends the first of them at that request, and a rotation follows. */
export async function play(
  actors: readonly Actor[],
  { third, rotated }: Beginning,
  { seed, grace, kills }: { readonly seed: number; readonly grace: 0 | 1; readonly kills?: Kill },
): Promise<Played> {
  const world = await begin({ third, rotated });
  const recorded: (Recorded | Ended)[] = [];
  const before = knownOf(
    places.map((_, at) => secretAt(world, at)),
    slotsNow(world),
  );
  const calls: Called[] = [];
  record(world, recorded, calls);
  const calm = world.asking.around(delaying(chanceFrom(seed), 8));
  const one = async (actor: Actor, run: number, more: object = {}) => {
    const end = await acting.run(run, () => acts[actor](world, { seed, grace, ...more }));
    if (actor !== "person") recorded.push({ run, end: end.code === 0 ? "well" : "else" });
    return end;
  };
  const numbers = numbered(actors);
  const ends = kills
    ? [await killed(world, kills, { recorded, run: numbers[0] ?? 0, live: () => one(actors[0] ?? "rotate", numbers[0] ?? 0) })]
    : await Promise.all(actors.map((actor, at) => one(actor, numbers[at] ?? 0)));
  calm();
  if (kills) ends.push(await one("rotate", 0, { now: () => new Date("2026-01-01T00:05:00Z") }));
  const steps = stepsOf(recorded, before);
  return { steps, granted: isGranted(calls), ends, story: `seed ${seed}\n${steps.join("\n")}\n${JSON.stringify(ends, undefined, 2)}` };
}

/** Returns the model's numbers: two rotations (0 and 1), a person (9). */
function numbered(actors: readonly Actor[]): number[] {
  let rotations = 0;
  return actors.map((actor) => (actor === "rotate" ? rotations++ : 9));
}

async function begin({ third, rotated }: Beginning): Promise<FakeWorld> {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", ...places);
  const done = async (line: string) => {
    const { code, stderr } = await type(line, world.ports);
    if (code !== 0) throw new Error(stderr);
  };
  await done(make);
  renamed(token)(world);
  if (rotated) for (let twice = 0; twice < 2; twice++) await done(`rotate ${name} -A`);
  const from = secretAt(world, 0);
  if (third && from)
    world.cluster.put(
      {
        ...from,
        metadata: { name, namespace: "c", labels: { ...from.metadata.labels }, annotations: { ...from.metadata.annotations } },
      },
      "kubectl-acr-secret",
    );
  return world;
}

const acts: Readonly<Record<Actor, (world: FakeWorld, how: { seed: number; grace: 0 | 1; now?: () => Date }) => Promise<Run>>> = {
  rotate: ({ ports }, { grace, ...more }) => type(`rotate ${name} -A${grace === 0 ? " --grace 0" : ""}`, ports, { sleep, ...more }),
  person: async (world, { seed }) => {
    for (let turns = chanceFrom(seed + 1)(60); turns > 0; turns--) await new Promise(setImmediate);
    await makeByHand(world, chanceFrom(seed + 2)(2) === 0 ? "password1" : "password2", token);
    return { stdout: "", stderr: "", code: 0 };
  },
};

/** Waits let the other actors continue. A claim that is not abandoned must not expire during a wait. */
async function sleep(): Promise<void> {
  for (let turns = 0; turns < 100; turns++) await new Promise(setImmediate);
}

/** Adds the innermost wrapper, where a request is applied immediately. */
function record(world: FakeWorld, recorded: (Recorded | Ended)[], calls: Called[]): void {
  world.asking.around(({ call, at, writes, dryRun }, next) => {
    const answer = next();
    const run = acting.getStore();
    if (run !== undefined) calls.push({ run, call, at });
    if (run === undefined || !writes || dryRun) return answer;
    const secret = places.findIndex((one) => at === `secret ${one}/${name}`);
    if (secret >= 0) recorded.push({ run, call, secret, precondition: secretAt(world, secret) });
    else if (/Password$/.test(call)) recorded.push({ run, call, slots: slotsNow(world) });
    return answer;
  });
}

type Called = { readonly run: number; readonly call: string; readonly at: string };

/** Whether no other actor changed the slot of a generated password since the last read of the token. */
function isGranted(calls: readonly Called[]): boolean {
  return calls.every(({ run, call, at }, index) => {
    if (call !== "generatePassword" || run === 9) return true;
    const look = calls.slice(0, index).findLastIndex((one) => one.run === run && one.call === "token");
    return !calls.slice(look + 1, index).some((one) => one.run !== run && one.at === at && /Password$/.test(one.call));
  });
}

type Dying = { readonly recorded: (Recorded | Ended)[]; readonly run: number; live(): Promise<Run> };

/** Kills a run. The run counts as ended right after its last change. A run without a change counts as one that never started. */
async function killed(world: FakeWorld, { at, after }: Kill, { recorded, run, live }: Dying): Promise<Run> {
  const kill = killing(at, after);
  const free = world.asking.around((asked, next) => (acting.getStore() === run ? kill(asked, next) : next()));
  const end = await Promise.race([live(), kill.killed.then(() => undefined)]);
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  free();
  if (!end) recorded.push({ run, end: recorded.length > 0 ? "dies" : "else" });
  return end ?? { stdout: "", stderr: "killed", code: 137 };
}

const secretAt = (world: FakeWorld, at: number) => {
  return world.cluster.get("secret", places[at] ?? "", name);
};

const slotsNow = ({ azure }: FakeWorld): Slots =>
  Object.fromEntries([...(azure.tokens.get(token)?.passwords ?? [])].map(([slot, { creationTime }]) => [slot, creationTime]));
