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
  by: "a dead run",
  until: new Date(Date.parse(at(day)) + 20_000).toISOString(),
  makes: { identity, slot: "password2" },
});

type RenewalOptions = Parameters<typeof planTokenRenewal>[0];
type Wanted = Partial<Omit<RenewalOptions, "held">> & { readonly held?: Partial<Entry> };

const options = ({ held, ...more }: Wanted = {}): RenewalOptions => ({
  registry: { name: "myregistry", loginServer: "myregistry.azurecr.io" },
  held: { hosts: ["myregistry.azurecr.io"], kind: "acr-token", identity: "ci-pull", ...password(1, 1), ...held },
  inUse: [password(1, 1)],
  alone: false,
  blind: false,
  left: [],
  now: new Date(at(5)),
  expiresAt: undefined,
  ...more,
});

const full = 'Secrets hold both passwords of the ACR token "ci-pull", and a token can have only two';
const strange = (slot: string) => `no Secret records ${slot} of the ACR token "ci-pull", and another tool may use it`;

test.for<{ why: string; options?: Wanted; slots: string; is: string }>([
  { why: "the other slot is empty", slots: "1,-", is: "password2" },
  { why: "the other slot is empty, and others may hold what nobody sees", options: { blind: true }, slots: "1,-", is: "password2" },
  {
    why: "the other slot has the password before",
    options: { held: { ...password(2, 2), previous: password(1, 1) }, inUse: [password(2, 2)] },
    slots: "1,2",
    is: "password1",
  },
  {
    why: "the password before, which others may still hold where nobody can look",
    options: { held: { ...password(2, 2), previous: password(1, 1) }, inUse: [password(2, 2)], blind: true },
    slots: "1,2",
    is: strange("password1"),
  },
  {
    why: "the password before, which some Secret still holds",
    options: { held: { ...password(2, 2), previous: password(1, 1) }, inUse: [password(2, 2), password(1, 1)] },
    slots: "1,2",
    is: full,
  },
  {
    why: "the slot of the password before, which somebody has made anew",
    options: { held: { ...password(2, 2), previous: password(1, 1) }, inUse: [password(2, 2)] },
    slots: "3,2",
    is: strange("password1"),
  },
  {
    why: "the same, of a token that is theirs alone",
    options: { held: { ...password(2, 2), previous: password(1, 1) }, inUse: [password(2, 2)], alone: true },
    slots: "3,2",
    is: "password1",
  },
  {
    why: "the password before is promised to work on",
    options: { held: { ...password(2, 2), previous: { ...password(1, 1), until: at(6) } }, inUse: [password(2, 2)], alone: true },
    slots: "1,2",
    is: `password1 of the ACR token "ci-pull" is in its grace period until ${at(6)}, and a token can have only two passwords`,
  },
  {
    why: "the promise has come to its end",
    options: { held: { ...password(2, 2), previous: { ...password(1, 1), until: at(5) } }, inUse: [password(2, 2)] },
    slots: "1,2",
    is: "password1",
  },
  { why: "both are in use", options: { inUse: [password(1, 1), password(2, 2)] }, slots: "1,2", is: full },
  {
    why: "both are in use, of a token that is theirs alone",
    options: { inUse: [password(1, 1), password(2, 2)], alone: true },
    slots: "1,2",
    is: full,
  },
  { why: "nobody notes the other one", slots: "1,2", is: strange("password2") },
  { why: "nobody notes the other one, of a token that is theirs alone", options: { alone: true }, slots: "1,2", is: "password2" },
  {
    why: "theirs alone, and some Secret has one that nobody can name",
    options: { alone: true, blind: true },
    slots: "1,2",
    is: strange("password2"),
  },
  { why: "the one that is held is gone", slots: "-,-", is: "password1" },
  { why: "the one that is held is gone, and the other one somebody's", slots: "-,2", is: "password1" },
  {
    why: "a run has left the other one that did not come to its end",
    options: { left: [claimed(2)], alone: true },
    slots: "1,2",
    is: "password2",
  },
  { why: "a claim on a token of others says so", options: { left: [claimed(2)] }, slots: "1,2", is: strange("password2") },
  {
    why: "a run has left it, and others may hold what nobody sees",
    options: { left: [claimed(2)], alone: true, blind: true },
    slots: "1,2",
    is: strange("password2"),
  },
  { why: "what was left has been made anew since", options: { left: [claimed(2)] }, slots: "1,3", is: strange("password2") },
  { why: "a claim names the slot of another token", options: { left: [claimed(2, "other")] }, slots: "1,2", is: strange("password2") },
  {
    why: "none is held, and one is left over: there is to be no second",
    options: { left: [claimed(2)], alone: true, inUse: [] },
    slots: "-,2",
    is: "password2",
  },
  { why: "both are strange", options: { inUse: [] }, slots: "1,2", is: strange("password1") },
])("the slot of another password: $why", ({ options: more = {}, slots, is }) => {
  const slot = () => planTokenRenewal(options(more), tokenOf(slots)).mint.slot;
  if (is.startsWith("password") && !is.includes(" ")) expect(slot()).toBe(is);
  else expect(slot).toThrow(is);
});

