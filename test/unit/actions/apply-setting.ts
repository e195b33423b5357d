import { expect } from "vitest";
import type { Env } from "../../../src/actions/action.ts";
import { Claims } from "../../../src/actions/claims.ts";
import type { ChangeOutcome, DryRun, IssuedLogin } from "../../../src/actions/outcome.ts";
import type { Tools } from "../../../src/actions/tools.ts";
import { CliError } from "../../../src/errors.ts";
import type { Change } from "../../../src/plan/change.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";

const map = { kind: "scopemap.azurecr.io", name: "m" } as const;
export const token = { kind: "token.azurecr.io", name: "t" } as const;
export const secret = { kind: "secret", namespace: "demo", name: "acr" } as const;
export const account = (name: string) => ({ kind: "serviceaccount", namespace: "demo", name }) as const;

export const makeMap: Change = { act: "create", to: map, after: ["a"], because: "there is none" };
export const makeToken: Change = { act: "create", to: token, after: ["m"], because: "there is none" };
export const mint: Change = { act: "mint", to: token, slot: "password1", inNew: true, because: "there is none" };
const entry = { hosts: ["r.azurecr.io"], kind: "acr-token", identity: "t" };
export const store: Change = { act: "store", to: secret, entry, precondition: undefined, replaces: false, because: "there is none" };
export const login = { username: "t", password: new Sensitive("hunter2") };
export const no = () => new CliError("forbidden", "no");

/** Returns a change that leaves a ServiceAccount unchanged. */
export const keepOf = (name: string, needs?: string): Change => ({
  act: "keep",
  to: account(name),
  because: "",
  ...(needs && { needs: account(needs) }),
});

export type Hand = (change: Change) => Promise<object>;

/** Returns tools whose actions a test defines. An action that the test does not define is not part of the plan. */
export function bench({
  carry = async () => ({ login }),
  issued,
  dryRun = "none",
  halted = () => false,
}: {
  carry?: Hand;
  issued?: IssuedLogin;
  dryRun?: DryRun;
  halted?: () => boolean;
} = {}): Env & { readonly carried: string[]; readonly unhalted: () => number } {
  const carried: string[] = [];
  let unhalted = 0;
  const unused = () => expect.unreachable("no part of this plan");
  const tools: Tools = {
    cluster: unused,
    files: { create: unused, remove: unused },
    inform: unused,
    registry: unused,
    carry: async (change) => {
      carried.push(`${change.act} ${change.to.name}`);
      return carry(change);
    },
    removal: ({ to }) => ["remove", to.name],
    dryRun,
    write: { dryRun: dryRun === "server", fieldManager: "me" },
    force: false,
    merge: false,
    sleep: async () => {},
    now: () => new Date("2026-01-01T00:00:00Z"),
    chance: () => 0.5,
    runId: "this-run",
    waits: { claims: new Set(), milliseconds: 0 },
    during: (_, work) => work(),
    halted,
    unhalted: (work) => {
      unhalted++;
      return work();
    },
    width: () => 8,
  };
  return { tools, claims: new Claims(tools), issued, seen: new Map(), carried, unhalted: () => unhalted };
}

export const short = ({ change: { act, to }, error, left }: ChangeOutcome) =>
  `${act} ${to.name}${error ? " failed" : ""}${left ? ` left ${left}` : ""}`;
