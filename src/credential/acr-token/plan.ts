import type { AcrToken, AzureRegistry, Slot } from "../../azure/port.ts";
import { CliError } from "../../errors.ts";
import { listEverywhere } from "../../fix.ts";
import type { Change, Keep, Make, Mint } from "../../plan/change.ts";
import type { Shown } from "../../plan/proof.ts";
import { dueOf } from "../../plan/rotation.ts";
import { isMadeBy } from "../../secret/claim.ts";
import type { Entry, Password, Previous } from "../../secret/entry.ts";
import { isSameTime } from "../../timestamp.ts";
import type { RecordedLogin, Renewal } from "../kind.ts";
import { keptEntry, planRetirement } from "../password-credential.ts";
import { planScope, type ScopeFound, type ScopeOptions } from "./scope-map.ts";

export type TokenOptions = ScopeOptions & {
  /** Only the owner can use a token of this name. */
  readonly alone: boolean;
  /** RFC 3339, for a new password. */
  readonly expiresAt: string | undefined;
  readonly now: Date;
  /** Allows generating the recorded password again although other users may have it: the token was named, with --force. */
  readonly insists?: boolean;
};

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
 * Plans creating, updating or keeping the scope map, the token and the password. A password is generated only if the Secret has none that
 * works, and never in a slot that another user may have.
 * @throws CliError conflict
 */
export function planToken(options: TokenOptions, found: TokenFound): TokenPlan {
  const { host, name, expiresAt } = options;
  refuseDisabled(found.token, host);
  const scope = planScope(options, found);
  const mint = planMint(options, found);
  const to = tokenRef({ name });
  const token: Make | undefined = found.token ? undefined : { act: "create", to, after: [scope.to.name], because: "there is none" };
  const password =
    mint.act === "mint" ? { slot: mint.slot, expiresAt, previous: otherPassword(options, found, mint.slot) } : keptEntry(found.held);
  return { scope, token, mint, entry: { hosts: [host], kind: "acr-token", identity: name, ...password } };
}

/** @throws CliError conflict */
export function refuseDisabled(token: AcrToken | undefined, host: string): void {
  if (token?.status !== "disabled") return;
  throw new CliError("conflict", `the ACR token "${token.name}" is disabled`, {
    hint: `az acr token update --registry ${host.split(".")[0]} --name ${token.name} --status enabled`,
  });
}

/** Returns the reference of a token in plans. */
const tokenRef = ({ name }: Pick<AcrToken, "name">) => ({ kind: "token.azurecr.io", name }) as const;

/** Returns the passwords that Azure shows. */
export const tokenPasswords = (token: AcrToken | undefined): readonly Shown[] => token?.passwords ?? [];

function planMint(options: TokenOptions, found: TokenFound): Mint | Keep {
  const to = tokenRef(options);
  const { expiresAt } = options;
  const { token, held, pulls } = found;
  if (!token) return { act: "mint", to, inNew: true, slot: "password1", expiresAt, because: "there is none" };
  const ours = slotOf(held, token);
  if (ours && pulls !== "no") return { act: "keep", to, because: "its password is in the Secret" };
  const because = ours ? "the Secret's password is no longer taken" : "its password is in no Secret";
  // The annotation may record a password of other users, whatever login the Secret holds. That password works until Azure shows that it has
  // expired
  const again = ours && (options.alone || options.insists || hasEnded(ours, token, options.now)) ? ours : undefined;
  return { act: "mint", to, inNew: false, slot: again ?? emptySlot(options, token, ours), expiresAt, because };
}

function hasEnded(slot: Slot, { passwords }: AcrToken, now: Date): boolean {
  const { expiresAt } = passwords.find((one) => one.slot === slot) ?? {};
  return expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime();
}

/**
 * Returns the password in the other slot of a token that only its owner can use. It was left by a run that was killed before it wrote the
 * Secret, or by a deleted Secret. It is recorded as the previous password, so that the next rotation or revocation deletes it. A password
 * that was generated later in the recorded slot belongs to another user.
 */
