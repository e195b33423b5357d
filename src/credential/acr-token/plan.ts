import type { AcrToken, AzureRegistry, Slot } from "../../azure/port.ts";
import { CliError } from "../../errors.ts";
import { type Fix, listEverywhere } from "../../fix.ts";
import type { Change, Keep, Make, Mint } from "../../plan/change.ts";
import type { Shown } from "../../plan/proof.ts";
import { dueOf } from "../../plan/rotation.ts";
import { isMadeBy } from "../../secret/claim.ts";
import type { Entry, Password, Previous } from "../../secret/entry.ts";
import type { Renewal } from "../kind.ts";
import { isSamePassword, keptEntry, planRetirement } from "../password-credential.ts";
import { planScope, type ScopeFacts } from "./scope-map.ts";

export type TokenFacts = ScopeFacts & {
  readonly registry: Pick<AzureRegistry, "name" | "loginServer">;
  /** Only the owner can use a token of this name. */
  readonly alone: boolean;
  /** RFC 3339, for a new password. */
  readonly expiresAt: string | undefined;
  readonly now: Date;
  readonly current: Entry | undefined;
  readonly pulls: "yes" | "no" | "unknown";
};

/**
 * Plans creating, updating or keeping the scope map, the token and the password. A password is generated only if the Secret has none that
 * works, and never in a slot that another user may have.
 * @throws CliError conflict
 */
export function planToken(facts: TokenFacts) {
  const { registry, name, token, current, expiresAt } = facts;
  refuseDisabled(token, registry);
  const scope = planScope(facts);
  const mint = planMint(facts);
  const created: Make[] = token ? [] : [{ act: "create", to: tokenRef(name), because: "it does not exist" }];
  const password = mint.act === "mint" ? { slot: mint.slot, expiresAt, previous: otherPassword(facts, mint.slot) } : keptEntry(current);
  const entry: Entry = { hosts: [registry.loginServer], kind: "acr-token", identity: name, ...password };
  return { scope, created, mint, entry };
}

/** @throws CliError conflict */
export function refuseDisabled(token: AcrToken | undefined, { name: registry }: Pick<AzureRegistry, "name">): void {
  if (token?.status !== "disabled") return;
  throw new CliError("conflict", `the ACR token "${token.name}" is disabled`, {
    hint: `az acr token update --registry ${registry} --name ${token.name} --status enabled`,
  });
}

const tokenRef = (name: string) => ({ kind: "token.azurecr.io", name }) as const;

function planMint(facts: TokenFacts): Mint | Keep {
  const { name, token, current, pulls, expiresAt } = facts;
  const to = tokenRef(name);
  if (!token) return { act: "mint", to, inNew: true, slot: "password1", expiresAt, because: "it does not exist" };
  const ours = currentPassword(current, token);
  if (ours && pulls !== "no") return { act: "keep", to, because: "its password is in the Secret" };
  const because = ours ? "the registry rejects the Secret's password" : "no Secret holds its password";
  return { act: "mint", to, inNew: false, slot: slotToUse(facts, token, ours), expiresAt, because };
}

/**
 * Returns the slot of the Secret's password, if no other user can have that password. Otherwise an empty slot. Otherwise, if only its owner
 * can use the token, the slot with the older password. The annotation may record a password of other users, whatever login the Secret
 * holds. That password works until Azure shows that it has expired.
 * @throws CliError conflict
 */
function slotToUse({ alone, now, registry }: TokenFacts, { name, passwords }: AcrToken, ours?: TokenPassword): Slot {
  if (ours && (alone || hasExpired(ours, now))) return ours.slot;
  const empty = slots.find((slot) => passwords.every((password) => password.slot !== slot));
  if (empty) return empty;
  const [older] = passwords.toSorted((a, b) => timeOf(a) - timeOf(b) || a.slot.localeCompare(b.slot));
  const { slot = "password1" } = older ?? {};
  if (alone) return slot;
  throw new CliError("conflict", `both passwords of the ACR token "${name}" may be in use`, {
    hint: { ...passwordDeletion(registry.name, name, slot), when: `if no Secret or exported copy uses the older one, ${slot}` },
  });
}

