import type { AcrToken } from "../../azure/port.ts";
import { asLong } from "../../moment.ts";
import type { Change, Mint } from "../../plan/change.ts";
import type { Entry } from "../../secret/entry.ts";
import type { HeldLogin, Issue } from "../kind.ts";
import type { Reach } from "../repository-scope.ts";
import { slotOf, type TokenPlan } from "./plan.ts";

/** When a password made now dies, if the Secret's last one was to die at all: a lifetime that was asked for once is kept. */
export function sameLifetime(entry: Entry | undefined, token: AcrToken | undefined, now: Date): string | undefined {
  // Azure's own times: the note's may be anybody's
  const slot = token && slotOf(entry, token);
  const { creationTime = "", expiry = "" } = token?.passwords.find(({ name }) => name === slot) ?? {};
  return asLong(creationTime, expiry, now);
}

export type Standing = {
  readonly held: HeldLogin | undefined;
  readonly pulls: Issue["pulls"];
  /** Nobody but the Secret that is issued for can use the token. */
  readonly alone: boolean;
  readonly verify: boolean;
  readonly mayPull: readonly string[] | undefined;
  /** What there is to tell of a password that is kept. */
  readonly told: readonly (string | undefined)[];
};

/** The steps in their order: rights first, a password only once it is wanted, and no password without its proof. */
export function issueOf(
  { scope, token, mint, entry }: TokenPlan,
  reach: Reach,
  { held, pulls, alone, verify, mayPull, told: words }: Standing,
): Issue {
  const { host, repositories, images } = reach;
  const isNew = mint.act === "mint";
  const prove: Change = { act: "prove", to: { kind: "registry", name: host }, repositories, fresh: isNew };
  const told = words.flatMap((says): Change[] => (says === undefined ? [] : [{ act: "tell", to: mint.to, says }]));
  const proven = verify && (isNew || (scope.act !== "keep" && held?.login)) ? [prove] : [];
  const made = [scope, ...(token ? [token] : []), mint];
  const steps = [...made, ...(isNew && !alone ? confirmed(mint, proven) : proven), ...told];
  const common = { entry, pulls, mayPull, images };
  if (isNew) return { ...common, before: [], demand: steps, login: undefined };
  return { ...common, before: steps, demand: [], login: held?.login };
}

/** Looked at before the proof, which waits for a password that is refused, and right before it is written. */
export function confirmed({ to, slot }: Mint, proven: readonly Change[]): Change[] {
  const confirm: Change = { act: "confirm", to, slot };
  return [confirm, ...proven.flatMap((prove) => [prove, confirm])];
}
