import { expect, test } from "vitest";
import type { AcrToken } from "../../../../src/azure/port.ts";
import { planTokenRenewal, planTokenRetirement, planTokenRevocation } from "../../../../src/credential/acr-token/plan.ts";
import { CliError } from "../../../../src/errors.ts";
import { listEverywhere } from "../../../../src/fix.ts";
import type { Entry } from "../../../../src/secret/entry.ts";

/** The creation time of the password with a number, as Secrets record it and as Azure writes it. */
const at = (day: number) => `2026-01-0${day}T00:00:00Z`;
const inAzure = (day: number) => `2026-01-0${day}T00:00:00.0000000+00:00`;

/** `1,2`: the days on which the passwords of both slots were created. `-` is an empty slot. */
function tokenOf(slots: string): AcrToken {
  const passwords = slots.split(",").flatMap((day, index) => {
    const name = index === 0 ? ("password1" as const) : ("password2" as const);
    return day === "-" ? [] : [{ slot: name, madeAt: inAzure(Number(day)) }];
  });
  return { name: "ci-pull", scopeMapId: "/scopeMaps/ci-pull", status: "enabled", passwords };
}

const password = (slot: 1 | 2, day: number) => ({ slot: `password${slot}`, madeAt: at(day) });

/** The claim of a run that crashed after it had created password2 on that day. */
const claimed = (day: number, identity = "ci-pull") => ({
  by: "a crashed run",
  until: new Date(Date.parse(at(day)) + 20_000).toISOString(),
  makes: { identity, slot: "password2" },
});

type RenewalOptions = Parameters<typeof planTokenRenewal>[0];
type Wanted = Partial<Omit<RenewalOptions, "current">> & { readonly held?: Partial<Entry> };

const options = ({ held, ...more }: Wanted = {}): RenewalOptions => ({
  registry: { name: "myregistry", loginServer: "myregistry.azurecr.io" },
  current: { hosts: ["myregistry.azurecr.io"], kind: "acr-token", identity: "ci-pull", ...password(1, 1), ...held },
  inUse: [password(1, 1)],
  alone: false,
  blind: false,
  left: [],
  isExported: false,
  now: new Date(at(5)),
  expiresAt: undefined,
  ...more,
});

const full = 'Secrets hold both passwords of the ACR token "ci-pull", and a token can have only two';
const strange = (slot: string) => `no Secret records ${slot} of the ACR token "ci-pull", and another tool may use it`;

