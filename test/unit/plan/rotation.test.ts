import { expect, test } from "vitest";
import { dueOf, type Member, passwordKey, rotationsOf } from "../../../src/plan/rotation.ts";
import type { Entry, Previous } from "../../../src/secret/entry.ts";

const host = "myregistry.azurecr.io";

/** Returns the creation time of the password with a number. */
const at = (number: number) => `2026-01-${String(number).padStart(2, "0")}T00:00:00Z`;

/** `1` is the password in a Secret. `1<2` means that the password before 2 was 1. Slots alternate. */
function member(name: string, text: string, more: Partial<Entry> & Pick<Member, "lapsed"> = {}): Member {
  const [before, now] = text.includes("<") ? text.split("<") : [undefined, text];
  const of = (number: string) => ({ slot: Number(number) % 2 ? "password1" : "password2", madeAt: at(Number(number)) });
  const { lapsed, ...entry } = more;
  return {
    to: { kind: "secret", name, namespace: "n" },
    entry: { hosts: [host], kind: "acr-token", identity: "t", ...of(now ?? ""), ...(before && { previous: of(before) }), ...entry },
    ...(lapsed && { lapsed }),
  };
}

/** Formats a rotation: in `b>a`, b has the newest password, and a has an older one. The replaced passwords follow, and those in use. */
function shown(all: readonly Member[], wanted = (_: Member) => true): string[] {
  const day = ({ madeAt = "" }: { madeAt?: string }) => String(Number(madeAt.slice(8, 10)));
  return rotationsOf(all, wanted).map(({ members, newest, outdated, replaced, inUse }) => {
    const names = (some: readonly Member[]) => some.map(({ to }) => to.name).join("");
    const holding = members.filter((one) => !outdated.includes(one));
    return `${day(newest)}: ${names(holding)}>${names(outdated)} -${replaced.map(day).join()} of ${inUse.map(day).join()}`;
  });
}

test.for<{ why: string; all: Member[]; is: string[] }>([
  { why: "one that was never rotated", all: [member("a", "1")], is: ["1: a> - of 1"] },
  { why: "one that was", all: [member("a", "1<2")], is: ["2: a> -1 of 2"] },
  { why: "all of them were", all: [member("a", "1<2"), member("b", "1<2")], is: ["2: ab> -1 of 2"] },
  { why: "in an order that is every run's", all: [member("b", "1"), member("a", "1")], is: ["1: ab> - of 1"] },
  { why: "one was not reached", all: [member("a", "1<2"), member("b", "1")], is: ["2: a>b - of 2,1"] },
  { why: "one was not reached, twice", all: [member("a", "2<3"), member("b", "1<2"), member("c", "2<3")], is: ["3: ac>b -1 of 3,2"] },
  { why: "each step has its Secret", all: [member("a", "1"), member("b", "2<3"), member("c", "1<2")], is: ["3: b>ac - of 1,3,2"] },
  {
    why: "two passwords without slots that do not follow each other",
    all: [member("a", "1", { slot: "k-1" }), member("b", "2", { slot: "k-2" })],
    is: ["1: a> - of 1,2", "2: b> - of 1,2"],
  },
  { why: "both slots are in use, so there is no room for another", all: [member("a", "1"), member("b", "2")], is: ["2: b>a - of 1,2"] },
  {
    why: "the other slot is only noted by a Secret whose login is dead",
    all: [member("a", "1"), member("b", "2", { lapsed: "dead" })],
    is: ["1: a> - of 1,2", "2: >b - of 1,2"],
  },
  { why: "the one between is held by nobody", all: [member("a", "2<3"), member("b", "1")], is: ["3: a> -2 of 3,1", "1: b> - of 3,1"] },
  { why: "each is what came before the other", all: [member("a", "2<1"), member("b", "1<2")], is: ["2: b>a - of 1,2"] },
  { why: "one that came before itself", all: [member("a", "1<1")], is: ["1: a> - of 1"] },
  { why: "the newest says that it is from before", all: [member("a", "2"), member("b", "2<1")], is: ["2: a>b - of 2,1"] },
  {
    why: "a password that does not work is not the newest",
    all: [member("a", "1"), member("b", "1<2", { lapsed: "dead" })],
    is: ["1: a>b - of 1,2"],
  },
  { why: "none works", all: [member("a", "1", { lapsed: "dead" })], is: ["1: >a - of 1"] },
  {
    why: "other identities, kinds and registries",
    all: [member("a", "1"), member("b", "1", { identity: "u" }), member("c", "1", { kind: "other" }), member("d", "1", { hosts: ["h"] })],
    is: ["1: a> - of 1", "1: b> - of 1", "1: c> - of 1", "1: d> - of 1"],
  },
  {
    why: "times that are written otherwise",
    all: [member("a", "1"), member("b", "1", { madeAt: "2026-01-01T01:00:00.000+01:00" })],
    is: ["1: ab> - of 1"],
  },
])("Secrets that hold one credential: $why", ({ all, is }) => {
  expect(shown(all)).toEqual(is);
});

