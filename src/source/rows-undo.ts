import type { StepRow } from "./steps.ts";
import * as steps from "./steps.ts";

/** What a run that has failed reverses, before it releases its claim. */
export const undoRows: readonly StepRow[] = [
  {
    when: "the write of a login may still be on its way",
    does: "write the claim again",
    of: ["undo"],
    isHeld: true,
    decide(_, o) {
      const { made, granted, isFenced } = o.memory;
      const isLeft = made !== undefined || granted?.isNew || (granted?.reversals.length ?? 0) > 0;
      return isLeft && !isFenced && !o.by.isPrinted && { ...steps.extend(o), memory: { isFenced: true } };
    },
  },
  {
    when: "a password was generated and not stored",
    does: "end it",
    killed: "the claim still notes its slot",
    of: ["undo"],
    isHeld: true,
    decide(_, { memory: { made }, record, ask }) {
      if (made?.madeAt === undefined) return undefined;
      if (steps.passwordOf(record) === steps.passwordOf(made)) return steps.decide("keep the stored password", { made: undefined });
      const password = { slot: made.slot, madeAt: made.madeAt };
      const memory = { made: undefined, isSettled: true } as const;
      return { kind: "end", does: `end ${made.slot}`, account: ask("account"), password, memory };
    },
  },
  {
    when: "Azure grants something for a login that is not stored",
    does: "take them back, the last one first",
    killed: "the next run finds them by the name in the claim",
    of: ["undo"],
    isHeld: true,
    decide(_, { memory: { granted, isSettled }, record }) {
      if (!granted) return undefined;
      const isStored = JSON.stringify(record ?? null) !== granted.before;
      if (isStored) return steps.decide("keep what is granted", { granted: undefined });
      const { reversals, isNew } = granted;
      const memory = { granted: undefined, isSettled: isSettled || isNew || reversals.length > 0 || undefined } as const;
      return { kind: "reverse", does: "reverse", reversals, memory };
    },
  },
  {
    when: "the claim notes a password that has ended, or that was never made",
    does: "withdraw the note",
    of: ["undo"],
    isHeld: true,
    decide: (_, o) => o.memory.isSettled && o.claim?.intent !== undefined && steps.note(o, undefined),
  },
];
