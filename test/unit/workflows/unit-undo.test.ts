import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { Plan } from "../../../src/plan/change.ts";
import type { NamespaceState } from "../../../src/state/namespace-state.ts";
import { runUnit } from "../../../src/workflows/unit.ts";
import { collect } from "../../support/collect.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { login, makeToken, mint, no, really, setting, short, storeIn, storing, token, unit, written } from "./unit-setting.ts";

test("a credential that no Secret came to hold is taken back, and so is the claim", async () => {
  const { world, bench, readersOf, carried } = setting(["a", "b"]);
  world.asking.around(refusing(storing, no));

  const outcomes = await collect(runUnit(unit({ steps: [makeToken, mint], issued: bench.issued }), readersOf, bench.tools));

  expect(carried).toEqual(["create t", "mint t", "delete t"]);
  expect(short(outcomes)).toEqual(["store a/acr failed no", "store b/acr failed no"]);
  expect(written(world)).toEqual([]);
});

test("one that a Secret holds stays, whatever becomes of the others", async () => {
  const { world, bench, readersOf, carried } = setting(["a", "b", "c"]);
  world.asking.around(refusing((asked) => storing(asked) && !is("create secret b/")(asked), no));

  await collect(runUnit(unit({ steps: [makeToken, mint], issued: bench.issued }), readersOf, bench.tools));

  expect(carried).toEqual(["create t", "mint t"]);
  expect(written(world)).toEqual(["b"]);
});

test("what else is done in the places holds no credential", async () => {
  const { world, bench, readersOf, carried } = setting(["a"]);
  world.asking.around(refusing(storing, no));
  const each = (state: NamespaceState): Plan => [storeIn(state), { act: "warn", to: token, says: "look" }];

  const outcomes = await collect(runUnit(unit({ steps: [makeToken, mint], each, issued: bench.issued }), readersOf, bench.tools));

  expect(short(outcomes)).toEqual(["store a/acr failed no", "warn t"]);
  expect(carried).toEqual(["create t", "mint t", "delete t"]);
});

test("what could not be taken back is told", async () => {
  const { world, bench, readersOf } = setting(["a"], async ({ act }) => {
    if (act === "delete") throw new CliError("unreachable", "gone");
    return { login };
  });
  world.asking.around(refusing(storing, no));

  const outcomes = await collect(runUnit(unit({ steps: [makeToken, mint], issued: bench.issued }), readersOf, bench.tools));

  expect(short(outcomes)).toEqual(["store a/acr failed no", "delete t failed gone"]);
});

test("a defect takes back what was made, too, unless a Secret holds it", async () => {
  const { world, bench, readersOf, carried } = setting(["a"]);
  world.asking.around(refusing(storing, () => new TypeError("a defect")));
  await expect(collect(runUnit(unit({ steps: [makeToken, mint], issued: bench.issued }), readersOf, bench.tools))).rejects.toThrow(
    TypeError,
  );
  expect(carried).toEqual(["create t", "mint t", "delete t"]);

  const held = setting(["a", "b"]);
  held.world.asking.around(refusing(really("create secret b/"), () => new TypeError("a defect")));
  await expect(
    collect(runUnit(unit({ steps: [makeToken, mint], issued: held.bench.issued }), held.readersOf, held.bench.tools)),
  ).rejects.toThrow(TypeError);
  expect(held.carried).toEqual(["create t", "mint t"]);
});
