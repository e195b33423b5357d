import { expect, test } from "vitest";
import { drawn } from "../../support/sampled.ts";
import { kills, Play } from "./play.ts";
import {
  after,
  apply,
  attach,
  copies,
  create,
  deleteSecret,
  detach,
  fatesUpTo,
  kinds,
  pass,
  remove,
  rotate,
  type Step,
  someDisturbances,
  stateOf,
  upTo,
} from "./scenarios.ts";

type Pair = {
  readonly what: string;
  readonly start: readonly Step[];
  readonly first: string;
  readonly second: string;
  /** What must end well in the end. Default: the first command of `start`, or `first`. */
  readonly last?: string;
  readonly mayLeave?: boolean;
};

const prune = "prune --registry myregistry --exported=all --yes";

const nameOf = (line: string) =>
  line.replace("acr-myregistry --registry myregistry --repository app/web -n app --serviceaccount default ", "");

const pairs = kinds.flatMap(({ what, kind }): Pair[] => {
  const many = create(kind, copies);
  const one = create(kind, "--copy-to b");
  const revoke = `${remove} --revoke`;
  const made = [one, pass];
  const orphan = [create(kind), deleteSecret, pass, pass];
  const printing = create(kind, "--export").replace(" --serviceaccount default", "");
  const old = [one, printing, pass, pass];
  const applying = apply(kind, "copies");
  const applied = [applying, pass];
  const aging = [apply(kind, "aging"), pass, pass];
  const rows: Omit<Pair, "what">[] = [
    { start: [], first: one, second: one },
    { start: [], first: one, second: many },
    { start: [], first: one, second: revoke, mayLeave: true },
    { start: made, first: one, second: rotate("0") },
    { start: made, first: rotate("0"), second: rotate("0") },
    { start: made, first: rotate("1h"), second: rotate("0") },
    { start: made, first: rotate("0"), second: many },
    { start: made, first: many, second: rotate("0") },
    { start: made, first: rotate("0"), second: revoke },
    { start: made, first: revoke, second: rotate("0") },
    // A deletion that was halted reads the application by its id, and not the one that `create` has created in the meantime. `prune` finds its password
    { start: made, first: revoke, second: one, mayLeave: kind !== "" },
    { start: made, first: one, second: revoke },
    { start: made, first: revoke, second: revoke },
    { start: made, first: attach, second: detach },
    { start: [], first: one, second: prune },
    { start: made, first: rotate("0"), second: prune },
    { start: made, first: prune, second: rotate("0") },
    { start: made, first: revoke, second: prune },
    { start: made, first: prune, second: revoke },
    { start: orphan, first: prune, second: prune, mayLeave: true },
    { start: orphan, first: one, second: prune, mayLeave: true },
    { start: orphan, first: prune, second: one, mayLeave: true },
    { start: made, first: printing, second: printing, mayLeave: true },
    { start: made, first: printing, second: rotate("0"), mayLeave: true },
    { start: made, first: rotate("0"), second: printing, mayLeave: true },
    { start: old, first: printing, second: prune, mayLeave: true },
    { start: old, first: prune, second: printing, mayLeave: true },
    { start: [], first: applying, second: applying },
    { start: applied, first: apply(kind, "one"), second: applying },
    { start: aging, first: apply(kind, "aging"), second: apply(kind, "aging") },
    { start: applied, first: rotate("0"), second: apply(kind, "one") },
    { start: applied, first: revoke, second: applying, mayLeave: kind !== "" },
    { start: applied, first: applying, second: revoke },
    { start: applied, first: apply(kind, "none", " --prune --yes"), second: applying, mayLeave: kind !== "" },
    { start: applied, first: apply(kind, "none", " --prune --yes"), second: apply(kind, "none", " --prune --yes") },
    { start: orphan, first: applying, second: prune, last: applying, mayLeave: true },
    { start: orphan, first: prune, second: applying, last: applying, mayLeave: true },
  ];
  return rows.map((row) => ({ ...row, what: `${nameOf(row.first)} and ${nameOf(row.second)}, ${what}` }));
});

