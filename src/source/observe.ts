import type { Held } from "../credential/holders.ts";
import type { Account, Issuer, Made, Reversal, Shown, Taken, Taker, Unrevocable } from "../credential/issuer.ts";
import type { Owner } from "../credential/owner.ts";
import type { LoginTest, ProofOnce } from "../credential/prove.ts";
import type { CliError } from "../errors.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import type { ImageRef, Login } from "../registry/port.ts";
import { loginOf } from "../secret/login.ts";
import { type Claim, type Copies, type Credential, claimOf, copiesOf, credentialOf, type Intent } from "../secret/record.ts";
import { type By, claimLasts } from "../secret/source.ts";
import type { Places } from "./places.ts";

/** The recorded copies as they were read, or why not, without those in namespaces that were created again. */
export type KnownCopies = ReadonlyMap<string, Secret | CliError | undefined>;

/** What a run reads. A refused read (403) that a row can decide by is a value, as in `copies` and `holder`. */
export type Facts = {
  /** null: it does not exist. */
  readonly source: Secret | null;
  readonly kind: Issuer | Taker | Unrevocable;
  readonly owner: Owner;
  readonly account: Account;
  readonly copies: KnownCopies;
  /** The namespaces that get the Secret, a copy or a reference, or lose them. */
  readonly places: Places;
  /** Images of a registry that pods use, to prove a login with. */
  readonly images: readonly ImageRef[];
  /** The repositories to grant may be granted. */
  readonly repositories: true;
  /** Whether the login inside pulls. */
  readonly test: LoginTest;
  /** The login of a kind whose passwords Azure does not generate. */
  readonly taken: Taken;
  /** Whether a login that is not stored yet pulls. */
  readonly proof: ProofOnce;
  /** Another Secret that holds a password. Of a slot, or of any: `elsewhere` without the copies, or `anywhere`. */
  readonly holder: Held;
  /** The namespaces of the recorded copies that were not created again. */
  readonly namespaces: readonly string[];
  /** The API server would delete the Secret, and Azure the account. */
  readonly rehearsal: true;
};

export type Fact = keyof Facts;

/** What a run remembers of its own acts, because no read shows it. A decision is bound to a value, so another run's write voids it. */
export type Memory = {
  /** The slot that this run has noted and not filled, with the creation time of the password in it. */
  readonly noted?: Omit<Intent, "until"> | undefined;
  /** A password that this run has generated and not stored. A dry run generates none: only its record. */
  readonly made?: (Partial<Pick<Made, "login" | "madeAt">> & Omit<Made, "login" | "madeAt">) | undefined;
  /** A password that this run has generated before it started again. No Secret has it. */
  readonly unstored?: Shown | undefined;
  /** The login that the registry has accepted, by its hash. */
  readonly proven?: string | undefined;
  /** The password that a rotation replaces, by slot and creation time; `none`: it completes a rotation that was killed. */
  readonly replaces?: string | undefined;
  /** This run has stored a login, by slot and creation time. */
  readonly stored?: string | undefined;
  /** The source keeps its password, by slot and creation time, because it covers what is wanted. */
  readonly kept?: string | undefined;
  /** This run has granted what was missing in Azure. */
  readonly granted?: Granting | undefined;
  /** The namespaces that the run is done with. `failed`: the copy could not be written. `incomplete`: something else failed. */
  readonly places: ReadonlyMap<string, "done" | "failed" | "incomplete">;
  /** The run is done with all namespaces. */
  readonly isPlaced?: true | undefined;
  /** What was said once: warnings, and that the run waits. */
  readonly said: ReadonlySet<string>;
  /** The replaced password stays for a reason that was said. */
  readonly isDelayed?: true | undefined;
  /** Since when, and how often, the run has waited for the same thing. */
  readonly waits: { readonly for: string; readonly count: number; readonly since: number };
  /** A request to Azure without an answer, which may be applied until then. */
  readonly open?: { readonly until: number; readonly error: CliError } | undefined;
  /** The error of a step that has left something to reverse. */
  readonly failure?: CliError | undefined;
  /** A dry run has generated no password for the record that it has stored. */
  readonly isUnmade?: true | undefined;
  /** How often another run came first, or Azure did not answer. */
  readonly restarts: number;
  /** The Secret was created for the claim. */
  readonly isNew?: true | undefined;
  /** A dry run has not written its claim. */
  readonly isClaimed?: true | undefined;
  /** The Secret that the run has claimed. */
  readonly uid?: string | undefined;
  /** The credential was revoked. */
  readonly isRevoked?: true | undefined;
  /** The passwords that this run has ended. Azure may show them for a while. */
  readonly ended: readonly Shown[];
  /** The password that the claim notes has ended. */
  readonly isSettled?: true | undefined;
  /** The claim was written again since a write of the login without an answer, which the API server refuses from then on. */
  readonly isFenced?: true | undefined;
  /** The run has ended its claim. */
  readonly isDone?: true | undefined;
};

