import type { ChangeOutcome } from "../../../src/actions/outcome.ts";
import { CliError } from "../../../src/errors.ts";
import type { Change } from "../../../src/plan/change.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { envOf } from "../../support/fakes/env.ts";
import { fakeWorld } from "../../support/fakes/world.ts";

const map = { kind: "scopemap.azurecr.io", name: "m" } as const;
export const token = { kind: "token.azurecr.io", name: "t" } as const;
export const secret = { kind: "secret", namespace: "demo", name: "acr" } as const;
export const account = (name: string) => ({ kind: "serviceaccount", namespace: "demo", name }) as const;

export const makeMap: Change = { act: "create", to: map, after: ["a"], because: "it does not exist" };
export const makeToken: Change = { act: "create", to: token, after: ["m"], because: "it does not exist" };
export const mint: Change = { act: "mint", to: token, slot: "password1", inNew: true, because: "it does not exist" };
const entry = { hosts: ["r.azurecr.io"], kind: "acr-token", identity: "t" };
export const store: Change = { act: "store", to: secret, entry, precondition: undefined, because: "it does not exist" };
export const login = { username: "t", password: new Sensitive("hunter2") };
export const no = () => new CliError("forbidden", "no");

/** Returns a change that leaves a ServiceAccount unchanged. */
export const keepOf = (name: string, needs?: string): Change => ({
  act: "keep",
  to: account(name),
  because: "",
  ...(needs && { needs: account(needs) }),
});

/** Returns tools for changes in Azure, which a test defines. */
export const env = (more: Parameters<typeof envOf>[1] = {}) => envOf(fakeWorld(), { apply: async () => ({ login }), ...more });

export const short = ({ change: { act, to }, error, left }: ChangeOutcome) =>
  `${act} ${to.name}${error ? " failed" : ""}${left ? ` left ${left}` : ""}`;
