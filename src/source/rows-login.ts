import { warnOfRights } from "../credential/granted-rights.ts";
import { type Held, isNewerCopy, isOther, uncheckedHolders } from "../credential/holders.ts";
import { endOfDelay, InGrace, isDue, isLeftOver, isRecent, StillHeld } from "../credential/issue.ts";
import { type Account, type Issuer, isIssuer, isShown, type Shown } from "../credential/issuer.ts";
import { OthersLogin } from "../credential/owner.ts";
import { type Patience, youngPatience } from "../credential/prove.ts";
import { CliError, InTheWay } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import { isYoung, waitingFor } from "../retry.ts";
import { isRecorded, samePassword } from "../secret/record.ts";
import { toSeconds } from "../timestamp.ts";
import { nameInPlace } from "../wording.ts";
import { type Desired, endsAtOnce } from "./desired.ts";
import type { Memory, Observed } from "./observe.ts";
import type { Row } from "./steps.ts";
import * as steps from "./steps.ts";

/** The kind of the recorded credential, if Azure generates its passwords. */
export function issuerOf({ ask }: Observed): Issuer {
  const kind = ask("kind");
  if (typeof kind === "string" || !isIssuer(kind)) throw new TypeError("a row for generated passwords was asked for another kind");
  return kind;
}

/** Whether Azure generates the passwords of the recorded kind. */
export function isIssued({ ask }: Pick<Observed, "ask">): boolean {
  const kind = ask("kind");
  return typeof kind !== "string" && isIssuer(kind);
}

/** Waits until the registry knows a password, with pauses that grow. @returns undefined if it has waited long enough */
function waitForRegistry(o: Observed, what: string, because: string, { wait, pauses }: Patience, rereads: "proof" | "test") {
  const milliseconds = pauses[steps.waitsFor(o, what)];
  return milliseconds === undefined ? undefined : steps.wait(o, what, { milliseconds, why: waitingFor(wait, because), rereads });
}

/** Whether the registry rejects the login of the source. It may not know a young password yet. */
function isRefused(d: Desired, { ask, record, login }: Observed): boolean {
  return d.verify && record !== undefined && login !== undefined && ask("test", login.password.hash()).pulls === "no";
}

const isRecordShown = ({ ask, record }: Observed): boolean => record !== undefined && isShown(ask("account"), record);

/** Whether a copy lacks the login of its source. One that can't be read may hold the replaced password. */
const isBehind = (d: Desired, o: Observed): boolean =>
  [...steps.copiesIn(o)].some(([name, secret]) =>
    steps.isSecret(secret) ? steps.copyDecision(d, o, name, secret)?.act === "patch" : o.record?.previous !== undefined,
  );

/**
 * Whether a rotation replaces the password. One that was killed or that failed for a copy is completed with the password that it has
 * stored, for a day: a tenant can always write a copy, or hold the replaced password.
 */
function mustReplace(d: Desired, o: Observed): boolean {
  const { record, login, by } = o;
  if (!record || !login || !isRecordShown(o) || isRefused(d, o)) return true;
  if (endsAtOnce(d) || !isRecent(record, by.now)) return true;
  const { previous, madeAt = "" } = record;
  const isOverdue = previous?.until !== undefined && Date.parse(previous.until) <= Date.parse(madeAt);
  return !isOverdue && !isBehind(d, o);
}

/** Whether the source needs a password that this run has not generated. One that it has stored is good until Azure shows another. */
function needsPassword(d: Desired, o: Observed): boolean {
  const { record, login, memory } = o;
  if (d.password === "recorded" || memory.made || memory.stored === steps.passwordOf(record)) return false;
  return memory.replaces === steps.passwordOf(record) || !login || !isRecordShown(o) || isRefused(d, o);
}

/** Whether something is left to end after a password was stored: what a killed run has noted, or the replaced password. */
export const hasRest = (o: Observed): boolean => o.claim?.intent !== undefined || (o.record !== undefined && isDue(o.record, o.by.now));

/** The slot for a password: the one that this run has noted, or a free one. */
function slotFor(o: Observed): string | undefined {
  const { memory, claim, record } = o;
  if (memory.noted) return memory.noted.slot;
  const isLeft = (password: Shown) => isLeftOver({ claim, credential: record }, password);
  return issuerOf(o).slotFor(o.ask("account"), claim?.intent, isLeft, o.ask("owner"));
}

const inside = ({ passwords }: Account, slot: string) => passwords.find((password) => password.slot === slot);

/** The replaced password, as Azure shows it. */
export const shownPrevious = ({ ask, record }: Observed): Shown | undefined =>
  record?.previous && ask("account").passwords.find((password) => samePassword(password, record.previous));

