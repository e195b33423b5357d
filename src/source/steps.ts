import { isDue, recordOf } from "../credential/issue.ts";
import { type Account, isShown, type Reversal, type Shown } from "../credential/issuer.ts";
import type { CliError } from "../errors.ts";
import { type Decide, type Edited, outcomeOf } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import type { Credential } from "../secret/record.ts";
import { shapeOf } from "../secret/shapes.ts";
import {
  abandoning,
  type Claiming,
  claiming,
  copying,
  exportedSecret,
  extending,
  isStored,
  releasing,
  type Storing,
  storing,
  storingGiven,
} from "../secret/source.ts";
import type { Creating, Desired } from "./desired.ts";
import type { Fact, KnownCopies, Memory, Observed } from "./observe.ts";
import type { Places } from "./places.ts";
import { fileFor, issuerOf, repositoriesFor } from "./wanted.ts";

/** One thing that the loop does: a read, a write, a wait, or only a decision. */
export type Step = (
  | { readonly kind: "read"; readonly fact: Fact; readonly of: string }
  /** Writes the source. */
  | {
      readonly kind: "write";
      readonly decide: Decide<"secret">;
      /** The same write, which also ends the claim. */
      readonly last?: Decide<"secret">;
      /** A dry run has not written its claim. */
      readonly isClaim?: true;
      readonly print?: (edited: Edited<"secret">) => readonly Outcome[];
    }
  /** Creates and grants what is missing in Azure. */
  | { readonly kind: "grant"; readonly account: Account; readonly repositories: readonly string[] }
  /** Prints the Secret. */
  | { readonly kind: "print"; readonly secret: Secret; readonly isUnmade: true | undefined }
  | { readonly kind: "generate"; readonly account: Account; readonly slot: string; readonly expiresAt: string | undefined }
  | { readonly kind: "end"; readonly account: Account; readonly password: Shown }
  /** Gives copies the login of the source, each in a loop of its own. `isSilent`: before a rotation, which prints them. */
  | { readonly kind: "copy"; readonly copies: KnownCopies; readonly isSilent: boolean }
  /** Gives namespaces their copies and references, or takes both away, each in a loop of its own. */
  | { readonly kind: "place"; readonly places: Places; readonly creates: Creating }
  /** Takes references and copies away, each namespace in a loop of its own. */
  | { readonly kind: "withdraw"; readonly namespaces: readonly string[] }
  /** Deletes the account with the objects that were created for it. */
  | { readonly kind: "revoke"; readonly account: Account }
  /** Reverses what this run has created and granted in Azure. */
  | { readonly kind: "reverse"; readonly reversals: readonly Reversal[] }
  | ({ readonly kind: "wait" } & Waiting)
  | { readonly kind: "refuse"; readonly error: CliError }
  | { readonly kind: "decide" }
  | { readonly kind: "done" }
) & {
  /** Its name in tests and in errors of this program. */
  readonly does: string;
  /** Ends the claim, and does nothing else. */
  readonly isRelease?: true;
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
export type StepRow = {
  /** The condition and the step, as docs/steps.md prints them. */
  readonly when: string;
  readonly does: string;
  /** What a kill right after the step leaves. */
  readonly killed?: string;
  /** What the run wants of the source; `undo`: it has failed. */
  readonly of: readonly ("create" | "rotate" | "remove" | "undo")[];
  /** Only for a kind of credential whose passwords Azure generates, or only for one whose login is taken. Absent: for both. */
  readonly kind?: "issued" | "taken";
  /** Only while this run holds the claim. Rows of `rotate` and `remove` below the one that claims need not say it. */
  readonly isHeld?: true;
  /** Returns the step, if the row applies. Asks for the facts that it needs; one that is not known ends the decision. */
  decide(d: Desired, o: Observed): Step | undefined | false;
};

export const done: Step = { kind: "done", does: "done" };
export const refuse = (error: CliError): Step => ({ kind: "refuse", does: "refuse", error });
export const decide = (does: string, memory: Partial<Memory>, say: readonly Outcome[] = []): Step => ({
  kind: "decide",
  does,
  memory,
  say,
});
export const readOf = (fact: Fact, of: string): Step => ({ kind: "read", does: `read ${fact}`, fact, of });

/** Adds to what was said. */
export const saying = ({ memory }: Observed, what: string): Partial<Memory> => ({ said: new Set([...memory.said, what]) });

/** Waits for the nth time for the same thing. */
export function wait({ memory, by }: Observed, what: string, waiting: Waiting): Step {
  const { for: last, count, since } = memory.waits;
  const waits = last === what ? { for: what, count: count + 1, since } : { for: what, count: 1, since: by.now };
  return { kind: "wait", does: `wait: ${waiting.why}`, ...waiting, memory: { waits } };
}

/** How often the run has waited for this. */
export const waitsFor = ({ memory: { waits } }: Observed, what: string): number => (waits.for === what ? waits.count : 0);

/** @param noted the slot that the claim notes already */
export const claim = (d: Desired, { by }: Observed, order: Claiming = {}, noted?: Memory["noted"]): Step => ({
  kind: "write",
  does: "claim",
  decide: claiming(d.source, by, order),
  isClaim: true,
  memory: { isClaimed: true, noted },
});

export const extend = ({ by }: Observed): Step => ({ kind: "write", does: "extend the claim", decide: extending(by) });

/** Notes the slot that this run fills next, and its present password. The next run needs both if this one is killed. */
export function note({ by }: Observed, noted: Memory["noted"]): Step {
  const does = noted ? `note ${noted.slot}` : "withdraw the note";
  return by.isDry || by.isPrinted
    ? decide(does, { noted })
    : { kind: "write", does, decide: extending(by, noted ?? "none"), memory: { noted } };
}

/** Ends the claim. What a killed run noted stays, unless it has ended. */
export function release(
  d: Desired,
  { by, record }: Observed,
  memory: Partial<Memory> = { isDone: true },
  say: readonly Outcome[] = [],
): Step {
  if (by.isDry || by.isPrinted) return { ...decide("release", memory, say), isRelease: true };
  const how = d.undo || !record ? abandoning(by) : releasing(by, record, d.exists);
  return { kind: "write", does: "release", isRelease: true, decide: how, memory, print: () => say };
}

/** Names a password by its slot and creation time. */
export const passwordOf = (record: Pick<Credential, "slot" | "madeAt"> | undefined): string =>
  record ? `${record.slot} ${record.madeAt}` : "";

/** Whether the source has the login that it is to have: this run keeps it, or has stored it. */
export function isSupplied({ memory, record }: Observed): boolean {
  return record !== undefined && [memory.kept, memory.stored].includes(passwordOf(record));
}

type More = { readonly before?: readonly Outcome[]; readonly after?: readonly Outcome[]; readonly isQuiet?: true };

/** Whether the source holds a login with exactly this record already. */
export const isHolding = (d: Desired, o: Observed, of: Omit<Storing, "shape">): boolean =>
  o.secret ? isStored(o.secret, storingOf(d, o, of)) : false;

/** Writes the record and the login that it describes, in one write, which may end the claim. */
export function store(d: Desired, o: Observed, of: Omit<Storing, "shape">, more: More = {}): Step {
  const write = (endsClaim: boolean) => storing(d.source, o.by, storingOf(d, o, of), { endsClaim });
  const last = isHolding(d, o, of) ? undefined : write(true);
  return { kind: "write", does: "store", decide: write(false), last, print: printing(d, o, more) };
}

/** The same without a claim, for a login that the run did not generate. */
export function storeGiven(d: Desired, o: Observed, of: Omit<Storing, "shape">, obstacle: Parameters<typeof storingGiven>[2], more: More) {
  return {
    kind: "write",
    does: "store",
    decide: storingGiven(d.source, storingOf(d, o, of), obstacle),
    print: printing(d, o, more),
  } as const;
}

/** Prints the Secret that a user applies to another cluster. */
export function print(d: Desired, { credential, login }: Omit<Storing, "shape">, say: readonly Outcome[]): Step {
  const record = { ...credential, isExported: true } as const;
  const secret = exportedSecret(d.source, { credential: record, login, shape: d.creates?.shape });
  return { kind: "print", does: "print", secret, isUnmade: login ? undefined : true, say, memory: { isDone: true } };
}

function storingOf({ creates }: Desired, { secret, ask }: Observed, of: Omit<Storing, "shape">): Storing {
  if (creates) return { copies: ask("places").copies, ...of, shape: creates.shape };
  return { ...of, shape: secret ? shapeOf(secret) : undefined };
}

/** A Secret that the run has created for its claim counts as created with its login. */
const printing =
  ({ source }: Desired, { memory }: Observed, { before = [], after = [], isQuiet }: More) =>
  (edited: Edited<"secret">): readonly Outcome[] => {
    const outcome = outcomeOf(source, edited);
    const stored = memory.isNew ? { ...outcome, result: "created" as const, before: undefined } : outcome;
    return [...before, ...(isQuiet ? [] : [stored]), ...after];
  };

/** The record of a password that was generated. A dry run only predicts it. */
export function madeRecord(d: Desired, o: Observed, account: Account, made: NonNullable<Memory["made"]>): Credential {
  const { by, record } = o;
  const replaced = record && isShown(account, record) ? record : undefined;
  const now = made.madeAt === undefined ? by.now : Date.parse(made.madeAt);
  const order = { grace: d.grace, repositories: repositoriesFor(d, o), file: fileFor(d, record) };
  return recordOf(issuerOf(o), made, order, { replaced, now });
}

/** What a copy needs; undefined if it could not be read. */
export function copyDecision(d: Desired, { record, login }: Observed, namespace: string, secret: Secret | CliError | undefined) {
  if (!record || !isSecret(secret)) return undefined;
  return copying({ ...d.source, namespace }, { source: d.source, credential: record, login, mayCreate: false })(secret);
}

/** Whether something is left to end after a password was stored: what a killed run has noted, or the replaced password. */
export const hasRest = (o: Observed): boolean => o.claim?.intent !== undefined || isPreviousDue(o);

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