/** After how many requests of the first run the second one comes in the test gate. */
const somePairs = 5;

/** Runs a command once more, which must end well whichever run came last. */
async function endsWell(play: Play, { start, first, last, mayLeave = false }: Pair): Promise<void> {
  play.watch.check();
  const line = last ?? start.find((step) => typeof step === "string") ?? first;
  const { run } = await play.alone(line);
  play.watch.check();
  const { secrets, unknown } = stateOf(play);
  const [source] = secrets.filter(({ at }) => at.startsWith("app/"));
  const isWell = run?.code === 0 && (mayLeave || unknown === 0) && source?.state === "has the login" && !source.isClaimed;
  const isSame = secrets.every(({ state }) => state === "has the login");
  if (!isWell || !isSame) play.fail(JSON.stringify({ unknown, secrets }, undefined, 1));
}

async function lengthOf({ start, first }: Pair): Promise<number> {
  return (await (await after(...start)).alone(first)).trace.length;
}

test.for(pairs.map((one) => [one.what, one] as const))(
  "ends well when the second run comes at any request of the first: %s",
  { timeout: 240_000 },
  async ([, pair]) => {
    for (const step of drawn(upTo(await lengthOf(pair)), somePairs)) {
      const others = await both(pair, step, Number.POSITIVE_INFINITY);
      // A run of apply is one of create, rotate or delete, with more requests
      const some = pair.first.startsWith("apply") || pair.second.startsWith("apply") ? 17 : 5;
      const backs = upTo(others).filter((at) => (at + step) % some === 0);
      for (const back of drawn(backs, 1)) await both(pair, step, back);
    }
  },
);

/** The second run comes after some requests of the first, which goes on after some requests of the second. @returns the second's number */
async function both(pair: Pair, step: number, back: number): Promise<number> {
  const play = await after(...pair.start);
  play.add(pair.first);
  const second = play.add(pair.second);
  await play.play([[0, step], [1, back], [0], [1]]);
  await endsWell(play, pair);
  return second.trace.length;
}

test.for(pairs.map((one) => [one.what, one] as const))(
  "ends well when the second run comes after a kill of the first: %s",
  { timeout: 120_000 },
  async ([, pair]) => {
    for (const [step, fate] of fatesUpTo(await lengthOf(pair), kills)) {
      const play = await after(...pair.start);
      await play.alone(pair.first, { [step]: fate });
      await play.alone(pair.second);
      await endsWell(play, pair);
    }
  },
);

test.for(kinds.map(({ what, kind }) => [what, kind] as const))(
  "create writes each copy when a rotation comes at any of its requests: %s",
  { timeout: 120_000 },
  async ([, kind]) => {
    const pair = { what: "", start: [create(kind, "--copy-to b"), pass], first: create(kind, copies), second: rotate("next") };
    for (const step of drawn(upTo(await lengthOf(pair)), someDisturbances)) {
      const play = await after(...pair.start);
      play.add(pair.first);
      play.add(pair.second);
      await play.play([[0, step], [1], [0]]);
      play.watch.check();
      const hasCopy = stateOf(play).secrets.some(({ at, state }) => at === "c/acr-myregistry" && state === "has the login");
      if (play.programs[0]?.run?.code === 0 && !hasCopy) play.fail(`no copy after ${step} requests`);
    }
  },
);

test("deletes no application that another run has got when a rollback pauses", async () => {
  const principal = " --service-principal";
  const play = new Play();
  const first = play.add(create(principal, "--copy-to b"), { 12: "interrupted" });
  play.add(create(principal, copies));
  while (!first.trace.at(-1)?.startsWith("unassignRole") && first.trace.length < 99) await play.play([[0, 1]]);

  await play.play([[1], [0]]);

  play.watch.check();
  expect(stateOf(play).applications).toHaveLength(1);
});
