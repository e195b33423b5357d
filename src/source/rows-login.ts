import { warnOfRights } from "../credential/granted-rights.ts";
import { isRecent } from "../credential/issue.ts";
import { OthersLogin } from "../credential/owner.ts";
import { type Patience, youngPatience } from "../credential/prove.ts";
import type { Login } from "../registry/port.ts";
import { isYoung, waitingFor } from "../retry.ts";
import { notDue } from "../secret/due.ts";
import type { Credential } from "../secret/record.ts";
import { mayHoldReplaced } from "../secret/source.ts";
import { type Desired, endsAtOnce } from "./desired.ts";
import type { Memory, Observed } from "./observe.ts";
import type { StepRow } from "./steps.ts";
import * as steps from "./steps.ts";
import {
  fileFor,
  hasExpired,
  isIssued,
  isOfAnother,
  isRecordShown,
  isRefused,
  keepsLogin,
  obstacleFor,
  repositoriesFor,
} from "./wanted.ts";

/** Waits until the registry knows a password, with pauses that grow. @returns undefined if it has waited long enough */
function waitForRegistry(o: Observed, what: string, because: string, { wait, pauses }: Patience, rereads: "proof" | "test") {
  const milliseconds = pauses[steps.waitsFor(o, what)];
  return milliseconds === undefined ? undefined : steps.wait(o, what, { milliseconds, why: waitingFor(wait, because), rereads });
}

/** Whether a copy lacks the login of its source. One that can't be read or written may hold the replaced password. */
function isBehind(d: Desired, o: Observed): boolean {
  const { record: credential, login } = o;
  return [...steps.copiesIn(o)].some(([name, secret]) => {
    const act = steps.copyDecision(d, o, name, secret)?.act;
    if (act === "patch" || !credential?.previous) return act === "patch";
    return !steps.isSecret(secret) || (act === "refuse" && secret && mayHoldReplaced(secret, { source: d.source, credential, login }));
  });
}

/**
 * Whether a rotation replaces the password. For a day, a rotation that was killed or failed for a copy is completed with its stored
 * password. Later, and in the last third of its life, a tenant that writes a copy or holds the replaced password does not stop a new one.
 */
function mustReplace(d: Desired, o: Observed): boolean {
  const { record, login, by } = o;
  if (!record || !login || !isRecordShown(o) || isRefused(d, o)) return true;
  const isEnding = notDue(record, { expiresWithin: "last third" }, by.now).length === 0;
  if (endsAtOnce(d) || !isRecent(record, by.now) || isEnding) return true;
  const { previous, madeAt = "" } = record;
  const isOverdue = previous?.until !== undefined && Date.parse(previous.until) <= Date.parse(madeAt);
  return !isOverdue && !isBehind(d, o);
}

type Candidate = {
  readonly login: Login | undefined;
  readonly isProven?: boolean;
  readonly isNewPassword?: boolean;
  readonly hasNewRight?: boolean | undefined;
};

/** The login that is not stored yet. */
export function candidate(d: Desired, o: Observed): Candidate | undefined {
  const { memory, ask, by } = o;
  if (memory.stored !== undefined && !memory.made) return undefined;
  if (!isIssued(o)) return ask("taken");
  const hasNewRight = memory.granted?.hasNewRight;
  if (memory.made) return { login: memory.made.login, isNewPassword: true, hasNewRight };
  return memory.granted && !by.isDry && keepsLogin(d, o) ? { login: o.login, hasNewRight } : undefined;
}

/** A warning that is printed once, whatever other runs do. */
const warnedOfRights = "rights";

/** How long Azure may show a state from before the last password, and how often it is read again. */
const staleReads = { pause: 5_000, count: 12 };

/** Waits for a password that is so young that Azure may not show it yet. @returns undefined if it is shown, or if it has ended */
export function waitUntilShown(d: Desired, o: Observed): steps.Step | undefined {
  const { record, login, by } = o;
  if (!record || login?.username !== record.identity || !isYoung(record.madeAt, by.now)) return undefined;
  if (isRecordShown(o) || isRefused(d, o) || steps.waitsFor(o, "password") >= staleReads.count) return undefined;
  const why = waitingFor(staleReads.pause * staleReads.count, `it does not show the password of ${record.identity} yet`);
  return steps.wait(o, "password", { milliseconds: staleReads.pause, why, rereads: "account" });
}

export const youngRow: StepRow = {
  when: "the registry rejects a young password of the source",
  does: "wait",
  of: ["create", "rotate"],
  kind: "issued",
  decide(d, o) {
    const { record, login, by, memory } = o;
    if (steps.isSupplied(o) || d.password === "recorded" || memory.made || !record) return undefined;
    if (!isRefused(d, o) || hasExpired(record, d.creates) || !isRecordShown(o)) return undefined;
    if (login?.username !== record.identity || !isYoung(record.madeAt, by.now)) return undefined;
    return waitForRegistry(o, "young password", `${record.host} rejects the password of ${record.identity}`, youngPatience(), "test");
  },
};