const passwordDeletion = (registry: string, name: string, slot: Slot) =>
  ({ do: "shell", argv: ["az", "acr", "token", "credential", "delete", "--registry", registry, "--name", name, `--${slot}`] }) as const;

const slots = ["password1", "password2"] as const;

type TokenPassword = AcrToken["passwords"][number];

const timeOf = ({ madeAt = "" }: Shown): number => Date.parse(madeAt) || 0;

const hasExpired = ({ expiresAt }: Shown, now: Date): boolean => expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime();

/**
 * Returns the password in the other slot of a token that only its owner can use. It was left by a run that was killed before it wrote the
 * Secret, or by a deleted Secret. It is recorded as the previous password, so that the next rotation or revocation deletes it. A password
 * that was generated later in the recorded slot belongs to another user.
 */
function otherPassword({ alone, token, current }: TokenFacts, used: string): Previous | undefined {
  const other = alone ? token?.passwords.find(({ slot }) => slot !== used) : undefined;
  if (!token || other?.madeAt === undefined) return undefined;
  const recorded = isEntryOf(current, token) ? current : undefined;
  if (recorded?.slot === other.slot && !isSamePassword(recorded, other)) return undefined;
  const { slot, madeAt } = other;
  const until = recorded?.previous && isSamePassword(recorded.previous, other) ? recorded.previous.until : undefined;
  return { slot, madeAt, until };
}

/** Returns the recorded password, if Azure shows it. The annotation alone proves nothing, because anyone in the namespace can write it. */
export const currentPassword = (current: Entry | undefined, token: AcrToken | undefined): TokenPassword | undefined =>
  token && isEntryOf(current, token) ? token.passwords.find((password) => isSamePassword(password, current)) : undefined;

const isEntryOf = (entry: Entry | undefined, token: AcrToken): entry is Entry =>
  entry?.kind === "acr-token" && entry.identity.toLowerCase() === token.name.toLowerCase();

type RenewalOptions = {
  readonly registry: Pick<AzureRegistry, "name" | "loginServer">;
  readonly current: Entry;
  readonly now: Date;
  /** RFC 3339. */
  readonly expiresAt: string | undefined;
  /** `create --export` has printed a password of the token, so a copy may hold a password that no Secret holds. */
  readonly isExported: boolean;
} & Pick<Renewal, "inUse" | "alone" | "blind" | "unknown" | "left">;

/**
 * Plans generating the token's other password. A slot is used only if no user can have its password, which is true in three cases:
 * - The slot is empty.
 * - Its password is from before the last rotation, and no Secret holds it.
 * - Only these Secrets can use the token, none of them holds the password, and no password was exported. The slot that an interrupted run has filled then comes
 *   first. For any other token, that slot doesn't count, because a tenant can write the annotation.
 * @throws CliError conflict
 */
export function planTokenRenewal(options: RenewalOptions, token: AcrToken): { readonly mint: Mint; readonly entry: Entry } {
  const { registry, current, expiresAt } = options;
  const { name } = token;
  const uses = slots.map((slot) => ({ slot, use: slotUseOf(slot, options, token) }));
  const [free] = order.flatMap((wanted) => uses.filter(({ use }) => use === wanted));
  if (!free) throw noFreeSlot(options, name, (wanted) => uses.find(({ use }) => use === wanted)?.slot);
  const { slot } = free;
  const left = leftIn(slot, options, token);
  const because = "it replaces the other password";
  const mint: Mint = { act: "mint", to: tokenRef(name), inNew: false, slot, left, expiresAt, because };
  const replaced = currentPassword(current, token);
  const previous = replaced && replaced.slot !== slot ? { slot: replaced.slot, madeAt: current.madeAt } : undefined;
  return { mint, entry: { hosts: [registry.loginServer], kind: "acr-token", identity: name, slot, expiresAt, previous } };
}

