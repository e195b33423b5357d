import { expect, test } from "vitest";
import { execute, executeAll } from "../../../src/actions/execute.ts";
import type { ChangeOutcome } from "../../../src/actions/outcome.ts";
import { rollback, withLeft } from "../../../src/actions/rollback.ts";
import { CliError } from "../../../src/errors.ts";
import { env, keepOf, makeMap, makeToken, mint, no, short } from "./apply-setting.ts";

test("rolls back in reverse order when a change fails", async () => {
  const at = env({
    apply: async ({ act }) => {
      if (act === "mint") throw no();
      return {};
    },
  });

  await expect(executeAll([makeMap, makeToken, mint], at)).rejects.toMatchObject({ kind: "forbidden", message: "no", hint: undefined });
  expect(at.applied).toEqual(["create m", "create t", "mint t", "delete t", "delete m"]);
});

const byHand = (name: string) => ({ do: "shell", argv: ["remove", name], when: "a change could not be rolled back. Run" });

test("rolls back the rest and prints a hint when one change cannot be rolled back", async () => {
  const at = env({
    apply: async ({ act, to }) => {
      if (act === "mint" || (act === "delete" && to.name === "t")) throw no();
      return {};
    },
  });

  await expect(executeAll([makeMap, makeToken, mint], at)).rejects.toMatchObject({
    kind: "forbidden",
    message: "no",
    hint: { do: "hints", hints: [byHand("t")] },
  });
  expect(at.applied.slice(-2)).toEqual(["delete t", "delete m"]);
});

test("rolls back and starts nothing when the run is interrupted", async () => {
  let done = 0;
  const apply = async () => {
    done++;
    return {};
  };
  const at = env({ apply, interrupted: () => done > 0 });

  await expect(executeAll([makeMap, makeToken, mint], at)).rejects.toMatchObject({ kind: "cancelled" });
  expect(at.applied).toEqual(["create m", "delete m"]);
});

test("applies and rolls back nothing outside the cluster in a dry run", async () => {
  const at = env({ dryRun: "server" });

  const { outcomes: done } = await executeAll([makeMap, makeToken, mint], at);

  expect(done.map(short)).toEqual(["create m", "create t", "mint t"]);
  expect(await rollback(done, at)).toEqual([]);
  expect(at.applied).toEqual([]);
});

const broken = () => Promise.reject(new TypeError("a defect"));

test("throws a defect of a change and of a rollback as it is", async () => {
  await expect(Array.fromAsync(execute([makeMap], env({ apply: broken })))).rejects.toThrow(TypeError);
  await expect(rollback([{ change: makeMap }], env({ apply: broken }))).rejects.toThrow(TypeError);
});

test("shows nothing when there is nothing to roll back", async () => {
  const at = env();

  expect(await rollback([{ change: keepOf("a") }], at)).toEqual([]);
  expect(at.shown).toEqual([]);
});

test("reports each change that could not be rolled back", async () => {
  const at = env({ apply: () => Promise.reject(no()) });

  const kept = await rollback([{ change: makeMap }, { change: makeToken }], at);

  expect(kept.map(({ change, error, messages, fix }) => [change.act, change.to.name, error?.message, messages, fix])).toEqual([
    ["delete", "t", "no", ["a change could not be rolled back. Run"], { do: "shell", argv: ["remove", "t"] }],
    ["delete", "m", "no", ["a change could not be rolled back. Run"], { do: "shell", argv: ["remove", "m"] }],
  ]);
});

test("prints a hint for each change that cannot be rolled back", async () => {
  const at = env({
    apply: async ({ act }) => {
      if (act === "mint" || act === "delete") throw no();
      return {};
    },
  });

  await expect(executeAll([makeMap, makeToken, mint], at)).rejects.toMatchObject({
    hint: { do: "hints", hints: [byHand("t"), byHand("m")] },
  });
});

const left = (...messages: string[]): ChangeOutcome => ({ change: makeMap, error: no(), messages });

test.for<{ why: string; hint: CliError["hint"]; kept: ChangeOutcome[]; interrupted: boolean; kind: string; told: unknown }>([
  { why: "everything was rolled back", hint: "look", kept: [], interrupted: true, kind: "forbidden", told: undefined },
  {
    why: "the error has a hint",
    hint: "look",
    kept: [left("remove m")],
    interrupted: false,
    kind: "forbidden",
    told: ["look", "remove m"],
  },
  {
    why: "the error has a command",
    hint: { do: "shell", argv: ["az", "acr", "repository", "list", "--name", "r"] },
    kept: [left("remove m")],
    interrupted: false,
    kind: "forbidden",
    told: [{ do: "shell", argv: ["az", "acr", "repository", "list", "--name", "r"] }, "remove m"],
  },
  {
    why: "the run was interrupted",
    hint: undefined,
    kept: [left("a", "b"), left("c")],
    interrupted: true,
    kind: "cancelled",
    told: ["a", "b", "c"],
  },
  { why: "an outcome has no text", hint: "look", kept: [{ change: makeMap }], interrupted: false, kind: "forbidden", told: ["look"] },
])("adds what remains to the hint of an error: $why", ({ hint, kept, interrupted, kind, told }) => {
  const error = new CliError("forbidden", "no", { hint });

  expect(withLeft(error, kept, env({ interrupted: () => interrupted }).tools)).toMatchObject({
    kind,
    message: "no",
    hint: told === undefined ? hint : { do: "hints", hints: told },
  });
});

test("adds no hint to a defect", () => {
  const defect = new TypeError("a defect");

  expect(withLeft(defect, [left("remove m")], env().tools)).toBe(defect);
});

const grow = { act: "update", to: makeMap.to, before: ["a"], after: ["a", "b"], because: "" } as const;

test("rolls back no update that was forbidden", async () => {
  const changes: string[] = [];
  const at = env({
    apply: async ({ act, to }) => {
      changes.push(`${act} ${to.name}`);
      throw no();
    },
  });

  await expect(executeAll([grow], at)).rejects.toMatchObject({ kind: "forbidden", hint: undefined });
  expect(changes).toEqual(["update m"]);
});

test("prints no command that deletes an object when its update could not be rolled back", async () => {
  const [kept] = await rollback([{ change: grow }], env({ apply: () => Promise.reject(no()) }));

  expect(kept).toMatchObject({ messages: ["scopemap.azurecr.io/m could not be restored"] });
  expect(kept?.fix).toBeUndefined();
});