function otherPassword({ alone }: TokenOptions, { token, held }: TokenFound, slot: string): Previous | undefined {
  const other = alone ? token?.passwords.find((one) => one.slot !== slot) : undefined;
  if (!token || other?.madeAt === undefined) return undefined;
  const { slot: left, madeAt } = other;
  if (isNoteOf(held, token) && held.slot === left && !isSameTime(madeAt, held.madeAt)) return undefined;
  const { previous } = isNoteOf(held, token) ? held : {};
  const until = previous?.slot === left && isSameTime(previous.madeAt, madeAt) ? previous.until : undefined;
  return { slot: left, madeAt, until };
}

/** Returns the token that the annotation records, if it is also the user name of the login. */
export const recordedToken = ({ entry, login }: RecordedLogin): string | undefined =>
  entry?.kind === "acr-token" && login?.username === entry.identity ? entry.identity : undefined;

/**
 * Returns the recorded slot, if Azure shows the same password in it. The annotation alone proves nothing, because anyone in the namespace
 * can write it.
 */
export function slotOf(held: Entry | undefined, token: AcrToken): Slot | undefined {
  if (!isNoteOf(held, token)) return undefined;
  return token.passwords.find(({ slot, madeAt }) => slot === held.slot && isSameTime(madeAt, held.madeAt))?.slot;
}

const isNoteOf = (held: Entry | undefined, token: AcrToken): held is Entry =>
  held?.kind === "acr-token" && held.identity.toLowerCase() === token.name.toLowerCase();

/** Returns an empty slot. Otherwise, if only its owner can use the token, returns the slot with the older password. */
function emptySlot({ alone }: TokenOptions, token: AcrToken, noted: Slot | undefined): Slot {
  const made = (slot: Slot) => token.passwords.find((password) => password.slot === slot);
  const empty = slots.find((slot) => !made(slot));
  if (empty) return empty;
  if (alone) return (made("password1")?.madeAt ?? "") <= (made("password2")?.madeAt ?? "") ? "password1" : "password2";
  const hint = noted
    ? `add --force to make ${noted} anew, which the Secret notes: whoever else holds it is locked out`
    : "name another token with --acr-token, or leave it out and give each namespace its own (--credential-per=namespace)";
  const message = `both passwords of the ACR token "${token.name}" may be in use, and making one anew would lock its user out`;
  throw new CliError("conflict", message, { hint });
}

export type RenewalOptions = {
  readonly registry: Pick<AzureRegistry, "name" | "loginServer">;
  readonly held: Entry;
  readonly now: Date;
  /** RFC 3339. */
  readonly expiresAt: string | undefined;
} & Pick<Renewal, "inUse" | "alone" | "blind" | "unknown" | "left">;

/**
 * Plans generating the token's other password. A slot is used only if no user can have its password, which is true in three cases:
 * - The slot is empty.
 * - Its password is from before the last rotation, and no Secret holds it.
 * - Only these Secrets can use the token, and none of them holds the password. The slot that an interrupted run has filled then comes
 *   first. For any other token, that slot doesn't count, because a tenant can write the annotation.
 * @throws CliError conflict
 */
export function planTokenRenewal(options: RenewalOptions, token: AcrToken): { readonly mint: Mint; readonly entry: Entry } {
  const { registry, held, expiresAt } = options;
  const { name } = token;
  const { slot, left } = freeSlot(options, token);
  const because = "it takes the place of the other password";
  const mint: Mint = { act: "mint", to: tokenRef(token), inNew: false, slot, left, expiresAt, because };
  const replaced = slotOf(held, token);
  const previous = replaced && replaced !== slot ? { slot: replaced, madeAt: held.madeAt } : undefined;
  return { mint, entry: { hosts: [registry.loginServer], kind: "acr-token", identity: name, slot, expiresAt, previous } };
}

type Free = { readonly slot: Slot /** When an interrupted run generated the password in it. */; readonly left?: string | undefined };

function freeSlot(options: RenewalOptions, token: AcrToken): Free {
  const uses = slots.map((slot) => ({ slot, use: slotUseOf(slot, options, token) }));
  const free = order.flatMap((wanted) => uses.filter(({ use }) => use === wanted));
  const [first] = free;
  if (first) return { slot: first.slot, left: leftIn(first.slot, options, token) };
  const promised = uses.find(({ use }) => use === "promised");
  if (promised) throw tooEarly(options, token, promised.slot);
  throw noRoom(options, token, uses.find(({ use }) => use === "strange")?.slot);
}

const slots = ["password1", "password2"] as const;

