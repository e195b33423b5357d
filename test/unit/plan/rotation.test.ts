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
  { why: "never rotated", all: [member("a", "1")], is: ["1: a> - of 1"] },
  { why: "rotated once", all: [member("a", "1<2")], is: ["2: a> -1 of 2"] },
  { why: "all rotated", all: [member("a", "1<2"), member("b", "1<2")], is: ["2: ab> -1 of 2"] },
  { why: "in the same order in every run", all: [member("b", "1"), member("a", "1")], is: ["1: ab> - of 1"] },
  { why: "one was not reached", all: [member("a", "1<2"), member("b", "1")], is: ["2: a>b - of 2,1"] },
  {
    why: "one was not reached by two rotations",
    all: [member("a", "2<3"), member("b", "1<2"), member("c", "2<3")],
    is: ["3: ac>b -1 of 3,2"],
  },
  { why: "each password has its Secret", all: [member("a", "1"), member("b", "2<3"), member("c", "1<2")], is: ["3: b>ac - of 1,3,2"] },
  {
    why: "two passwords without slots that do not follow each other",
    all: [member("a", "1", { slot: "k-1" }), member("b", "2", { slot: "k-2" })],
    is: ["1: a> - of 1,2", "2: b> - of 1,2"],
  },
  { why: "both slots are in use", all: [member("a", "1"), member("b", "2")], is: ["2: b>a - of 1,2"] },
  {
    why: "the other slot is only recorded by a Secret with an invalid login",
    all: [member("a", "1"), member("b", "2", { lapsed: "dead" })],
    is: ["1: a> - of 1,2", "2: >b - of 1,2"],
  },
  {
    why: "no Secret holds the password in between",
    all: [member("a", "2<3"), member("b", "1")],
    is: ["3: a> -2 of 3,1", "1: b> - of 3,1"],
  },
  { why: "each is the previous password of the other", all: [member("a", "2<1"), member("b", "1<2")], is: ["2: b>a - of 1,2"] },
  { why: "a password is its own previous one", all: [member("a", "1<1")], is: ["1: a> - of 1"] },
  { why: "the newest password records the other one as previous", all: [member("a", "2"), member("b", "2<1")], is: ["2: a>b - of 2,1"] },
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
    why: "times in another format",
    all: [member("a", "1"), member("b", "1", { madeAt: "2026-01-01T01:00:00.000+01:00" })],
    is: ["1: ab> - of 1"],
  },
])("groups Secrets that hold one credential: $why", ({ all, is }) => {
  expect(shown(all)).toEqual(is);
});

test("rotates two passwords of one service principal separately", () => {
  const keys = ["k1", "k2"].map((slot, index) => member("ab"[index] ?? "", "1", { kind: "service-principal", slot }));
  expect(shown(keys)).toEqual(["1: a> - of 1,1", "1: b> - of 1,1"]);
});

test("treats the replacing password as newer when both have the same time", () => {
  const [a, b] = [member("a", "1", { slot: "k1" }), member("b", "1", { slot: "k2", previous: { slot: "k1", madeAt: at(1) } })];
  expect(rotationsOf([a, b], () => true).map(({ newest }) => newest.slot)).toEqual(["k2"]);
});

test("treats entries without a time as one password", () => {
  const bare = ["a", "b"].map((name) => member(name, "1", { madeAt: undefined as never, slot: undefined as never }));
  expect(shown(bare)).toEqual(["0: ab> - of 0"]);
});

test("rotates only selected Secrets and all holders of their credential", () => {
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
    what: "separate credentials",
    all: () => Array.from({ length: many }, (_, index) => member(`s${index}`, "1", { slot: `k${index}` })),
    rotations: many,
  },
  {
    what: "one credential",
    all: () => Array.from({ length: many }, (_, index) => member(`s${index}`, "1")),
    rotations: 1,
  },
])("groups ten thousand Secrets in linear time: $what", ({ all, rotations }) => {
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
])("returns whether a password that is kept until %s is due on the fifth: %s", ([until, is]) => {
  const previous: Previous = { slot: "password1", ...(until !== undefined && { until }) };
  expect(dueOf([previous], new Date(at(5)))).toEqual(is ? [previous] : []);
});

test("identifies a password by its slot and its creation time", () => {
  const keys = [
    { slot: "p", madeAt: at(1) },
    { slot: "p", madeAt: "2026-01-01T00:00:00.000+00:00" },
    { slot: "q", madeAt: at(1) },
    { slot: "p" },
  ];
  expect(new Set(keys.map(passwordKey)).size).toBe(3);
});