/** A Secret that holds another password than the source. A dry run that only seems to replace it would find the source. */
export function holderOf(o: Observed, ending: Shown): Held {
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
  return { act: "end", does: `end ${slot}`, account, password, say };
}

/** A token has only two passwords, and a record names only one that was replaced. */
function makeRoom(d: Desired, o: Observed): steps.Step | undefined {
  const { record, by, ask } = o;
  const password = shownPrevious(o);
  if (!record?.previous || !password) return undefined;
  const account = ask("account");
  const { until } = record.previous;
  if (until !== undefined && !isDue(record, by.now) && !endsAtOnce(d)) return steps.refuse(new InGrace(account, record.previous, until));
  const held = holderOf(o, password);
  if (!held.by || endsAtOnce(d) || !isRecent(record, by.now)) return endPrevious(o, password, held);
  const stays = `${password.slot} of ${account.ref.name} stays, because ${nameInPlace(held.by)} holds it`;
  return steps.refuse(new StillHeld(`${stays} until ${toSeconds(new Date(endOfDelay(record)))}`));
}

/** Ends the older of two passwords that no record names, with --force: a source that was deleted by hand may have left it. */
function endUnknown(d: Desired, o: Observed): steps.Step {
  const account = o.ask("account");
  const { name } = account.ref;
  const unknown = account.passwords.filter((password) => !isRecorded(o.record, password));
  const [older] = unknown.toSorted((a, b) => Date.parse(a.madeAt) - Date.parse(b.madeAt));
  if (!older) return steps.refuse(new InTheWay(`both passwords of ${name} are in use until the next rotation`));
  const { slot } = older;
  if (!d.force)
    return steps.refuse(
      new InTheWay(
        `no Secret records ${slot} of ${name}, and another tool may use it`,
        `add --force to end ${slot} if no pull Secret holds it`,
      ),
    );
  const held = o.ask("holder", slot);
  if (held.by) return steps.refuse(new CliError("conflict", `${nameInPlace(held.by)} holds ${slot} of ${name}`));
  const messages = uncheckedHolders(held.unlisted);
  const say = [{ to: account.ref, result: "configured", slot, because: "no Secret records it", messages } as const];
  return { act: "end", does: `end ${slot}`, account, password: older, say };
}

/** The login that is not stored yet. */
function candidate({ ask, memory }: Observed): (Pick<NonNullable<Memory["made"]>, "login"> & { readonly isProven?: boolean }) | undefined {
  if (isIssued({ ask })) return memory.made;
  return memory.stored === undefined ? ask("taken") : undefined;
}

/** A warning that is printed once, whatever other runs do. */
export const warnedOfRights = "rights";

/** How long Azure may show a state from before the last password, and how often it is read again. */
const staleReads = { pause: 5_000, count: 12 };

/** Waits for a password that is so young that Azure may not show it yet. @returns undefined if it is shown, or if it has ended */
export function waitUntilShown(d: Desired, o: Observed): steps.Step | undefined {
  const { record, login, by } = o;
  if (by.isDry || !record || login?.username !== record.identity || !isYoung(record.madeAt, by.now)) return undefined;
  if (isRecordShown(o) || isRefused(d, o) || steps.waitsFor(o, "password") >= staleReads.count) return undefined;
  const why = waitingFor(staleReads.pause * staleReads.count, `it does not show the password of ${record.identity} yet`);
  return steps.wait(o, "password", { milliseconds: staleReads.pause, why, rereads: "account" });
}

