import type { AcrToken, ScopeMap } from "../../src/azure/port.ts";
import type { TokenFacts } from "../../src/credential/acr-token/plan.ts";
import { pullActions } from "../../src/credential/acr-token/scope-map.ts";
import type { Entry } from "../../src/secret/entry.ts";

export const host = "myregistry.azurecr.io";
/** No object exists in Azure. */
export const nothing: TokenFacts = {
  registry: { name: "myregistry", loginServer: host },
  name: "demo-acr-1",
  alone: true,
  repositories: ["app/web"],
  expiresAt: undefined,
  now: new Date("2026-05-01T00:00:00Z"),
  token: undefined,
  scopeMap: undefined,
  current: undefined,
  pulls: "unknown",
};
export const map = (...repositories: string[]): ScopeMap => ({
  id: "/r/scopeMaps/demo-acr-1",
  name: "demo-acr-1",
  description: "",
  actions: pullActions(repositories),
});
export const token = (...passwords: AcrToken["passwords"]): AcrToken => ({
  name: "demo-acr-1",
  scopeMapId: "/r/scopeMaps/demo-acr-1",
  status: "enabled",
  passwords,
});
export const p1 = { slot: "password1", madeAt: "2026-01-01T00:00:00Z" } as const;
export const p2 = { slot: "password2", madeAt: "2026-02-01T00:00:00Z" } as const;

/** Returns the annotation entry of a slot's password. */
export const noted = ({ slot, madeAt }: typeof p1 | typeof p2, more: Partial<Entry> = {}): Entry => ({
  hosts: [host],
  kind: "acr-token",
  identity: "demo-acr-1",
  slot,
  madeAt,
  ...more,
});

/** The token has the password that the Secret records. */
export const right: TokenFacts = { ...nothing, token: token(p1), scopeMap: map("app/web"), current: noted(p1), pulls: "yes" };