/** Before anything is created or granted: Azure may not show the account either, and creating a token again deletes its passwords. */
export const unshownRow: StepRow = {
  when: "Azure does not show a young password that the registry accepts",
  does: "wait, and read Azure again",
  of: ["create", "rotate"],
  kind: "issued",
  decide(d, o) {
    const { replaces, made } = o.memory;
    // Another run may have replaced the password that this one has stored
    if (made !== undefined || steps.isSupplied(o) || replaces === "none") return undefined;
    return !o.by.isDry && d.password === "new" && d.verify && !isOfAnother(o) && waitUntilShown(d, o);
  },
};

/** What a run remembers of a login that it has stored: nothing reverses it any more. */
const stored = (credential: Credential): Partial<Memory> => ({
  made: undefined,
  granted: undefined,
  stored: steps.passwordOf(credential),
  places: new Map(),
});

export const loginRows: readonly StepRow[] = [
  {
    when: "the source holds a login of another account that pulls",
    does: "refuse",
    of: ["rotate"],
    kind: "issued",
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
    of: ["rotate"],
    kind: "issued",
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
    does: "choose the password to replace, or complete a killed rotation",
    of: ["rotate"],
    kind: "issued",
    decide(d, o) {
      if (d.password === "recorded" || o.memory.replaces !== undefined) return undefined;
      if (mustReplace(d, o)) return steps.decide("choose", { replaces: steps.passwordOf(o.record) });
      const because = "an interrupted rotation is completed";
      return steps.decide("choose", { replaces: "none" }, [{ to: d.source, result: "unchanged", because }]);
    },
  },
  {
    when: "a login is not proven",
    does: "prove it, and wait while the registry may not know it",
    of: ["create", "rotate"],
    decide(d, o) {
      if (steps.isSupplied(o)) return undefined;
      const { login, isProven } = candidate(d, o) ?? {};
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
    killed: "the next run gives it to the copies",
    of: ["create", "rotate"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { made, granted } = o.memory;
      if (!made) return undefined;
      const account = o.ask("account");
      const credential = steps.madeRecord(d, o, account, made);
      const changed = granted?.isNew ? [] : [{ to: account.ref, result: "configured" } as const];
      const before = [...(granted?.say ?? []), ...changed];
      if (o.by.isPrinted) return steps.print(d, { credential, login: made.login }, granted?.say ?? []);
      const step = steps.store(d, o, { credential, login: made.login }, { before });
      return { ...step, memory: { ...stored(credential), isUnmade: made.login ? undefined : true } };
    },
  },
  {
    when: "Azure grants what is wanted, and the login of the source works",
    does: "store its record",
    killed: "the next run finds that nothing is missing",
    of: ["create"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      const { record, login, memory } = o;
      if (!record || !memory.granted || !keepsLogin(d, o)) return undefined;
      const credential = { ...record, repositories: repositoriesFor(d, o), file: fileFor(d, record) };
      return { ...steps.store(d, o, { credential, login }, { before: memory.granted.say }), memory: stored(credential) };
    },
  },
  {
    when: "a login was taken, and the source holds it already",
    does: "keep it",
    of: ["create"],
    kind: "taken",
    decide(d, o) {
      // A run that was killed may have left its claim
      if (steps.isSupplied(o) || o.claim) return undefined;
      const { credential, login, warnings } = o.ask("taken");
      if (!steps.isHolding(d, o, { credential, login })) return undefined;
      const messages = warnings.length > 0 ? warnings : undefined;
      const say = { to: d.source, result: "unchanged", because: "holds this credential", object: o.secret ?? undefined, messages } as const;
      return steps.decide("keep the login", { kept: steps.passwordOf(credential) }, [say]);
    },
  },
  {
    when: "a login was taken and is not stored",
    does: "store it, and claim the source first if it has copies",
    killed: "the next run gives it to the copies",
    of: ["create", "rotate"],
    kind: "taken",
    decide(d, o) {
      if (o.memory.stored !== undefined || steps.isSupplied(o)) return undefined;
      const { credential, login, warnings } = o.ask("taken");
      const before = warnings.length > 0 ? [{ to: { kind: "registry", name: credential.host }, messages: warnings } as const] : [];
      if (o.by.isPrinted) return steps.print(d, { credential, login }, before);
      if (o.isHeld) return { ...steps.store(d, o, { credential, login }, { before }), memory: stored(credential) };
      if (!d.creates) return undefined;
      const obstacle = obstacleFor(d, d.creates, o);
      const hasCopies = [o.copies, o.ask("places").copies].some((copies) => Object.keys(copies).length > 0);
      if (hasCopies) return steps.claim(d, o, { creates: { shape: d.creates.shape, obstacle } });
      return { ...steps.storeGiven(d, o, { credential, login }, obstacle, { before }), memory: stored(credential) };
    },
  },
];