test("two keys of one service principal, made at the same time, are rotated apart", () => {
  const keys = ["k1", "k2"].map((slot, index) => member("ab"[index] ?? "", "1", { kind: "service-principal", slot }));
  expect(shown(keys)).toEqual(["1: a> - of 1,1", "1: b> - of 1,1"]);
});

test("of two that were made at the same time the one that took the place of the other is the newer", () => {
  const [a, b] = [member("a", "1", { slot: "k1" }), member("b", "1", { slot: "k2", previous: { slot: "k1", madeAt: at(1) } })];
  expect(rotationsOf([a, b], () => true).map(({ newest }) => newest.slot)).toEqual(["k2"]);
});

test("notes without a time are of one password", () => {
  const bare = ["a", "b"].map((name) => member(name, "1", { madeAt: undefined as never, slot: undefined as never }));
  expect(shown(bare)).toEqual(["0: ab> - of 0"]);
});

test("only what is wanted is rotated, with all that hold the same", () => {
  const all = [member("a", "1<2"), member("b", "1"), member("c", "5", { slot: "k-5" })];
  const rotations = rotationsOf(all, ({ to }) => to.name === "b");
  expect(
    rotations.map(({ members, selected, all: every }) => [members, selected, every].map((some) => some.map(({ to }) => to.name))),
  ).toEqual([[["a", "b"], ["b"], ["a", "b", "c"]]]);
});

/** Annotations that form a chain of previous passwords, in any order, or an endless circle. */
const many = 10_000;
const long = (circle: boolean) =>
  Array.from({ length: many }, (_, index) => {
    const key = (number: number) => ({ slot: `k${number}`, madeAt: at(1) });
    const previous = index > 0 || circle ? { previous: key((index + many - 1) % many) } : {};
    return member(`s${index}`, "1", { ...key(index), ...previous });
  });

test.for<{ what: string; all: () => Member[]; rotations: number }>([
  { what: "a chain", all: () => long(false), rotations: 1 },
  { what: "a chain, backwards", all: () => long(false).toReversed(), rotations: 1 },
  { what: "a circle", all: () => long(true), rotations: 1 },
  {
    what: "each its own",
    all: () => Array.from({ length: many }, (_, index) => member(`s${index}`, "1", { slot: `k${index}` })),
    rotations: many,
  },
  {
    what: "all of one",
    all: () => Array.from({ length: many }, (_, index) => member(`s${index}`, "1")),
    rotations: 1,
  },
])("ten thousand Secrets are sorted in no time: $what", ({ all, rotations }) => {
  const some = all();
  const start = performance.now();
  expect(rotationsOf(some, () => true)).toHaveLength(rotations);
  expect(performance.now() - start).toBeLessThan(3000);
});

test.for<[until: string | undefined, is: boolean]>([
  [undefined, true],
  [at(4), true],
  [at(5), true],
  [at(6), false],
  ["some day", true],
])("whether a password that is kept until %s is due on the fifth: %s", ([until, is]) => {
  const previous: Previous = { slot: "password1", ...(until !== undefined && { until }) };
  expect(dueOf([previous], new Date(at(5)))).toEqual(is ? [previous] : []);
});

test("a password is known by its slot and the moment at which it was made", () => {
  const keys = [
    { slot: "p", madeAt: at(1) },
    { slot: "p", madeAt: "2026-01-01T00:00:00.000+00:00" },
    { slot: "q", madeAt: at(1) },
    { slot: "p" },
  ];
  expect(new Set(keys.map(passwordKey)).size).toBe(3);
});
