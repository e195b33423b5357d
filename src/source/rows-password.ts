import { skewOfAzure } from "../clock.ts";
import { type Held, isNewerCopy, isOther, uncheckedHolders, whyHeld } from "../credential/holders.ts";
import { endOfDelay, InGrace, isDue, isLeftOver, isRecent, StillHeld } from "../credential/issue.ts";
import type { Account, Shown } from "../credential/issuer.ts";
import { CliError, InTheWay } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import { isYoung } from "../retry.ts";
import { isRecorded, samePassword } from "../secret/record.ts";
import { mayHoldReplaced } from "../secret/source.ts";
import { toSeconds } from "../timestamp.ts";
import { nameInPlace } from "../wording.ts";
import { type Desired, endsAtOnce } from "./desired.ts";
import type { Observed } from "./observe.ts";
import type { StepRow } from "./steps.ts";
import * as steps from "./steps.ts";
import { isRecordShown, isRefused, issuerOf, keepsLogin, scopeFor } from "./wanted.ts";

/** Whether the source needs a password that this run has not generated. One that it has stored is good until Azure shows another. */
function needsPassword(d: Desired, o: Observed): boolean {
  const { record, login, memory } = o;
  if (d.password === "recorded" || memory.made || memory.stored === steps.passwordOf(record)) return false;
  if (d.creates) return memory.granted !== undefined && !keepsLogin(d, o);
  return memory.replaces === steps.passwordOf(record) || !login || !isRecordShown(o) || isRefused(d, o);
}

/** The slot for a password: the one that this run has noted, or a free one. A password that has expired is in no use. */
function slotFor(o: Observed): string | undefined {
  const { memory, claim, record, by } = o;
  if (memory.noted) return memory.noted.slot;
  const isOwn = (password: Shown) => samePassword(password, memory.unstored) && !isRecorded(record, password);
  const isLeft = (password: Shown) =>
    hasExpired(password, by.now) || isOwn(password) || isLeftOver({ claim, credential: record }, password);
  return issuerOf(o).slotFor(o.ask("account"), claim?.intent, isLeft, o.ask("owner"));
}

const hasExpired = ({ expiresAt = "" }: Shown, now: number): boolean => Date.parse(expiresAt) + skewOfAzure < now;

const inside = ({ passwords }: Account, slot: string) => passwords.find((password) => password.slot === slot);

/** The replaced password, as Azure shows it. */
export const shownPrevious = ({ ask, record }: Observed): Shown | undefined =>
  record?.previous && ask("account").passwords.find((password) => samePassword(password, record.previous));

/** A Secret that holds another password than the source. A dry run that only seems to replace it would find the source. */
function holderOf(o: Observed, ending: Shown): Held {
  return o.by.isDry && !o.login ? {} : o.ask("holder", ending.slot);
}

/** What `holder` counts. @param ending the password that is to end */
export function countsAsHolder({ ask, login, record }: Observed, to: Ref<"secret">, ending: Shown) {
  if (isRecorded(record, ending)) return isOther(login, ending);
  const isHolder = isOther(login);
  const { passwords } = ask("account");
  return (one: Parameters<typeof isHolder>[0]) => isHolder(one) && !isNewerCopy(one, to, passwords, ending);
}

/** Ends the replaced password, and says who held it. */
export function endPrevious({ ask }: Observed, password: Shown, { by, unlisted }: Held): steps.Step {
  const account = ask("account");
  const { slot } = password;
  const messages = by ? [`${nameInPlace(by)} held ${slot} of ${account.ref.name}, which has ended`] : uncheckedHolders(unlisted);
  const say = [{ to: account.ref, result: "configured", slot, because: "another password replaced it", messages } as const];
  return { kind: "end", does: `end ${slot}`, account, password, say };
}

/** A login that does not work needs a slot now, unless the registry may not know the password yet. */
const needsSlot = (d: Desired, { record, by }: Observed): boolean => (d.creates ? !isYoung(record?.madeAt, by.now) : endsAtOnce(d));

/** A copy that may hold the replaced password. */
function copyWithReplaced(d: Desired, o: Observed): Ref<"secret"> | undefined {
  const { record: credential, login } = o;
  const mayHold = (secret: Secret | CliError | undefined) =>
    !steps.isSecret(secret) || (credential && secret && mayHoldReplaced(secret, { source: d.source, credential, login }));
  const [namespace] = [...steps.copiesIn(o)].find(([, secret]) => mayHold(secret)) ?? [];
  return namespace === undefined ? undefined : { ...d.source, namespace };
}

/** A Secret that holds the replaced password. If Secrets can't be listed, the recorded copies count. */
export function holderOfReplaced(d: Desired, o: Observed, replaced: Shown): Held {
  const held = holderOf(o, replaced);
  return held.unlisted && !endsAtOnce(d) ? { ...held, by: copyWithReplaced(d, o) } : held;
}

