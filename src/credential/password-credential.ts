import type { TokenPlan } from "./acr-token/plan.ts";

/** What to tell of a password that is kept although it lasts longer than was asked for. */
export function keptTooLong(
  secret: string,
  expiresAt: string | undefined,
  { mint, entry }: Pick<TokenPlan, "mint" | "entry">,
): string | undefined {
  const until = entry.expiresAt;
  if (!expiresAt || mint.act === "mint" || (until !== undefined && until <= expiresAt)) return undefined;
  const now = until === undefined ? "never expires" : `works until ${until}`;
  return `secret/${secret} keeps its password, which ${now}: --expires-in is for a new one, which it gets if you delete it first`;
}

/** What to tell of a password that is kept although nobody could be asked whether it still pulls. */
export const keptUntried = (secret: string, unasked: string | undefined, { mint }: Pick<TokenPlan, "mint">): string | undefined =>
  unasked === undefined || mint.act === "mint" ? undefined : `secret/${secret} keeps its password, which was not tried: ${unasked}`;

/** What to tell of a token that is noted, and whose password is dead: none is made in it unless it is named, since anybody can write a note. */
export const tokenLeft = (secret: string, { name, left }: { readonly name: string; readonly left?: string }): string | undefined =>
  left === undefined
    ? undefined
    : `secret/${secret} notes a dead password of the ACR token "${left}", so it gets one of "${name}": --acr-token ${left} keeps it there, if that token is meant for it`;
