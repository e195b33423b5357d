import { isDue, recordOf } from "../credential/issue.ts";
import { type Account, type Issuer, isShown, type Shown } from "../credential/issuer.ts";
import type { CliError } from "../errors.ts";
import { type Decide, type Edited, outcomeOf } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import type { Login } from "../registry/port.ts";
import type { Credential } from "../secret/record.ts";
import { shapeOf } from "../secret/shapes.ts";
import { abandoning, claiming, copying, extending, releasing, storing } from "../secret/source.ts";
import type { Desired } from "./desired.ts";
import type { Fact, KnownCopies, Memory, Observed } from "./observe.ts";

/** One thing that the loop does: a read, a write, a wait, or only a decision. */
export type Step = (
  | { readonly act: "read"; readonly fact: Fact; readonly of: string }
  /** Writes the source. */
  | {
      readonly act: "write";
      readonly decide: Decide<"secret">;
      /** The same write, which also ends the claim. */
      readonly last?: Decide<"secret">;
      /** A dry run has not written its claim. */
      readonly isClaim?: true;
      readonly print?: (edited: Edited<"secret">) => readonly Outcome[];
    }
  | { readonly act: "generate"; readonly account: Account; readonly slot: string; readonly expiresAt: string | undefined }
  | { readonly act: "end"; readonly account: Account; readonly password: Shown }
  /** Gives copies the login of the source, each in a loop of its own. `isSilent`: before a rotation, which prints them. */
  | { readonly act: "copy"; readonly copies: KnownCopies; readonly isSilent: boolean }
  /** Takes references and copies away, each namespace in a loop of its own. */
  | { readonly act: "withdraw"; readonly namespaces: readonly string[] }
  /** Deletes the account, and what was created for it. */
  | { readonly act: "revoke"; readonly account: Account }
  | ({ readonly act: "wait" } & Waiting)
  | { readonly act: "refuse"; readonly error: CliError }
  | { readonly act: "decide" }
  | { readonly act: "done" }
) & {
  /** Its name in a plan. */
  readonly does: string;
  /** What the run remembers of it. */
  readonly memory?: Partial<Memory> | undefined;
  /** What it prints, apart from the objects that it writes. */
  readonly say?: readonly Outcome[] | undefined;
};

type Waiting = {
  readonly milliseconds: number;
  readonly why: string;
  /** A line on stderr. */
  readonly inform?: string | undefined;
  /** What is read again after it; `everything`: another run may have come. */
  readonly rereads: Fact | "everything";
  /** It does not need the claim: the run has none, or one that lasts. */
  readonly isFree?: true;
  /** It is for the claim of another run, of which the namespace may have many. */
  readonly isForClaim?: true;
};

/** A row of the table. The first row that applies says what the loop does next. */
export type Row = {
  /** What is the case, and what is done then. Printed in docs/architecture.md. */
  readonly when: string;
  readonly does: string;
  /** What a kill right after the step leaves. */
  readonly killed?: string;
  /** Whether it is for a source that should exist, for one that should not, or for a run that has failed. */
  readonly of: readonly ("keep" | "remove" | "undo")[];
  /** Only for a kind of credential whose passwords Azure generates, or only for one whose login is taken. Absent: for both. */
  readonly kind?: "issued" | "taken";
  /** Only while this run holds the claim. */
  readonly isHeld?: true;
  /** Returns the step, if the row applies. Asks for the facts that it needs; one that is not known ends the decision. */
  decide(d: Desired, o: Observed): Step | undefined | false;
};

export const done: Step = { act: "done", does: "done" };
export const refuse = (error: CliError): Step => ({ act: "refuse", does: "refuse", error });
export const decide = (does: string, memory: Partial<Memory>, say: readonly Outcome[] = []): Step => ({ act: "decide", does, memory, say });
export const read = (fact: Fact, of: string): Step => ({ act: "read", does: `read ${fact}`, fact, of });

/** Adds to what was said. */
export const saying = ({ memory }: Observed, what: string): Partial<Memory> => ({ said: new Set([...memory.said, what]) });

/** Waits for the nth time for the same thing. */
export function wait({ memory, by }: Observed, what: string, waiting: Waiting): Step {
  const { for: last, count, since } = memory.waits;
  const waits = last === what ? { for: what, count: count + 1, since } : { for: what, count: 1, since: by.now };
  return { act: "wait", does: `wait: ${waiting.why}`, ...waiting, memory: { waits } };
}

