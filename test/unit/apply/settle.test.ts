import { expect, test } from "vitest";
import { settle } from "../../../src/apply/settle.ts";
import { Conflict } from "../../../src/errors.ts";
import type { Attach, PullSecrets } from "../../../src/plan/change.ts";
import { planAttach } from "../../../src/plan/references.ts";

const account = { kind: "serviceaccount", namespace: "demo", name: "default" } as const;

/** A server that keeps one list and refuses a write made from an old version, as kube-apiserver does. */
function server(names: string[], meanwhile: string[] = []) {
  let now: PullSecrets = { names, version: "1" };
  const bump = (next: readonly string[]) => {
    now = { names: next, version: String(Number(now.version) + 1) };
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
      decide: (seen: PullSecrets) => planAttach("acr", account, seen),
      write: async (change: Attach) => {
        if (change.after.version !== now.version) throw new Conflict("the object has been modified");
        bump(change.after.names);
        return "patched";
      },
    },
  };
}
const patient = { rounds: 5, pause: async () => {} };

test("a name written by somebody else in between is kept", async () => {
  const { steps, now } = server(["theirs"], ["late", "later"]);

  await settle(steps, patient);

  expect(now()).toEqual(["theirs", "late", "later", "acr"]);
});

test("a target that is right already is not written", async () => {
  const { steps } = server(["acr"]);

  expect(await settle(steps, patient)).toMatchObject({ change: { act: "keep", because: "already attached" } });
});

test("a server that never stops changing is given up on, and says so", async () => {
  const { steps } = server([], ["a", "b", "c", "d", "e"]);

  await expect(settle(steps, patient)).rejects.toBeInstanceOf(Conflict);
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