/** Returns when an interrupted run generated the password in a slot, according to the claims on Secrets that own the token. */
function leftIn(slot: Slot, { left, held, alone }: RenewalOptions, { passwords }: AcrToken): string | undefined {
  if (!alone) return undefined;
  const { madeAt } = passwords.find((one) => one.slot === slot) ?? {};
  return madeAt !== undefined && left.some((claim) => isMadeBy(claim, held.identity, { slot, madeAt })) ? madeAt : undefined;
}

/** The uses of a slot that can be overwritten, the preferred ones first. A token has at most one password of an interrupted run. */
const order = ["left", "previous", "empty", "ours"] as const;

type SlotUse = (typeof order)[number] | "in use" | "promised" | "strange";

function slotUseOf(slot: Slot, options: RenewalOptions, token: AcrToken): SlotUse {
  const { held, inUse, alone, blind, now } = options;
  const there = token.passwords.find((one) => one.slot === slot);
  if (!there) return "empty";
  const isIt = (password: Password) => password.slot === slot && isSameTime(password.madeAt, there.madeAt);
  if (inUse.some(isIt)) return "in use";
  if (blind) return "strange";
  const { previous } = held;
  if (previous && isIt(previous)) return dueOf([previous], now).length > 0 ? "previous" : "promised";
  if (leftIn(slot, options, token) !== undefined) return "left";
  return alone ? "ours" : "strange";
}

const tooEarly = ({ held }: RenewalOptions, { name }: AcrToken, slot: Slot) =>
  new CliError("conflict", `${slot} of the ACR token "${name}" is kept until ${held.previous?.until}, and a token has two passwords`, {
    hint: "run it again then, or rotate with a shorter --grace the next time",
  });

function noRoom({ registry, unknown }: RenewalOptions, { name }: AcrToken, strange: Slot | undefined): CliError {
  if (strange !== undefined && unknown !== undefined)
    return new CliError("conflict", `${strange} of the ACR token "${name}" may be in use`, { hint: unknown });
  if (strange === undefined)
    return new CliError("conflict", `Secrets hold both passwords of the ACR token "${name}", so there is room for no other`, {
      hint: listEverywhere,
    });
  return new CliError("conflict", `${strange} of the ACR token "${name}" is noted by no Secret, and somebody else may use it`, {
    hint: {
      do: "shell",
      argv: ["az", "acr", "token", "credential", "delete", "--registry", registry.name, "--name", name, `--${strange}`],
      when: "if no other tool uses it",
    },
  });
}

/** Plans deleting exactly these passwords, if Azure still shows them. */
export const planTokenRetirement = (token: AcrToken, passwords: readonly Password[], because?: string): Make[] =>
  planRetirement(tokenRef(token), shownOf(token, passwords), because);

/** Returns those of these passwords that Azure still shows. */
export const shownOf = ({ passwords: all }: AcrToken, passwords: readonly Password[]): Required<Password>[] =>
  all.flatMap(({ slot, madeAt }) =>
    madeAt !== undefined && passwords.some((one) => one.slot === slot && isSameTime(one.madeAt, madeAt)) ? [{ slot, madeAt }] : [],
  );

/** Why a token counts as created by this plugin: because of the description of its scope map, or because of its own name. */
type MadeOf = { readonly scopeMap: { readonly actions: readonly string[] } | undefined; readonly own: boolean };

/**
 * Plans deleting a token that this plugin created if it has no other passwords. Otherwise plans deleting only these passwords. For a token
 * whose name is derived from the Secrets, an expired password doesn't count.
 */
export function planTokenRevocation(
  token: AcrToken,
  { scopeMap, own, now }: MadeOf & { readonly now: Date },
  passwords: readonly Password[],
): Change[] {
  const { name } = token;
  const ended = token.passwords.filter(({ expiresAt }) => own && expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime());
  const shown = shownOf(token, [...passwords, ...ended]);
  const because = "it is revoked";
  if (!(scopeMap || own) || shown.length < token.passwords.length) return planTokenRetirement(token, passwords, because);
  const to = { kind: "scopemap.azurecr.io", name } as const;
  return [
    { act: "delete", to: tokenRef(token), passwords: shown, because },
    ...(scopeMap ? [{ act: "delete", to, before: scopeMap.actions, because } as const] : []),
  ];
}