/** How often the run has waited for this. */
export const waitsFor = ({ memory: { waits } }: Observed, what: string): number => (waits.for === what ? waits.count : 0);

export const claim = (d: Desired, { by }: Observed): Step => ({
  act: "write",
  does: "claim",
  decide: claiming(d.source, by, {}),
  isClaim: true,
  memory: { isClaimed: true },
});

export const extend = ({ by }: Observed): Step => ({ act: "write", does: "extend the claim", decide: extending(by) });

/** Notes the slot that is about to be filled and what is in it: that must be known if this run is killed. */
export function note({ by }: Observed, noted: Memory["noted"]): Step {
  const does = noted ? `note ${noted.slot}` : "withdraw the note";
  return by.isDry ? decide(does, { noted }) : { act: "write", does, decide: extending(by, noted ?? "none"), memory: { noted } };
}

/** Ends the claim. What a killed run noted stays, unless it has ended. */
export function release(d: Desired, { by, record }: Observed, say: readonly Outcome[] = []): Step {
  const memory = { isDone: true } as const;
  if (by.isDry) return decide("release", memory, say);
  const how = d.undo || !record ? abandoning(by) : releasing(by, record, d.exists);
  return { act: "write", does: "release", decide: how, memory, print: () => say };
}

/** Names a password by its slot and creation time. */
export const passwordOf = (record: Pick<Credential, "slot" | "madeAt"> | undefined): string =>
  record ? `${record.slot} ${record.madeAt}` : "";

type Storing = { readonly credential: Credential; readonly login: Login | undefined };

/** Writes the record and the login that it describes, in one write. */
export function store(
  d: Desired,
  { by, secret }: Observed,
  of: Storing,
  more: { readonly before?: readonly Outcome[]; readonly after?: readonly Outcome[]; readonly isQuiet?: true } = {},
): Step {
  const shape = secret ? shapeOf(secret) : undefined;
  const print = (edited: Edited<"secret">) => [
    ...(more.before ?? []),
    ...(more.isQuiet ? [] : [outcomeOf(d.source, edited)]),
    ...(more.after ?? []),
  ];
  const write = (endsClaim: boolean) => storing(d.source, by, { ...of, shape }, { endsClaim });
  return { act: "write", does: "store", decide: write(false), last: write(true), print };
}

/** The record of a password that was generated. A dry run only predicts it. */
export function madeRecord(
  d: Desired,
  { by, record }: Observed,
  issuer: Issuer,
  account: Account,
  made: NonNullable<Memory["made"]>,
): Credential {
  const repositories = record?.repositories ?? account.granted;
  const replaced = record && isShown(account, record) ? record : undefined;
  const now = made.madeAt === undefined ? by.now : Date.parse(made.madeAt);
  return recordOf(issuer, made, { grace: d.grace, repositories, file: record?.file }, { replaced, now });
}

/** What a copy needs; undefined if it could not be read. */
export function copyDecision(d: Desired, { record, login }: Observed, namespace: string, secret: Secret | CliError | undefined) {
  if (!record || !isSecret(secret)) return undefined;
  return copying({ ...d.source, namespace }, { source: d.source, credential: record, login, mayCreate: false })(secret);
}

/** The copies on which the run has not acted; none if each has the login of the source. Others lack it, or are in the way. */
export function copiesBehind(d: Desired, o: Observed): KnownCopies {
  const left = [...copiesIn(o)].filter(([name]) => !o.memory.places.has(name));
  const isBehind = ([name, secret]: (typeof left)[number]) => copyDecision(d, o, name, secret)?.act !== "keep";
  return new Map(left.some(isBehind) ? left : []);
}

/** The recorded copies. None needs no request. */
export const copiesIn = ({ ask, copies }: Observed): KnownCopies => (Object.keys(copies).length === 0 ? new Map() : ask("copies"));

export const isSecret = (one: Secret | CliError | undefined): one is Secret | undefined => !(one instanceof Error);

/** Whether a rotation is to end the replaced password now. */
export const isPreviousDue = ({ record, by }: Observed): boolean => record !== undefined && isDue(record, by.now);
