import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { Plan } from "../../../src/plan/change.ts";
import type { NamespaceState } from "../../../src/usage/namespace-state.ts";
import { runUnit } from "../../../src/workflows/unit.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { login, makeToken, mint, no, really, setting, short, storeIn, storing, token, unit, written } from "./unit-setting.ts";

test("rolls back a credential and its claim when no Secret holds it", async () => {
  const { world, env, readersOf, applied } = setting(["a", "b"]);
  world.asking.around(refusing(storing, no));

  const outcomes = await Array.fromAsync(runUnit(unit({ steps: [makeToken, mint], issued: env.issued }), readersOf, env.tools));

  expect(applied).toEqual(["create t", "mint t", "delete t"]);
  expect(short(outcomes)).toEqual(["store a/acr failed no", "store b/acr failed no"]);
  expect(written(world)).toEqual([]);
});

test("keeps a credential when one Secret holds it", async () => {
  const { world, env, readersOf, applied } = setting(["a", "b", "c"]);
  world.asking.around(refusing((asked) => storing(asked) && !is("create secret b/")(asked), no));

  await Array.fromAsync(runUnit(unit({ steps: [makeToken, mint], issued: env.issued }), readersOf, env.tools));

  expect(applied).toEqual(["create t", "mint t"]);
  expect(written(world)).toEqual(["b"]);
});

test("rolls back a credential when only other changes succeeded", async () => {
  const { world, env, readersOf, applied } = setting(["a"]);
  world.asking.around(refusing(storing, no));
  const each = (state: NamespaceState): Plan => [storeIn(state), { act: "warn", to: token, message: "look" }];

  const outcomes = await Array.fromAsync(runUnit(unit({ steps: [makeToken, mint], each, issued: env.issued }), readersOf, env.tools));

  expect(short(outcomes)).toEqual(["store a/acr failed no", "warn t"]);
  expect(applied).toEqual(["create t", "mint t", "delete t"]);
});

test("reports a credential that could not be rolled back", async () => {
  const { world, env, readersOf } = setting(["a"], async ({ act }) => {
    if (act === "delete") throw new CliError("unreachable", "gone");
    return { login };
  });
  world.asking.around(refusing(storing, no));

  const outcomes = await Array.fromAsync(runUnit(unit({ steps: [makeToken, mint], issued: env.issued }), readersOf, env.tools));

  expect(short(outcomes)).toEqual(["store a/acr failed no", "delete t failed gone"]);
});

test("rolls back a credential after a defect, unless a Secret holds it", async () => {
  const { world, env, readersOf, applied } = setting(["a"]);
  world.asking.around(refusing(storing, () => new TypeError("a defect")));
  await expect(Array.fromAsync(runUnit(unit({ steps: [makeToken, mint], issued: env.issued }), readersOf, env.tools))).rejects.toThrow(
    TypeError,
  );
  expect(applied).toEqual(["create t", "mint t", "delete t"]);

  const held = setting(["a", "b"]);
  held.world.asking.around(refusing(really("create secret b/"), () => new TypeError("a defect")));
  await expect(
    Array.fromAsync(runUnit(unit({ steps: [makeToken, mint], issued: held.env.issued }), held.readersOf, held.env.tools)),
  ).rejects.toThrow(TypeError);
  expect(held.applied).toEqual(["create t", "mint t"]);
});
