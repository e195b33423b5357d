import { expect, test } from "vitest";
import { passwordsIn, revocableParts, revocablesOf } from "../../../src/plan/ownership.ts";
import type { Entry } from "../../../src/secret/entry.ts";

const at = (second: number) => `2026-01-01T00:00:0${second}Z`;
const of = (namespace: string) => ({ kind: "secret", namespace, name: "acr" }) as const;
const entryWith = (slot: string, second: number, more: Partial<Entry> = {}): Entry => ({
  hosts: ["r.azurecr.io"],
  kind: "acr-token",
  identity: "t",
  slot,
  madeAt: at(second),
  ...more,
});
const password = (slot: string, second: number) => ({ slot, madeAt: at(second) });

test("returns one credential with all passwords that several Secrets record", () => {
  const rotated = entryWith("password2", 2, { previous: password("password1", 1) });
  const other = entryWith("password1", 1, { hosts: ["other.azurecr.io"] });
  const found = revocablesOf([
    { to: of("a"), entries: [entryWith("password1", 1)] },
    { to: of("b"), entries: [rotated, other] },
  ]);
  expect(found.map(({ host, members }) => ({ host, passwords: passwordsIn(members), in: members.map(({ to }) => to.namespace) }))).toEqual([
    { host: "r.azurecr.io", passwords: [password("password1", 1), password("password2", 2)], in: ["a", "b"] },
    { host: "other.azurecr.io", passwords: [password("password1", 1)], in: ["b"] },
  ]);
});

const both = entryWith("password2", 2, { previous: password("password1", 1) });

test.for<{ why: string; others: Entry[]; passwords: object[]; whole: boolean; kept: number }>([
  { why: "no other Secret records it", others: [], passwords: [password("password2", 2), password("password1", 1)], whole: true, kept: 0 },
  {
    why: "other Secrets record another token",
    others: [entryWith("password2", 2, { identity: "another" }), entryWith("password2", 2, { kind: "service-principal" })],
    passwords: [password("password2", 2), password("password1", 1)],
    whole: true,
    kept: 0,
  },
  {
    why: "another Secret holds the newest password",
    others: [entryWith("password2", 2)],
    passwords: [password("password1", 1)],
    whole: false,
    kept: 1,
  },
  {
    why: "the same time in another format",
    others: [entryWith("password2", 2, { madeAt: "2026-01-01T01:00:02.000+01:00" })],
    passwords: [password("password1", 1)],
    whole: false,
    kept: 1,
  },
  {
    why: "a Secret that was not rotated holds the previous password",
    others: [entryWith("password1", 1)],
    passwords: [password("password2", 2)],
    whole: false,
    kept: 1,
  },
  { why: "a Secret that was rotated too records both", others: [both], passwords: [], whole: false, kept: 1 },
  {
    why: "another password in the same slot",
    others: [entryWith("password1", 5)],
    passwords: [password("password2", 2), password("password1", 1)],
    whole: false,
    kept: 0,
  },
])("returns the revocable parts of a credential: $why", ({ others, passwords, whole, kept }) => {
  const [credential] = revocablesOf([{ to: of("a"), entries: [both] }]);
  if (!credential) throw new Error("nothing is recorded");
  const going = revocableParts(
    credential,
    passwordsIn(credential.members),
    others.map((entry) => ({ to: of("z"), entry })),
  );
  expect(going).toEqual({ passwords, whole, keptBy: Array(kept).fill(of("z")) });
});
