import { endOfDelay, isLeftOver } from "../credential/issue.ts";
import { isShown } from "../credential/issuer.ts";
import { StartAgain } from "../secret/source.ts";
import { toSeconds } from "../timestamp.ts";
import { nameInPlace } from "../wording.ts";
import { endsAtOnce } from "./desired.ts";
import { mostRestarts } from "./observe.ts";
import { endPrevious, hasRest, holderOf, shownPrevious, waitUntilShown } from "./rows-login.ts";
import type { Row } from "./steps.ts";
import * as steps from "./steps.ts";

export const endRows: readonly Row[] = [
  {
    when: "recorded copies lack the login of the source",
    does: "copy; each place has a loop of its own, and one that fails stops no other",
    killed: "the others hold the password before, which works, and the next run copies",
    of: ["keep"],
    isHeld: true,
    decide(d, o) {
      const copies = steps.copiesBehind(d, o);
      return copies.size > 0 && { act: "copy", does: "copy", copies, isSilent: false };
    },
  },
  {
    when: "a password was generated and not stored, and its write may still be on its way",
    does: "write the claim again",
    of: ["undo"],
    isHeld: true,
    decide: (_, o) => o.memory.made !== undefined && !o.memory.isFenced && { ...steps.extend(o), memory: { isFenced: true } },
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
      return { act: "end", does: `end ${made.slot}`, account: ask("account"), password, memory: { made: undefined, isSettled: true } };
    },
  },
  {
    when: "the claim notes a password that has ended",
    does: "withdraw the note",
    of: ["undo"],
    isHeld: true,
    decide: (_, o) => o.memory.isSettled && o.claim?.intent !== undefined && steps.note(o, undefined),
  },
  {
    when: "Azure does not show the password that this run has stored",
    does: "wait while it is young and pulls; then decide again",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { memory, record, login, by } = o;
      if (memory.stored === undefined || !record || !login || by.isDry || !hasRest(o)) return undefined;
      const account = o.ask("account");
      if (isShown(account, record)) return undefined;
      const wait = waitUntilShown(d, o);
      if (wait) return wait;
      if (memory.restarts >= mostRestarts) return steps.refuse(new StartAgain(`${record.slot} of ${account.ref.name} was replaced`));
      return steps.decide("decide again", { stored: undefined, restarts: memory.restarts + 1 });
    },
  },
  {
    when: "a killed run has left a password that no Secret has",
    does: "end it",
    killed: "the claim still notes its slot",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide(_, o) {
      const { claim, record: credential, by } = o;
      if (by.isDry || !claim?.intent) return undefined;
      const account = o.ask("account");
      const left = account.passwords.find((password) => isLeftOver({ claim, credential }, password));
      return left && { act: "end", does: `end ${left.slot}`, account, password: left };
    },
  },
  {
    when: "the time of the replaced password is over",
    does: "end it; keep it while a Secret holds it",
    killed: "the record still names it, and the next run finds that Azure does not show it",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { record, memory } = o;
      if (!record?.previous || memory.isDelayed || !steps.isPreviousDue(o)) return undefined;
      const password = shownPrevious(o);
      if (!password) return undefined;
      const { ref } = o.ask("account");
      const stays = `${password.slot} of ${ref.name} stays`;
      const [failed] = [...memory.places].flatMap(([namespace, how]) => (how === "failed" ? [{ ...d.source, namespace }] : []));
      if (failed && !endsAtOnce(d)) {
        const messages = [`${stays}, because ${nameInPlace(failed)} could not be written`];
        return steps.decide("keep the replaced password", { isDelayed: true }, [{ to: ref, messages }]);
      }
      const held = holderOf(o, password);
      if (!held.by || endsAtOnce(d)) return endPrevious(o, password, held);
      const until = toSeconds(new Date(endOfDelay(record)));
      const messages = [`${stays}, because ${nameInPlace(held.by)} holds it. The next rotation after ${until} ends it`];
      return steps.decide("keep the replaced password", { isDelayed: true }, [{ to: ref, messages, isInfo: true }]);
    },
  },
  {
    when: "the replaced password has ended, and the record names it",
    does: "store the record without it",
    killed: "nothing is left",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { record, login, memory } = o;
      if (!record?.previous || memory.isDelayed || !steps.isPreviousDue(o)) return undefined;
      const { previous: _, ...credential } = record;
      return steps.store(d, o, { credential, login }, { isQuiet: true });
    },
  },
  {
    when: "the run holds the claim",
    does: "release it",
    killed: "nothing is left",
    of: ["keep", "remove", "undo"],
    isHeld: true,
    decide: (d, o) => steps.release(d, o),
  },
];
