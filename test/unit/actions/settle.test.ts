import { expect, test } from "vitest";
import { settle } from "../../../src/actions/settle.ts";
import { Conflict } from "../../../src/errors.ts";
import type { Refer } from "../../../src/plan/change.ts";
import { planAttach, type Target } from "../../../src/plan/references.ts";

const to = { kind: "serviceaccount", namespace: "demo", name: "default" } as const;

/** A server that keeps one list and refuses a write made from an old version, as kube-apiserver does. */
function server(names: string[], meanwhile: string[] = []) {
  let now: Target = { to, names, version: "1" };
  const bump = (next: readonly string[]) => {
    now = { to, names: next, version: String(Number(now.version) + 1) };
  };
  return {
    now: () => now.names,
    steps: {
      observe: async () => {
        const seen = now;
        const other = meanwhile.shift();
        if (other) bump([...now.names, other]);
        return seen;
      },
      decide: (seen: Target) => planAttach("acr", seen),
      write: async (change: Refer, { version }: Target) => {
        if (version !== now.version) throw new Conflict("the object has been modified");
        bump(change.after);
        return "patched";
      },
    },
  };
}
const patient = { rounds: 5, pause: async () => {} };

test("a name written by somebody else in between is kept", async () => {
  const { steps, now } = server(["theirs"], ["late", "later"]);

  expect(await settle(steps, patient)).toMatchObject({
    change: { act: "attach", before: ["theirs", "late", "later"] },
    written: "patched",
  });
  expect(now()).toEqual(["theirs", "late", "later", "acr"]);
});

test("a target that is right already is not written", async () => {
  const { steps } = server(["acr"]);
  const write = () => expect.unreachable("it is right already");

  expect(await settle({ ...steps, write }, patient)).toEqual({ change: { act: "keep", to, because: "already attached" } });
});

test("a server that never stops changing is given up on, and says so", async () => {
  const { steps } = server([], ["a", "b", "c", "d", "e"]);

  await expect(settle(steps, patient)).rejects.toBeInstanceOf(Conflict);
});

test("the wait before another look is told the round", async () => {
  const { steps } = server([], ["a", "b"]);
  const paused: number[] = [];

  await settle(steps, { rounds: 5, pause: async (round) => void paused.push(round) });

  expect(paused).toEqual([1, 2]);
});

test("another failure is no reason to try again", async () => {
  const { steps } = server([]);
  let rounds = 0;
  const write = async () => {
    rounds++;
    throw new Error("forbidden");
  };

  await expect(settle({ ...steps, write }, patient)).rejects.toThrow("forbidden");
  expect(rounds).toBe(1);
});