test.for<{ why: string; options?: Wanted; slots: string; is: string }>([
  { why: "the other slot is empty", slots: "1,-", is: "password2" },
  { why: "the other slot is empty and some Secrets cannot be read", options: { blind: true }, slots: "1,-", is: "password2" },
  {
    why: "the other slot has the previous password",
    options: { held: { ...password(2, 2), previous: password(1, 1) }, inUse: [password(2, 2)] },
    slots: "1,2",
    is: "password1",
  },
  {
    why: "an unreadable Secret may hold the previous password",
    options: { held: { ...password(2, 2), previous: password(1, 1) }, inUse: [password(2, 2)], blind: true },
    slots: "1,2",
    is: strange("password1"),
  },
  {
    why: "a Secret still holds the previous password",
    options: { held: { ...password(2, 2), previous: password(1, 1) }, inUse: [password(2, 2), password(1, 1)] },
    slots: "1,2",
    is: full,
  },
  {
    why: "another user regenerated the previous password",
    options: { held: { ...password(2, 2), previous: password(1, 1) }, inUse: [password(2, 2)] },
    slots: "3,2",
    is: strange("password1"),
  },
  {
    why: "another user regenerated the previous password of an own token",
    options: { held: { ...password(2, 2), previous: password(1, 1) }, inUse: [password(2, 2)], alone: true },
    slots: "3,2",
    is: "password1",
  },
  {
    why: "the previous password is in its grace period",
    options: { held: { ...password(2, 2), previous: { ...password(1, 1), until: at(6) } }, inUse: [password(2, 2)], alone: true },
    slots: "1,2",
    is: `password1 of the ACR token "ci-pull" is in its grace period until ${at(6)}, and a token can have only two passwords`,
  },
  {
    why: "the grace period of the previous password is over",
    options: { held: { ...password(2, 2), previous: { ...password(1, 1), until: at(5) } }, inUse: [password(2, 2)] },
    slots: "1,2",
    is: "password1",
  },
  { why: "both passwords are in use", options: { inUse: [password(1, 1), password(2, 2)] }, slots: "1,2", is: full },
  {
    why: "both passwords of an own token are in use",
    options: { inUse: [password(1, 1), password(2, 2)], alone: true },
    slots: "1,2",
    is: full,
  },
  { why: "no Secret records the other password", slots: "1,2", is: strange("password2") },
  { why: "no Secret records the other password of an own token", options: { alone: true }, slots: "1,2", is: "password2" },
  {
    why: "an unreadable Secret may hold a password of an own token",
    options: { alone: true, blind: true },
    slots: "1,2",
    is: strange("password2"),
  },
  { why: "the token has no passwords", slots: "-,-", is: "password1" },
  { why: "the held password was deleted and another user has the other", slots: "-,2", is: "password1" },
  {
    why: "an interrupted run left the other password",
    options: { left: [claimed(2)], alone: true },
    slots: "1,2",
    is: "password2",
  },
  { why: "a claim names the password of a shared token", options: { left: [claimed(2)] }, slots: "1,2", is: strange("password2") },
  {
    why: "an interrupted run left it and some Secrets cannot be read",
    options: { left: [claimed(2)], alone: true, blind: true },
    slots: "1,2",
    is: strange("password2"),
  },
  {
    why: "another user regenerated the password of an interrupted run",
    options: { left: [claimed(2)] },
    slots: "1,3",
    is: strange("password2"),
  },
  { why: "a claim names the slot of another token", options: { left: [claimed(2, "other")] }, slots: "1,2", is: strange("password2") },
  {
    why: "no Secret holds a password and an interrupted run left one",
    options: { left: [claimed(2)], alone: true, inUse: [] },
    slots: "-,2",
    is: "password2",
  },
  { why: "no Secret records either password", options: { inUse: [] }, slots: "1,2", is: strange("password1") },
])("selects the slot of the new password when $why", ({ options: more = {}, slots, is }) => {
  const slot = () => planTokenRenewal(options(more), tokenOf(slots)).mint.slot;
  if (is.startsWith("password") && !is.includes(" ")) expect(slot()).toBe(is);
  else expect(slot).toThrow(is);
});

test("plans the creation time of the password that an interrupted run left", () => {
  const { mint } = planTokenRenewal(options({ left: [claimed(2)], alone: true }), tokenOf("1,2"));
  expect(mint).toMatchObject({ slot: "password2", left: inAzure(2) });
  expect(planTokenRenewal(options(), tokenOf("1,-")).mint.left).toBeUndefined();
});

test("prints the command that frees a slot when both are in use", () => {
  const hintOf = (more: Wanted, slots: string) => {
    try {
      planTokenRenewal(options(more), tokenOf(slots));
      return undefined;
    } catch (error) {
      return error instanceof CliError ? error.hint : error;
    }
  };
  expect(hintOf({}, "1,2")).toEqual({
    do: "shell",
    argv: ["az", "acr", "token", "credential", "delete", "--registry", "myregistry", "--name", "ci-pull", "--password2"],
    when: "if no tool uses it",
  });
  expect(hintOf({ inUse: [password(1, 1), password(2, 2)] }, "1,2")).toEqual(listEverywhere);
});

