import type { AcrToken, Slot } from "../../azure/port.ts";
import { CliError } from "../../errors.ts";
import { sameMoment } from "../../moment.ts";
import type { Keep, Make, Mint } from "../../plan/change.ts";
import type { Entry, Previous } from "../../secret/entry.ts";
import type { HeldLogin } from "../kind.ts";
import { planScope, type ScopeFound, type ScopeOptions } from "./scope-map.ts";

/** What is asked: the password of one ACR token. */
export type TokenOptions = ScopeOptions & {
  /** Nobody but the owner can use a token of this name. */
  readonly alone: boolean;
  /** RFC 3339, for a password that is made now. */
  readonly expiresAt: string | undefined;
  readonly now: Date;
  /** The password that the Secret notes may be made anew, whoever else may hold it: the token was named, with --force. */
  readonly insists?: boolean;
};

/** What stands in Azure, and what a Secret holds. */
export type TokenFound = ScopeFound & {
  readonly held: Entry | undefined;
  readonly pulls: "yes" | "no" | "unknown";
};

export type TokenPlan = {
  readonly scope: Make | Keep;
  readonly token: Make | Keep | undefined;
  readonly mint: Mint | Keep;
  readonly entry: Entry;
};

/**
 * Scope map, token, password: each is made, corrected, or kept. A password is only made where the Secret has none that works, and
 * never in a slot that somebody else may use.
 * @throws CliError conflict
 */
export function planToken(options: TokenOptions, found: TokenFound): TokenPlan {
  const { host, name, expiresAt } = options;
  refuseDisabled(found.token, host);
  const scope = planScope(options, found);
  const mint = planMint(options, found);
  const token = found.token ? undefined : made("token.azurecr.io", name, [scope.to.name]);
  const of = { hosts: [host], kind: "acr-token", identity: name };
  const before = mint.act === "mint" && otherPassword(options, found, mint.slot);
  const entry =
    mint.act === "mint"
      ? { ...of, slot: mint.slot, ...(expiresAt !== undefined && { expiresAt }), ...(before && { previous: before }) }
      : { ...of, ...keptNote(found.held) };
  return { scope, token, mint, entry };
}

/** @throws CliError conflict */
export function refuseDisabled(token: AcrToken | undefined, host: string): void {
  if (token?.status !== "disabled") return;
  throw new CliError("conflict", `the ACR token "${token.name}" is disabled`, {
    hint: `az acr token update --registry ${host.split(".")[0]} --name ${token.name} --status enabled`,
  });
}

/** What a kept password's note says of it; hosts and names are ours to say. */
export function keptNote(entry: Partial<Entry> = {}): Partial<Entry> {
  const { slot, madeAt, expiresAt, by, previous } = entry;
  return Object.fromEntries(Object.entries({ slot, madeAt, expiresAt, by, previous }).filter(([, value]) => value !== undefined));
}

const made = (kind: "token.azurecr.io", name: string, after: readonly string[]): Make => ({
  act: "create",
  to: { kind, name },
  after,
  because: "there is none",
});

function planMint(options: TokenOptions, found: TokenFound): Mint | Keep {
  const to = { kind: "token.azurecr.io", name: options.name } as const;
  const expires = options.expiresAt === undefined ? {} : { expiresAt: options.expiresAt };
  const { token, held, pulls } = found;
  if (!token) return { act: "mint", to, inNew: true, slot: "password1", ...expires, because: "there is none" };
  const ours = slotOf(held, token);
  if (ours && pulls !== "no") return { act: "keep", to, because: "its password is in the Secret" };
  const because = ours ? "the Secret's password is no longer taken" : "its password is in no Secret";
  // A note may be of a password that others hold, and the login beside it anything: theirs works until Azure says that it has ended
  const again = ours && (options.alone || options.insists || hasEnded(ours, token, options.now)) ? ours : undefined;
  return { act: "mint", to, inNew: false, slot: again ?? freeSlot(options, token, ours), ...expires, because };
}

function hasEnded(slot: Slot, { passwords }: AcrToken, now: Date): boolean {
  const { expiry } = passwords.find(({ name }) => name === slot) ?? {};
  return expiry !== undefined && Date.parse(expiry) <= now.getTime();
}

/**
 * What is in the other slot of a token that is its owner's alone: a run left it that was killed before it wrote the Secret, or a Secret
 * that was deleted. It is noted as the one before, so that the next rotation or revocation ends it, and until then it works for whoever
 * has a copy. Not one that was made since in the slot that the Secret notes: somebody else did that.
 */
function otherPassword({ alone }: TokenOptions, { token, held }: TokenFound, slot: string): Previous | undefined {
  const other = alone ? token?.passwords.find(({ name }) => name !== slot) : undefined;
  if (!token || other?.creationTime === undefined) return undefined;
  const { name, creationTime: madeAt } = other;
  if (isNoteOf(held, token) && held.slot === name && !sameMoment(madeAt, held.madeAt)) return undefined;
  const { previous } = isNoteOf(held, token) ? held : {};
  const until = previous?.slot === name && sameMoment(previous.madeAt, madeAt) ? previous.until : undefined;
  return { slot: name, madeAt, ...(until !== undefined && { until }) };
}

/** The token that a Secret notes, if it is the one that its login signs in as. */
export const notedToken = ({ entry, login }: HeldLogin): string | undefined =>
  entry?.kind === "acr-token" && login?.username === entry.identity ? entry.identity : undefined;

/** The slot that a Secret notes, as long as Azure shows that it is still as it was then: anybody can write a note. */
export function slotOf(held: Entry | undefined, token: AcrToken): Slot | undefined {
  if (!isNoteOf(held, token)) return undefined;
  return token.passwords.find(({ name, creationTime }) => name === held.slot && sameMoment(creationTime, held.madeAt))?.name;
}

const isNoteOf = (held: Entry | undefined, token: AcrToken): held is Entry =>
  held?.kind === "acr-token" && held.identity.toLowerCase() === token.name.toLowerCase();

/** An empty slot; else, if the token is its owner's alone, the older of the two. */
function freeSlot({ alone }: TokenOptions, token: AcrToken, noted: Slot | undefined): Slot {
  const made = (slot: Slot) => token.passwords.find((password) => password.name === slot);
  const slots = ["password1", "password2"] as const;
  const empty = slots.find((slot) => !made(slot));
  if (empty) return empty;
  if (alone) return (made("password1")?.creationTime ?? "") <= (made("password2")?.creationTime ?? "") ? "password1" : "password2";
  const hint = noted
    ? `add --force to make ${noted} anew, which the Secret notes: whoever else holds it is locked out`
    : "name another token with --acr-token, or leave it out and give each namespace its own (--credential-per=namespace)";
  const message = `both passwords of the ACR token "${token.name}" may be in use, and making one anew would lock its user out`;
  throw new CliError("conflict", message, { hint });
}