/** What a run has created and granted in Azure, for a login that is not stored yet. */
export type Granting = {
  /** Printed once the login is in the Secret: a run that fails reverses it. */
  readonly say: readonly Outcome[];
  /** What reverses it, the last one last. */
  readonly reversals: readonly Reversal[];
  /** The record of the source before. */
  readonly before: string;
  /** The account did not exist. */
  readonly isNew: boolean;
  /** The repositories that it may pull now. */
  readonly repositories: readonly string[] | undefined;
  readonly hasNewRight: boolean | undefined;
};

export type Knowledge = {
  /** Each with what it is about, such as the hash of a login. */
  readonly facts: { readonly [F in Fact]?: { readonly of: string; readonly value: Facts[F] } };
  /** The fact that the last request has read. */
  readonly last: Fact | undefined;
  readonly memory: Memory;
};

/** How often a run decides again because another one came first, or because Azure did not answer. */
export const mostRestarts = 10;

export const nothing: Knowledge = {
  facts: {},
  last: undefined,
  memory: { places: new Map(), ended: [], said: new Set(), waits: { for: "", count: 0, since: 0 }, restarts: 0 },
};

/** A row has asked for a fact that is not known yet. It ends the decision, so no row takes it for an absence. */
export class NotRead extends Error {
  readonly fact: Fact;
  readonly of: string;

  constructor(fact: Fact, of: string) {
    super(`${fact} is not known`);
    this.fact = fact;
    this.of = of;
  }
}

/** Returns a fact. @param of what the fact is about @throws NotRead */
export type Ask = <F extends Fact>(fact: F, of?: string) => Facts[F];

/** How long the run has waited for claims on Secrets of this namespace, in milliseconds, and how long it may wait for this one. */
export type ClaimPatience = { readonly waited: number; readonly claimWait: number };

/** The run that decides. */
export type Deciding = By & {
  /** The Secret is printed, and not written: there is nothing to claim. */
  readonly isPrinted: boolean;
};

export type Observed = {
  readonly ask: Ask;
  readonly memory: Memory;
  /** The fact that the last request has read: Azure has no preconditions, so some writes need it. */
  readonly last: Fact | undefined;
  readonly by: Deciding;
  readonly patience: ClaimPatience;
  /** The Secret; null if it does not exist, undefined if that is not known. */
  readonly secret: Secret | null | undefined;
  readonly record: Credential | undefined;
  readonly login: Login | undefined;
  readonly copies: Copies;
  readonly claim: Claim | undefined;
  readonly isHeld: boolean;
  /** How long the claim lasts, in milliseconds. */
  readonly left: number;
};

/** The lists that were parsed: one of ten thousand namespaces is as long as all of them. */
const parsed = new WeakMap<Secret, Copies>();

function copiesListed(secret: Secret | undefined): Copies {
  const copies = (secret && parsed.get(secret)) ?? copiesOf(secret);
  if (secret) parsed.set(secret, copies);
  return copies;
}

export function observe(known: Knowledge, by: Deciding, patience: ClaimPatience): Observed {
  const { facts, memory, last } = known;
  const source = facts.source?.value;
  const secret = source ?? undefined;
  const [claim, record] = [claimOf(secret), credentialOf(secret)];
  // A dry run has not written its claim
  const isHeld = by.isPrinted || (by.isDry ? memory.isClaimed === true : claim?.run === by.run);
  const login = record && !memory.isUnmade ? loginOf(secret, record.host) : undefined;
  const ask: Ask = (fact, of = "") => {
    const found = facts[fact];
    if (found?.of !== of) throw new NotRead(fact, of);
    return found.value;
  };
  return {
    ask,
    memory,
    last,
    by,
    patience,
    secret: source,
    record,
    login,
    copies: copiesListed(secret),
    claim,
    isHeld,
    left: leftOf(claim, by),
  };
}

/** How long the claim of a run lasts, in milliseconds. A dry run, and one that prints its Secret, have none that ends. */
export function leftOf(claim: Claim | undefined, { run, now, isDry, isPrinted }: Deciding): number {
  if (isDry || isPrinted) return claimLasts;
  return claim?.run === run ? Date.parse(claim.until) - now : 0;
}
