import type { AcrToken, Named, ScopeMap, Slot } from "../context.ts";
import { CliError } from "../errors.ts";
import type { Provenance } from "../secret/provenance.ts";
import type { Keep, Mint, Plan, Scope } from "./change.ts";
import { type Held, planStore, refuseForeign } from "./store.ts";

/** What is asked: one Secret with the password of one ACR token. */
export type TokenRequest = {
  readonly secret: Named;
  /** The login server. */
  readonly registry: string;
  /** Names the token and its scope map. */
  readonly token: string;
  /** Nobody but this Secret can use a token whose name was derived from it. */
  readonly derived: boolean;
  readonly repositories: readonly string[];
  /** RFC 3339, for a password that is minted now. */
  readonly expiresAt?: string;
  readonly force: boolean;
};

/** What stands in the cluster and in Azure. */
export type TokenObserved = { readonly held?: Held; readonly token?: AcrToken; readonly scopeMap?: ScopeMap };

/**
 * Scope map, token, password, Secret: each is made, corrected, or kept.
 * A password is only minted where the Secret has none that works, and never in a slot that somebody else may use.
 */
export function planAcrToken(request: TokenRequest, { held, token, scopeMap }: TokenObserved): Plan {
  const registry = request.registry;
  if (held && !request.force) refuseForeign(request.secret, { registry, credential: "acr-token", identity: request.token }, held);
  if (token?.status === "disabled") {
    throw new CliError("conflict", `the ACR token "${token.name}" is disabled`, {
      hint: `az acr token update --registry ${registry.split(".")[0]} --name ${token.name} --status enabled`,
    });
  }
  const mint = planMint(request, held, token);
  const kept = mint.act === "keep" ? held?.provenance : undefined;
  const expiresAt = mint.act === "mint" ? mint.expiresAt : kept?.expiresAt;
  const slot = mint.act === "mint" ? mint.slot : kept?.slot;
  const provenance: Provenance = {
    registry,
    credential: "acr-token",
    identity: request.token,
    ...(slot && { slot }),
    ...(expiresAt && { expiresAt }),
  };
  const options = { fresh: mint.act === "mint", force: request.force };
  return [planScope(request, token, scopeMap), mint, planStore(request.secret, provenance, held, options)];
}

/**
 * What to tell of a password that is kept although it lasts longer than was asked for. It is not made anew: whoever runs a
 * command again with the same flags would get a new one each time.
 */
export function keptTooLong({ secret, expiresAt }: TokenRequest, held: Held | undefined, plan: Plan): string | undefined {
  const until = held?.provenance?.expiresAt;
  if (!expiresAt || plan.some(({ act }) => act === "mint") || (until && until <= expiresAt)) return undefined;
  const now = until ? `works until ${until}` : "never expires";
  return `secret/${secret.name} keeps its password, which ${now}: --expires-in is for a new one, which it gets if you delete it first`;
}

/** Pull needs content/read; listing tags, by which a credential is proven, needs metadata/read. */
export function pullActions(repositories: readonly string[]): string[] {
  return repositories.flatMap((name) => [`repositories/${name}/content/read`, `repositories/${name}/metadata/read`]);
}

/** The repositories that a scope map lets pull. */
export function pulledRepositories(scopeMap: ScopeMap): string[] {
  return scopeMap.actions.flatMap((action) => /^repositories\/(.+)\/content\/read$/.exec(action)?.[1] ?? []);
}

function planScope({ token: name, repositories }: TokenRequest, token: AcrToken | undefined, scopeMap: ScopeMap | undefined): Scope | Keep {
  const to = { kind: "scopemap.azurecr.io", name } as const;
  const actions = pullActions(repositories).sort();
  if (token && token.scopeMapId.split("/").at(-1)?.toLowerCase() !== name.toLowerCase()) {
    const used = token.scopeMapId.split("/").at(-1) ?? "";
    return { act: "keep", to: { ...to, name: used }, because: "the token has this scope map already" };
  }
  if (!scopeMap) return { act: "scope", to, before: undefined, actions, because: "there is none" };
  if (String([...scopeMap.actions].sort()) === String(actions)) return { act: "keep", to, because: "allows just this" };
  return { act: "scope", to, before: scopeMap.actions, actions, because: "allows something else" };
}

function planMint(request: TokenRequest, held: Held | undefined, token: AcrToken | undefined): Mint | Keep {
  const to = { kind: "token.azurecr.io", name: request.token } as const;
  const expires = request.expiresAt ? { expiresAt: request.expiresAt } : {};
  if (!token) return { act: "mint", to, isNew: true, slot: "password1", ...expires, because: "there is none" };
  const ours = held?.provenance?.credential === "acr-token" && held.provenance.identity === token.name ? held.provenance.slot : undefined;
  const stands = ours && token.passwords.some((password) => password.name === ours);
  if (stands && held?.credential !== "dead") return { act: "keep", to, because: "its password is in the Secret" };
  const because = ours ? "the Secret's password is no longer taken" : "its password is in no Secret";
  return { act: "mint", to, isNew: false, slot: ours ?? freeSlot(request, token), ...expires, because };
}

/** An empty slot; else, if the token is this Secret's alone, the older of the two. */
function freeSlot({ derived }: TokenRequest, token: AcrToken): Slot {
  const made = (slot: Slot) => token.passwords.find((password) => password.name === slot);
  const slots = ["password1", "password2"] as const;
  const empty = slots.find((slot) => !made(slot));
  if (empty) return empty;
  if (derived) return (made("password1")?.creationTime ?? "") <= (made("password2")?.creationTime ?? "") ? "password1" : "password2";
  throw new CliError(
    "conflict",
    `both passwords of the ACR token "${token.name}" may be in use, and making one anew would lock its user out`,
    {
      hint: "name a token of your own with --acr-token, or leave the flag out",
    },
  );
}