export const loginRows: readonly Row[] = [
  {
    when: "Azure does not show the password of the source, which is young, and which the registry accepts",
    does: "wait, and read Azure again",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide: (d, o) => o.memory.replaces === undefined && d.password === "new" && d.verify && waitUntilShown(d, o),
  },
  {
    when: "the registry rejects the login of the source, and may not know a young password yet",
    does: "wait",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { record, login, by } = o;
      if (d.password === "recorded" || o.memory.made || o.memory.stored !== undefined || !isRecordShown(o) || !isRefused(d, o))
        return undefined;
      if (login?.username !== record?.identity || !isYoung(record?.madeAt, by.now)) return undefined;
      return waitForRegistry(o, "young password", `${record?.host} rejects the password of ${record?.identity}`, youngPatience(), "test");
    },
  },
  {
    when: "the source holds a login of another account that pulls",
    does: "refuse",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { record, login } = o;
      if (d.password === "recorded" || d.force || !record || !login || login.username === record.identity || isRefused(d, o))
        return undefined;
      const message = `secret "${d.source.name}" holds a login of "${login.username}", and not the recorded one of "${record.identity}"`;
      return steps.refuse(new OthersLogin(message, "add --force to replace it"));
    },
  },
  {
    when: "the credential can do more than pull",
    does: "warn, once",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { memory, ask } = o;
      if (d.password === "recorded" || memory.replaces !== undefined || memory.said.has(warnedOfRights)) return undefined;
      const { ref, rights } = ask("account");
      const warning = warnOfRights(rights);
      return warning !== undefined && steps.decide("warn", steps.saying(o, warnedOfRights), [{ to: ref, messages: [warning] }]);
    },
  },
  {
    when: "a rotation begins",
    does: "replace this password, or complete a rotation that was killed",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      if (d.password === "recorded" || o.memory.replaces !== undefined) return undefined;
      if (mustReplace(d, o)) return steps.decide("choose", { replaces: steps.passwordOf(o.record) });
      const because = "an interrupted rotation is completed";
      return steps.decide("choose", { replaces: "none" }, [{ to: d.source, result: "unchanged", because }]);
    },
  },
  {
    when: "a login is not proven",
    does: "prove it; wait while the registry may not know it",
    of: ["keep"],
    isHeld: true,
    decide(d, o) {
      const { login, isProven } = candidate(o) ?? {};
      const hash = login?.password.hash();
      if (!hash || !d.verify || isProven || o.memory.proven === hash) return undefined;
      const { warnings, rejected } = o.ask("proof", hash);
      if (!rejected) return steps.decide("accept the proof", { proven: hash }, warnings);
      const { patience, because, error } = rejected;
      return (patience && waitForRegistry(o, `proof ${hash}`, because, patience, "proof")) ?? steps.refuse(error);
    },
  },
  {
    when: "a password is not stored",
    does: "store it",
    killed: "the record names it, and the next run gives it to the copies",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { made } = o.memory;
      if (!made) return undefined;
      const account = o.ask("account");
      const credential = steps.madeRecord(d, o, issuerOf(o), account, made);
      const step = steps.store(d, o, { credential, login: made.login }, { before: [{ to: account.ref, result: "configured" }] });
      return { ...step, memory: { made: undefined, stored: steps.passwordOf(credential), places: new Map() } };
    },
  },
  {
    when: "a login was taken and is not stored",
    does: "store it",
    killed: "the next run gives it to the copies",
    of: ["keep"],
    kind: "taken",
    isHeld: true,
    decide(d, o) {
      if (o.memory.stored !== undefined) return undefined;
      const { credential, login, warnings } = o.ask("taken");
      const after = warnings.length > 0 ? [{ to: { kind: "registry", name: credential.host }, messages: warnings } as const] : [];
      return {
        ...steps.store(d, o, { credential, login }, { before: after }),
        memory: { stored: steps.passwordOf(credential), places: new Map() },
      };
    },
  },
  {
    when: "a password is needed, the one before still works, and copies may have it",
    does: "give the copies the current one",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      if (!needsPassword(d, o) || o.memory.said.has("copies") || !o.record?.previous || !isRecordShown(o)) return undefined;
      const copies = steps.copiesBehind(d, o);
      return copies.size > 0 && { act: "copy", does: "copy", copies, isSilent: true, memory: steps.saying(o, "copies") };
    },
  },
  {
    when: "a password is needed, and the one before still works",
    does: "end that one, unless it is in its grace period or a Secret holds it",
    killed: "the record still names it, and the next run finds that Azure does not show it",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide: (d, o) => needsPassword(d, o) && makeRoom(d, o),
  },
  {
    when: "a password is needed, and every slot has one that may be in use",
    does: "refuse; with --force end the older one that no record names, unless a Secret holds it",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide: (d, o) => needsPassword(d, o) && slotFor(o) === undefined && endUnknown(d, o),
  },
  {
    when: "a password is needed, and its slot is not noted",
    does: "note the slot, and what is in it",
    killed: "nothing is in the slot yet",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      if (!needsPassword(d, o) || o.memory.noted) return undefined;
      // Before there is a password to end if this read fails
      if (d.verify) o.ask("images");
      const slot = slotFor(o);
      return slot !== undefined && steps.note(o, { slot, madeAt: inside(o.ask("account"), slot)?.madeAt });
    },
  },
  {
    when: "a password is needed, its slot is noted, and Azure was read by the last request",
    does: "generate it; withdraw the note if the slot has changed",
    killed: "no Secret has it: the next run fills the slot again, or ends it",
    of: ["keep"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { noted } = o.memory;
      if (!needsPassword(d, o) || !noted) return undefined;
      // A person may have generated a password in the slot since
      if (!o.by.isDry && o.last !== "account") return steps.read("account", "");
      const account = o.ask("account");
      if (!o.by.isDry && inside(account, noted.slot)?.madeAt !== noted.madeAt) return steps.note(o, undefined);
      return { act: "generate", does: `generate ${noted.slot}`, account, slot: noted.slot, expiresAt: d.expiresAt };
    },
  },
];
