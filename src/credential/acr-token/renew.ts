import type { AcrToken, AzureRegistry, Slot } from "../../azure/port.ts";
import { CliError } from "../../errors.ts";
import { listEverywhere } from "../../fix.ts";
import { sameMoment } from "../../moment.ts";
import type { Change, Make, Mint } from "../../plan/change.ts";
import { dueOf } from "../../plan/rotation.ts";
import { isMadeBy } from "../../secret/claim.ts";
import type { Entry, Password } from "../../secret/entry.ts";
import type { Renewal } from "../kind.ts";
import { slotOf } from "./plan.ts";

/** Another password of a token: what makes it, and what is noted of it. */
export type TokenRenewal = { readonly mint: Mint; readonly entry: Entry };

export type RenewalOptions = {
  readonly registry: Pick<AzureRegistry, "name" | "loginServer">;
  readonly held: Entry;
  readonly now: Date;
  /** RFC 3339. */
  readonly expiresAt: string | undefined;
} & Pick<Renewal, "inUse" | "alone" | "blind" | "unknown" | "left">;

/**
 * Makes the token's other password. A slot is only written over where nobody can be using it: it is empty; or it has the password from
 * before the last rotation, which no Secret holds any more; or the token is these Secrets' own, and no Secret holds what is in it. Of such
 * a token the slot that an interrupted run has filled comes first. Of any other token nobody takes that from an annotation, which a tenant
 * can write.
 * @throws CliError conflict
 */
export function planTokenRenewal(options: RenewalOptions, token: AcrToken): TokenRenewal {
  const { registry, held, expiresAt } = options;
  const { name } = token;
  const { slot, left } = freeSlot(options, token);
  const expires = expiresAt === undefined ? {} : { expiresAt };
  const mint: Mint = {
    act: "mint",
    to: { kind: "token.azurecr.io", name },
    inNew: false,
    slot,
    ...(left !== undefined && { left }),
    ...expires,
    because: "it takes the place of the other password",
  };
  const replaced = slotOf(held, token);
  const previous = replaced && replaced !== slot && { slot: replaced, ...(held.madeAt !== undefined && { madeAt: held.madeAt }) };
  return {
    mint,
    entry: { hosts: [registry.loginServer], kind: "acr-token", identity: name, slot, ...expires, ...(previous && { previous }) },
  };
}

type Free = { readonly slot: Slot /** When the password was made that a run has left in it. */; readonly left?: string | undefined };

function freeSlot(options: RenewalOptions, token: AcrToken): Free {
  const standings = slots.map((slot) => ({ slot, standing: preconditionOf(slot, options, token) }));
  const free = order.flatMap((wanted) => standings.filter(({ standing }) => standing === wanted));
  const [first] = free;
  if (first) return { slot: first.slot, left: leftIn(first.slot, options, token) };
  const promised = standings.find(({ standing }) => standing === "promised");
  if (promised) throw tooEarly(options, token, promised.slot);
  throw noRoom(options, token, standings.find(({ standing }) => standing === "strange")?.slot);
}

const slots = ["password1", "password2"] as const;

/** When the password was made in a slot that a run has left there, by the annotations of Secrets whose own token it is. */
function leftIn(slot: Slot, { left, held, alone }: RenewalOptions, { passwords }: AcrToken): string | undefined {
  if (!alone) return undefined;
  const { creationTime: madeAt } = passwords.find(({ name }) => name === slot) ?? {};
  return madeAt !== undefined && left.some((claim) => isMadeBy(claim, held.identity, { slot, madeAt })) ? madeAt : undefined;
}

/** What may be written over, the best first: as long as one is left over, there is to be no other. */
const order = ["left", "previous", "empty", "ours"] as const;

type SlotStanding = (typeof order)[number] | "in use" | "promised" | "strange";

function preconditionOf(slot: Slot, options: RenewalOptions, token: AcrToken): SlotStanding {
  const { held, inUse, alone, blind, now } = options;
  const there = token.passwords.find(({ name }) => name === slot);
  if (!there) return "empty";
  const isIt = (password: Password) => password.slot === slot && sameMoment(password.madeAt, there.creationTime);
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

/** Takes away exactly these passwords of a token, as far as Azure still shows them. */
export const planTokenRetirement = (token: AcrToken, passwords: readonly Password[]): Make[] =>
  shownOf(token, passwords).map(({ slot, madeAt }) => ({
    act: "delete",
    to: { kind: "token.azurecr.io", name: token.name },
    slot,
    madeAt,
    because: "another has taken its place",
  }));

/** These passwords, as far as they are the token's. */
export const shownOf = ({ passwords: all }: AcrToken, passwords: readonly Password[]): Required<Password>[] =>
  all.flatMap(({ name: slot, creationTime: madeAt }) =>
    madeAt !== undefined && passwords.some((one) => one.slot === slot && sameMoment(one.madeAt, madeAt)) ? [{ slot, madeAt }] : [],
  );

/** What of a token this plugin has made: its scope map, by which the token is too; or the token alone, by its name. */
export type MadeOf = { readonly scopeMap: { readonly actions: readonly string[] } | undefined; readonly own: boolean };

/**
 * A token that this plugin made, and that nobody else uses: with these passwords it goes, and else these passwords alone. In a
 * token of their own name, an expired password is in no use.
 */
export function planTokenRevocation(
  token: AcrToken,
  { scopeMap, own, now }: MadeOf & { readonly now: Date },
  passwords: readonly Password[],
): Change[] {
  const { name } = token;
  const ended = token.passwords.filter(({ expiry }) => own && expiry !== undefined && Date.parse(expiry) <= now.getTime());
  const shown = shownOf(token, [...passwords, ...ended.map(({ name: slot, creationTime: madeAt = "" }) => ({ slot, madeAt }))]);
  const because = "it is revoked";
  if (!(scopeMap || own) || shown.length < token.passwords.length)
    return planTokenRetirement(token, passwords).map((change) => ({ ...change, because }));
  const to = { kind: "scopemap.azurecr.io", name } as const;
  return [
    { act: "delete", to: { kind: "token.azurecr.io", name }, passwords: shown, because },
    ...(scopeMap ? [{ act: "delete", to, before: scopeMap.actions, because } as const] : []),
  ];
}