test("records the expiry and the previous password with the new one", () => {
  const expiresAt = at(9);
  expect(planTokenRenewal(options({ expiresAt }), tokenOf("1,-"))).toEqual({
    mint: {
      act: "mint",
      to: { kind: "token.azurecr.io", name: "ci-pull" },
      inNew: false,
      slot: "password2",
      expiresAt,
      because: "it replaces the other password",
    },
    entry: {
      hosts: ["myregistry.azurecr.io"],
      kind: "acr-token",
      identity: "ci-pull",
      slot: "password2",
      expiresAt,
      previous: password(1, 1),
    },
  });
});

test.for<{ why: string; held: Partial<Entry>; slots: string }>([
  { why: "the password is regenerated in the same slot", held: password(1, 1), slots: "-,2" },
  { why: "Azure shows another password in its slot", held: password(1, 1), slots: "3,-" },
  { why: "the annotation has no creation time", held: { madeAt: undefined as never }, slots: "1,-" },
])("records no previous password when $why", ({ held, slots }) => {
  expect(planTokenRenewal(options({ held, inUse: [] }), tokenOf(slots)).entry.previous).toBeUndefined();
});

test.for<{ slots: string; passwords: ReturnType<typeof password>[]; deleted: string[] }>([
  { slots: "1,2", passwords: [password(1, 1)], deleted: ["password1"] },
  { slots: "1,2", passwords: [password(1, 1), password(2, 2)], deleted: ["password1", "password2"] },
  { slots: "3,2", passwords: [password(1, 1)], deleted: [] },
  { slots: "-,2", passwords: [password(1, 1)], deleted: [] },
  { slots: "1,2", passwords: [{ slot: "password1", madeAt: undefined as never }], deleted: [] },
  { slots: "1,2", passwords: [{ slot: "password1", madeAt: "some day" }], deleted: [] },
  { slots: "1,1", passwords: [password(2, 1)], deleted: ["password2"] },
  { slots: "1,2", passwords: [], deleted: [] },
])("retires exactly $deleted of a token with $slots", ({ slots, passwords, deleted }) => {
  const plan = planTokenRetirement(tokenOf(slots), passwords);
  expect(plan.map(({ slot }) => slot)).toEqual(deleted);
  for (const change of plan)
    expect(change).toMatchObject({ act: "delete", to: { kind: "token.azurecr.io", name: "ci-pull" }, madeAt: expect.any(String) });
});

test.for<{ why: string; slots: string; map: boolean; own?: true; passwords: ReturnType<typeof password>[]; is: string[] }>([
  { why: "it has no other passwords", slots: "1,2", map: true, passwords: [password(1, 1), password(2, 2)], is: ["token", "scopemap"] },
  { why: "another user has one password", slots: "1,2", map: true, passwords: [password(1, 1)], is: ["token password1"] },
  { why: "its scope map has other users", slots: "1,-", map: false, passwords: [password(1, 1)], is: ["token password1"] },
  {
    why: "the password was deleted and there is no other",
    slots: "-,-",
    map: true,
    passwords: [password(1, 1)],
    is: ["token", "scopemap"],
  },
  {
    why: "its scope map has other users and its name is derived from these Secrets",
    slots: "1,-",
    map: false,
    own: true,
    passwords: [password(1, 1)],
    is: ["token"],
  },
  {
    why: "its name is derived from these Secrets and another user has one password",
    slots: "1,2",
    map: false,
    own: true,
    passwords: [password(1, 1)],
    is: ["token password1"],
  },
  { why: "the password was regenerated", slots: "3,-", map: true, passwords: [password(1, 1)], is: [] },
])("plans the revocation of a token when $why", ({ slots, map, own = false, passwords, is }) => {
  const scopeMap = map ? { actions: ["repositories/app/content/read"] } : undefined;
  const plan = planTokenRevocation(tokenOf(slots), { scopeMap, own, now: new Date("2026-01-01T00:00:00Z") }, passwords);
  const shown = plan.map((change) => `${change.to.kind.split(".")[0]} ${"slot" in change ? (change.slot ?? "") : ""}`.trim());
  expect(shown).toEqual(is);
});