test("what a run has left is told by when it was made, so that the next claim can say which it is", () => {
  const { mint } = planTokenRenewal(options({ left: [claimed(2)], alone: true }), tokenOf("1,2"));
  expect(mint).toMatchObject({ slot: "password2", left: inAzure(2) });
  expect(planTokenRenewal(options(), tokenOf("1,-")).mint.left).toBeUndefined();
});

test("who has no room is told the command that makes some", () => {
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

test("what is noted of the new one names the one before, and its end", () => {
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
  { why: "it is made anew in the same slot", held: password(1, 1), slots: "-,2" },
  { why: "Azure shows another in its slot", held: password(1, 1), slots: "3,-" },
  { why: "no time is noted", held: { madeAt: undefined as never }, slots: "1,-" },
])("a password that is not there any more is no password before: $why", ({ held, slots }) => {
  expect(planTokenRenewal(options({ held, inUse: [] }), tokenOf(slots)).entry.previous).toBeUndefined();
});

test.for<{ slots: string; passwords: ReturnType<typeof password>[]; gone: string[] }>([
  { slots: "1,2", passwords: [password(1, 1)], gone: ["password1"] },
  { slots: "1,2", passwords: [password(1, 1), password(2, 2)], gone: ["password1", "password2"] },
  { slots: "3,2", passwords: [password(1, 1)], gone: [] },
  { slots: "-,2", passwords: [password(1, 1)], gone: [] },
  { slots: "1,2", passwords: [{ slot: "password1", madeAt: undefined as never }], gone: [] },
  { slots: "1,2", passwords: [{ slot: "password1", madeAt: "some day" }], gone: [] },
  { slots: "1,1", passwords: [password(2, 1)], gone: ["password2"] },
  { slots: "1,2", passwords: [], gone: [] },
])("of a token with $slots exactly what is meant is retired: $gone", ({ slots, passwords, gone }) => {
  const plan = planTokenRetirement(tokenOf(slots), passwords);
  expect(plan.map(({ slot }) => slot)).toEqual(gone);
  for (const change of plan)
    expect(change).toMatchObject({ act: "delete", to: { kind: "token.azurecr.io", name: "ci-pull" }, madeAt: expect.any(String) });
});

test.for<{ why: string; slots: string; map: boolean; own?: true; passwords: ReturnType<typeof password>[]; is: string[] }>([
  { why: "all of it is theirs", slots: "1,2", map: true, passwords: [password(1, 1), password(2, 2)], is: ["token", "scopemap"] },
  { why: "one password is somebody's", slots: "1,2", map: true, passwords: [password(1, 1)], is: ["token password1"] },
  { why: "its scope map is another's", slots: "1,-", map: false, passwords: [password(1, 1)], is: ["token password1"] },
  { why: "the password is gone, and no other is there", slots: "-,-", map: true, passwords: [password(1, 1)], is: ["token", "scopemap"] },
  {
    why: "its scope map is another's, and its name these Secrets' own",
    slots: "1,-",
    map: false,
    own: true,
    passwords: [password(1, 1)],
    is: ["token"],
  },
  {
    why: "the same, and one password is somebody's",
    slots: "1,2",
    map: false,
    own: true,
    passwords: [password(1, 1)],
    is: ["token password1"],
  },
  { why: "the password was made anew", slots: "3,-", map: true, passwords: [password(1, 1)], is: [] },
])("what goes with a token that is revoked: $why", ({ slots, map, own = false, passwords, is }) => {
  const scopeMap = map ? { actions: ["repositories/app/content/read"] } : undefined;
  const plan = planTokenRevocation(tokenOf(slots), { scopeMap, own, now: new Date("2026-01-01T00:00:00Z") }, passwords);
  const shown = plan.map((change) => `${change.to.kind.split(".")[0]} ${"slot" in change ? (change.slot ?? "") : ""}`.trim());
  expect(shown).toEqual(is);
});
