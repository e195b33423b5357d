import { whyHeld } from "../credential/holders.ts";
import { endOfDelay, isLeftOver } from "../credential/issue.ts";
import { isShown } from "../credential/issuer.ts";
import { CliError } from "../errors.ts";
import { plugin } from "../hint.ts";
import { isRecorded } from "../secret/record.ts";
import { StartAgain } from "../secret/source.ts";
import { toSeconds } from "../timestamp.ts";
import { joinNames, nameInPlace } from "../wording.ts";
import { endsAtOnce } from "./desired.ts";
import { mostRestarts } from "./observe.ts";
import { waitUntilShown } from "./rows-login.ts";
import { endPrevious, holderOfReplaced, shownPrevious } from "./rows-password.ts";
import type { StepRow } from "./steps.ts";
import * as steps from "./steps.ts";
import { issuerOf } from "./wanted.ts";

export const endRows: readonly StepRow[] = [
  {
    when: "Azure does not show the password that this run has stored",
    does: "wait while it is young, and then decide again",
    of: ["create", "rotate"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { memory, record, login, by } = o;
      if (memory.stored === undefined || !record || !login || by.isDry || !steps.hasRest(o)) return undefined;
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
    of: ["create", "rotate"],
    kind: "issued",
    isHeld: true,
    decide(_, o) {
      const { claim, record: credential, by } = o;
      if (by.isDry || !claim?.intent) return undefined;
      const account = o.ask("account");
      const left = account.passwords.find((password) => isLeftOver({ claim, credential }, password));
      return left && { kind: "end", does: `end ${left.slot}`, account, password: left };
    },
  },
  {
    when: "the time of the replaced password is over",
    does: "end it, or keep it while a Secret holds it",
    killed: "the next run finds that it has ended",
    of: ["create", "rotate"],
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
      const held = holderOfReplaced(d, o, password);
      const why = whyHeld(held);
      if (why === undefined || endsAtOnce(d)) return endPrevious(o, password, held);
      const until = toSeconds(new Date(endOfDelay(record)));
      const messages = [`${stays}, because ${why}. The next rotation after ${until} ends it`];
      return steps.decide("keep the replaced password", { isDelayed: true }, [{ to: ref, messages, isInfo: true }]);
    },
  },
  {
    when: "passwords are to end at once, and Azure shows one that no record names",
    does: "name it, and fail",
    of: ["rotate"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { memory, record } = o;
      if (!endsAtOnce(d) || memory.stored === undefined || memory.said.has("unrecorded")) return undefined;
      const { ref, passwords } = o.ask("account");
      const others = passwords.filter((password) => !isRecorded(record, password));
      const still = `${joinNames(others.map(({ slot }) => slot))} of ${ref.name} still works, and no Secret records it`;
      // A token has only two slots, so another rotation needs the one of that password
      const { hasOwnName, registry } = issuerOf(o);
      const hint = hasOwnName ? "to end it too, run the command again" : plugin("prune", "--registry", registry.name);
      const error = new CliError("conflict", still, { hint });
      return others.length > 0 && steps.decide("name the others", steps.saying(o, "unrecorded"), [{ to: ref, error }]);
    },
  },
  {
    when: "the replaced password has ended, the record names it, and no copy was missed",
    does: "store the record without it",
    killed: "nothing is left",
    of: ["create", "rotate"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { record, login, memory } = o;
      // It tells a rotation with a filter to write the missed copies
      const isMissed = [...memory.places.values()].includes("failed");
      if (!record?.previous || memory.isDelayed || isMissed || !steps.isPreviousDue(o)) return undefined;
      const { previous: _, ...credential } = record;
      return steps.store(d, o, { credential, login }, { isQuiet: true });
    },
  },
  {
    when: "the run holds the claim",
    does: "release it",
    killed: "nothing is left",
    of: ["create", "rotate", "remove", "undo"],
    isHeld: true,
    decide: (d, o) => steps.release(d, o),
  },
];
