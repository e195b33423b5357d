import { expect, test } from "vitest";
import { execute, executeAll } from "../../../src/actions/execute.ts";
import type { ChangeOutcome } from "../../../src/actions/outcome.ts";
import { rollback, withLeft } from "../../../src/actions/rollback.ts";
import { CliError } from "../../../src/errors.ts";
import { collect } from "../../support/collect.ts";
import { bench, keepOf, makeMap, makeToken, mint, no, short } from "./apply-setting.ts";

test("when one fails, it and those before it are taken back, the last first", async () => {
  const at = bench({
    carry: async ({ act }) => {
      if (act === "mint") throw no();
      return {};
    },
  });

  await expect(executeAll([makeMap, makeToken, mint], at)).rejects.toMatchObject({ kind: "forbidden", message: "no", hint: undefined });
  expect(at.carried).toEqual(["create m", "create t", "mint t", "delete t", "delete m"]);
});

const byHand = (name: string) => ({ do: "shell", argv: ["remove", name], when: "what this run made could not be taken back" });

test("what cannot be taken back is told with the error, and does not keep the rest from it", async () => {
  const at = bench({
    carry: async ({ act, to }) => {
      if (act === "mint" || (act === "delete" && to.name === "t")) throw no();
      return {};
    },
  });

  await expect(executeAll([makeMap, makeToken, mint], at)).rejects.toMatchObject({
    kind: "forbidden",
    message: "no",
    hint: { do: "hints", hints: [byHand("t")] },
  });
  expect(at.carried.slice(-2)).toEqual(["delete t", "delete m"]);
});

test("after an interruption nothing is begun, and what was done is taken back", async () => {
  let done = 0;
  const carry = async () => {
    done++;
    return {};
  };
  const at = bench({ carry, halted: () => done > 0 });

  await expect(executeAll([makeMap, makeToken, mint], at)).rejects.toMatchObject({ kind: "cancelled" });
  expect(at.carried).toEqual(["create m", "delete m"]);
});

test("in a dry run nothing outside of the cluster is touched, nor taken back", async () => {
  const at = bench({ dryRun: "server" });

  const { outcomes: done } = await executeAll([makeMap, makeToken, mint], at);

  expect(done.map(short)).toEqual(["create m", "create t", "mint t"]);
  expect(await rollback(done, at)).toEqual([]);
  expect(at.carried).toEqual([]);
});

const broken = () => Promise.reject(new TypeError("a defect"));

test("a defect while a plan is carried out ends it, and one while it is taken back too", async () => {
  await expect(collect(execute([makeMap], bench({ carry: broken })))).rejects.toThrow(TypeError);
  await expect(rollback([{ change: makeMap }], bench({ carry: broken }))).rejects.toThrow(TypeError);
});

test("where there is nothing to take back nobody is told that something is", async () => {
  const at = bench();

  expect(await rollback([{ change: keepOf("a") }], at)).toEqual([]);
  expect(at.shown).toEqual([]);
});

test("what was done, and what could not be taken back, is told of each", async () => {
  const at = bench({ carry: () => Promise.reject(no()) });

  const kept = await rollback([{ change: makeMap }, { change: makeToken }], at);

  expect(kept.map(({ change, error, says, fix }) => [change.act, change.to.name, error?.message, says, fix])).toEqual([
    ["delete", "t", "no", ["what this run made could not be taken back"], { do: "shell", argv: ["remove", "t"] }],
    ["delete", "m", "no", ["what this run made could not be taken back"], { do: "shell", argv: ["remove", "m"] }],
  ]);
});

test("prints a hint for each change that cannot be taken back", async () => {
  const at = bench({
    carry: async ({ act }) => {
      if (act === "mint" || act === "delete") throw no();
      return {};
    },
  });

  await expect(executeAll([makeMap, makeToken, mint], at)).rejects.toMatchObject({
    hint: { do: "hints", hints: [byHand("t"), byHand("m")] },
  });
});

const left = (...says: string[]): ChangeOutcome => ({ change: makeMap, error: no(), says });

test.for<{ why: string; hint: CliError["hint"]; kept: ChangeOutcome[]; halted: boolean; kind: string; told: unknown }>([
  { why: "nothing is left", hint: "look", kept: [], halted: true, kind: "forbidden", told: undefined },
  { why: "with a hint", hint: "look", kept: [left("remove m")], halted: false, kind: "forbidden", told: ["look", "remove m"] },
  {
    why: "with a command",
    hint: { do: "shell", argv: ["az", "acr", "repository", "list", "--name", "r"] },
    kept: [left("remove m")],
    halted: false,
    kind: "forbidden",
    told: [{ do: "shell", argv: ["az", "acr", "repository", "list", "--name", "r"] }, "remove m"],
  },
  { why: "interrupted", hint: undefined, kept: [left("a", "b"), left("c")], halted: true, kind: "cancelled", told: ["a", "b", "c"] },
  { why: "wordless", hint: "look", kept: [{ change: makeMap }], halted: false, kind: "forbidden", told: ["look"] },
])("an error has what it leaves behind in its hint: $why", ({ hint, kept, halted, kind, told }) => {
  const error = new CliError("forbidden", "no", { hint });

  expect(withLeft(error, kept, bench({ halted: () => halted }).tools)).toMatchObject({
    kind,
    message: "no",
    hint: told === undefined ? hint : { do: "hints", hints: told },
  });
});

test("a defect has no hint, whatever it leaves", () => {
  const defect = new TypeError("a defect");

  expect(withLeft(defect, [left("remove m")], bench().tools)).toBe(defect);
});