/** A token has only two passwords, and a record names only one that was replaced. */
function makeRoom(d: Desired, o: Observed): steps.Step | undefined {
  const { record, by, ask } = o;
  const password = shownPrevious(o);
  if (!record?.previous || !password) return undefined;
  const account = ask("account");
  const { until } = record.previous;
  const isFree = hasExpired(password, by.now) || needsSlot(d, o);
  if (until !== undefined && !isDue(record, by.now) && !isFree) return steps.refuse(new InGrace(account, record.previous, until));
  const held = holderOfReplaced(d, o, password);
  const why = whyHeld(held);
  if (why === undefined || isFree || !isRecent(record, by.now)) return endPrevious(o, password, held);
  const stays = `${password.slot} of ${account.ref.name} stays, because ${why}`;
  return steps.refuse(new StillHeld(`${stays} until ${toSeconds(new Date(endOfDelay(record)))}`));
}

/** With --force, ends the older of two passwords that no record names. A source that was deleted by hand may have left it. */
function endUnknown(d: Desired, o: Observed): steps.Step {
  const account = o.ask("account");
  const { name } = account.ref;
  const unknown = account.passwords.filter((password) => !isRecorded(o.record, password));
  const [older] = unknown.toSorted((a, b) => Date.parse(a.madeAt) - Date.parse(b.madeAt));
  if (!older) return steps.refuse(new InTheWay(`both passwords of ${name} are in use until the next rotation`, undefined, "azure"));
  const { slot } = older;
  if (!d.force)
    return steps.refuse(
      new InTheWay(
        `no Secret records ${slot} of ${name}, and another tool may use it`,
        `add --force to end ${slot} if no pull Secret holds it`,
        "azure",
      ),
    );
  const held = o.ask("holder", slot);
  if (held.by) return steps.refuse(new CliError("conflict", `${nameInPlace(held.by)} holds ${slot} of ${name}`));
  const why = whyHeld(held);
  if (why !== undefined) return steps.refuse(new CliError("conflict", `${slot} of ${name} stays, because ${why}`));
  const messages = uncheckedHolders(held.unlisted);
  const say = [{ to: account.ref, result: "configured", slot, because: "no Secret records it", messages } as const];
  return { kind: "end", does: `end ${slot}`, account, password: older, say };
}

export const passwordRows: readonly StepRow[] = [
  {
    when: "a password is needed, the one before still works, and copies may have it",
    does: "give the copies the current one",
    of: ["rotate"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      if (!needsPassword(d, o) || o.memory.said.has("copies") || !o.record?.previous || !isRecordShown(o)) return undefined;
      const copies = steps.copiesBehind(d, o);
      return copies.size > 0 && { kind: "copy", does: "copy", copies, isSilent: true, memory: steps.saying(o, "copies") };
    },
  },
  {
    when: "a password is needed, and the replaced one still works",
    does: "end it, unless it is in its grace period or a Secret holds it",
    killed: "the next run finds that it has ended",
    of: ["create", "rotate"],
    kind: "issued",
    isHeld: true,
    decide: (d, o) => needsPassword(d, o) && makeRoom(d, o),
  },
  {
    when: "a password is needed, and every slot has one that may be in use",
    does: "refuse, or end the older one that no record names with --force",
    of: ["create", "rotate"],
    kind: "issued",
    isHeld: true,
    decide: (d, o) => needsPassword(d, o) && slotFor(o) === undefined && endUnknown(d, o),
  },
  {
    when: "a password is needed, and its slot is not noted",
    does: "note the slot and its password",
    killed: "nothing is in the slot yet",
    of: ["create", "rotate"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      if (!needsPassword(d, o) || o.memory.noted) return undefined;
      // Before there is a password to end if this read fails
      if (d.verify) scopeFor(d, o);
      const slot = slotFor(o);
      return slot !== undefined && steps.note(o, { slot, madeAt: inside(o.ask("account"), slot)?.madeAt });
    },
  },
  {
    when: "its slot is noted, and Azure was read by the last request",
    does: "generate it, or withdraw the note if the slot has changed",
    killed: "the next run fills the slot again, or ends it",
    of: ["create", "rotate"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { noted } = o.memory;
      if (!needsPassword(d, o) || !noted) return undefined;
      // A person may have generated a password in the slot since. That of an account that this run has created is empty
      const isSure = o.by.isDry || o.by.isPrinted || o.memory.granted?.isNew === true;
      if (!isSure && o.last !== "account") return steps.readOf("account", "");
      const account = o.ask("account");
      if (!isSure && inside(account, noted.slot)?.madeAt !== noted.madeAt) return steps.note(o, undefined);
      return { kind: "generate", does: `generate ${noted.slot}`, account, slot: noted.slot, expiresAt: d.expiresAt };
    },
  },
];
