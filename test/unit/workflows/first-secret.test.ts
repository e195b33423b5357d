import { expect, test } from "vitest";
import type { Plan, Store } from "../../../src/plan/change.ts";
import { openFirstSecret } from "../../../src/workflows/first-secret.ts";
import { envOf } from "../../support/fakes/env.ts";
import { login, makeMap, mint, short, store } from "../actions/apply-setting.ts";
import { put, world } from "../actions/claim-setting.ts";
import { preconditionOf } from "../actions/store-setting.ts";

const wanted = store as Store;

/** Returns the queue before the first Secret of a world. Azure responds after `answer`. */
function queueBefore(lazySteps: Plan) {
  const in_ = world();
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const env = envOf(in_, { apply: () => answered.then(() => ({ login })) });
  return { in_, firstSecret: openFirstSecret({ lazySteps, each: () => [] }, env), answer };
}

/** Returns which of some promises are settled by now. */
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

test("lets all namespaces through when nothing must be issued", async () => {
  const { firstSecret } = queueBefore([]);

  expect(await through([firstSecret.enter().prepare(wanted), firstSecret.enter().prepare(wanted)])).toEqual([true, true]);
  expect(firstSecret.outcomes).toEqual([]);
});

test("lets one namespace through at a time until the first Secret is written", async () => {
  const { firstSecret, answer } = queueBefore([makeMap]);
  const [first, second, third] = [firstSecret.enter(), firstSecret.enter(), firstSecret.enter()];
  const passing = [second.prepare(wanted), third.prepare(wanted)];
  expect(await through(passing)).toEqual([false, false]);

  first.leave();
  answer();
  expect(await passing[0]).toBe("first");
  expect(firstSecret.outcomes.map(short)).toEqual(["create m"]);
  expect(await through(passing)).toEqual([true, false]);
  const fourth = firstSecret.enter();
  expect(await through([fourth.prepare(wanted)])).toEqual([false]);

  second.leave();
  expect(await through(passing)).toEqual([true, true]);
  expect(await passing[1]).toBe("ready");
  expect(await through([firstSecret.enter().prepare(wanted)])).toEqual([true]);
  expect(firstSecret.outcomes.map(short)).toEqual(["create m"]);
});

test("tries an existing Secret before the claim, and a new one by the claim", async () => {
  const old = queueBefore([mint]);
  old.answer();
  await old.firstSecret.enter().prepare({ ...wanted, precondition: preconditionOf(put(old.in_)) });
  expect(old.in_.asking.all).toEqual(["patch secret demo/acr (dry run)", "patch secret demo/acr"]);

  const none = queueBefore([mint]);
  none.answer();
  await none.firstSecret.enter().prepare(wanted);
  expect(none.in_.asking.all).toEqual(["create secret demo/acr"]);
});
