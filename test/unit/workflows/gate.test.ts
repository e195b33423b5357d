import { expect, test } from "vitest";
import type { Plan, Store } from "../../../src/plan/change.ts";
import { openGate } from "../../../src/workflows/gate.ts";
import { benchOf } from "../../support/fakes/bench.ts";
import { login, makeMap, mint, short, store } from "../actions/apply-setting.ts";
import { preconditionOf, put, world } from "../actions/claim-setting.ts";

const wanted = store as Store;

/** A gate before a world; Azure answers once it is let. */
function gateTo(demand: Plan) {
  const in_ = world();
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const bench = benchOf(in_, { carry: () => answered.then(() => ({ login })) });
  return { in_, gate: openGate({ demand }, bench), answer };
}

/** What has come to pass by now, of some promises. */
async function through(passing: readonly Promise<unknown>[]): Promise<boolean[]> {
  const done = passing.map(() => false);
  for (const [index, one] of passing.entries())
    one.then(
      () => {
        done[index] = true;
      },
      () => {},
    );
  await new Promise(setImmediate);
  return done;
}

test("where nothing is to be made no place waits for another", async () => {
  const { gate } = gateTo([]);

  expect(await through([gate.enter().pass(wanted), gate.enter().pass(wanted)])).toEqual([true, true]);
  expect(gate.made).toEqual([]);
});

test("a place waits until those before it are through or need nothing, and the first one is written; then none does", async () => {
  const { gate, answer } = gateTo([makeMap]);
  const [first, second, third] = [gate.enter(), gate.enter(), gate.enter()];
  const passing = [second.pass(wanted), third.pass(wanted)];
  expect(await through(passing)).toEqual([false, false]);

  first.leave();
  answer();
  expect(await passing[0]).toBe(true);
  expect(gate.made.map(short)).toEqual(["create m"]);
  expect(await through(passing)).toEqual([true, false]);
  const fourth = gate.enter();
  expect(await through([fourth.pass(wanted)])).toEqual([false]);

  second.leave();
  expect(await through(passing)).toEqual([true, true]);
  expect(await passing[1]).toBe(false);
  expect(await through([gate.enter().pass(wanted)])).toEqual([true]);
  expect(gate.made.map(short)).toEqual(["create m"]);
});

test("a Secret that stands is tried before it is claimed for a password; one that does not by the claim alone", async () => {
  const old = gateTo([mint]);
  old.answer();
  await old.gate.enter().pass({ ...wanted, precondition: preconditionOf(put(old.in_)) });
  expect(old.in_.asking.all).toEqual(["patch secret demo/acr (dry run)", "patch secret demo/acr"]);

  const none = gateTo([mint]);
  none.answer();
  await none.gate.enter().pass(wanted);
  expect(none.in_.asking.all).toEqual(["create secret demo/acr"]);
});