/** Returns when an interrupted run generated the password in a slot, according to the claims on Secrets that own the token. */
function leftIn(slot: Slot, { left, current, alone }: RenewalOptions, { passwords }: AcrToken): string | undefined {
  if (!alone) return undefined;
  const { madeAt } = passwords.find((password) => password.slot === slot) ?? {};
  return madeAt !== undefined && left.some((claim) => isMadeBy(claim, current.identity, { slot, madeAt })) ? madeAt : undefined;
}

/** The uses of a slot that can be overwritten, the preferred ones first. A token has at most one password of an interrupted run. */
const order = ["left", "previous", "empty", "ours"] as const;

type SlotUse = (typeof order)[number] | "in use" | "promised" | "strange";

function slotUseOf(slot: Slot, options: RenewalOptions, token: AcrToken): SlotUse {
  const { current, inUse, alone, blind, now, isExported } = options;
  const there = token.passwords.find((password) => password.slot === slot);
  if (!there) return "empty";
  if (inUse.some((password) => isSamePassword(password, there))) return "in use";
  if (blind) return "strange";
  const { previous } = current;
  if (previous && isSamePassword(previous, there)) return dueOf([previous], now).length > 0 ? "previous" : "promised";
  if (leftIn(slot, options, token) !== undefined) return "left";
  return alone && !isExported ? "ours" : "strange";
}

function noFreeSlot({ registry, current, unknown }: RenewalOptions, name: string, slotOf: (use: SlotUse) => Slot | undefined): CliError {
  const refuse = (problem: string, hint: string | Fix) => new CliError("conflict", problem, { hint });
  const promised = slotOf("promised");
  const strange = slotOf("strange");
  if (promised)
    return refuse(
      `${promised} of the ACR token "${name}" is in its grace period until ${current.previous?.until}, and a token can have only two passwords`,
      "retry after that time, and use a shorter --grace for the next rotation",
    );
  if (!strange) return refuse(`Secrets hold both passwords of the ACR token "${name}", and a token can have only two`, listEverywhere);
  if (unknown !== undefined) return refuse(`${strange} of the ACR token "${name}" may be in use`, unknown);
  const deletion = { ...passwordDeletion(registry.name, name, strange), when: "if no tool uses it" };
  return refuse(`no Secret records ${strange} of the ACR token "${name}", and another tool may use it`, deletion);
}

/** Plans deleting exactly these passwords, if Azure still shows them. */
export const planTokenRetirement = (token: AcrToken, passwords: readonly Password[], because?: string): Make[] =>
  planRetirement(tokenRef(token.name), shownOf(token, passwords), because);

export const shownOf = ({ passwords: all }: AcrToken, passwords: readonly Password[]): TokenPassword[] =>
  all.filter((password) => passwords.some((one) => isSamePassword(one, password)));

/**
 * Plans deleting a token that this plugin created if it has no other passwords. Otherwise plans deleting only these passwords. For a token
 * whose name is derived from the Secrets, an expired password doesn't count.
 * @param of why the token counts as created by this plugin: the description of its scope map, or its own name
 */
export function planTokenRevocation(
  token: AcrToken,
  of: { readonly scopeMap: { readonly actions: readonly string[] } | undefined; readonly own: boolean; readonly now: Date },
  passwords: readonly Password[],
): Change[] {
  const { scopeMap, own, now } = of;
  const { name } = token;
  const ended = token.passwords.filter((password) => own && hasExpired(password, now));
  const shown = shownOf(token, [...passwords, ...ended]).map(({ slot, madeAt }) => ({ slot, madeAt }));
  const because = "it is revoked";
  if (!(scopeMap || own) || shown.length < token.passwords.length) return planTokenRetirement(token, passwords, because);
  const to = { kind: "scopemap.azurecr.io", name } as const;
  return [
    { act: "delete", to: tokenRef(name), passwords: shown, because },
    ...(scopeMap ? [{ act: "delete", to, before: scopeMap.actions, because } as const] : []),
  ];
}
