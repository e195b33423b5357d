import { expect, test } from "vitest";
import { proofOf, type Shown, type Tried } from "../../../src/plan/proof.ts";
import type { Entry } from "../../../src/secret/entry.ts";

const p1 = { slot: "password1", madeAt: "2026-01-01T00:00:00Z" };
const p2 = { slot: "password2", madeAt: "2026-01-02T00:00:00Z" };
const azure: Shown[] = [{ ...p1, madeAt: "2026-01-01T00:00:00.000+00:00" }, p2];

type Row = Partial<Omit<Tried, "member">> & Partial<Entry>;

function tried(name: string, { inside, accepted = "yes", own = false, ...entry }: Row = {}): Tried {
  const recorded = { hosts: ["h"], kind: "acr-token", identity: "t", ...p1, ...entry };
  return { member: { to: { kind: "secret", name, namespace: "n" }, entry: recorded }, inside: inside ?? "T1", accepted, own };
}

const none = (name: string, row: Row = {}): Tried => ({ ...tried(name, row), inside: undefined });

test.for<{ why: string; of: Tried; is: string }>([
  { why: "the registry accepts it", of: tried("a"), is: "proven" },
  { why: "the registry rejects it", of: tried("a", { accepted: "no" }), is: "refused" },
  { why: "the registry could not be asked", of: tried("a", { accepted: "unknown" }), is: "unknown" },
  { why: "there is no login", of: none("a"), is: "none" },
  { why: "there is no login, although the name is derived from the Secret", of: none("a", { accepted: "no", own: true }), is: "none" },
  { why: "rejected, and the name is derived from the Secret", of: tried("a", { accepted: "no", own: true }), is: "proven dead" },
  {
    why: "the registry could not be asked, and the name is derived from the Secret",
    of: tried("a", { accepted: "unknown", own: true }),
    is: "proven",
  },
  { why: "it works, and Azure does not show the password", of: tried("a", { madeAt: "2099-01-01T00:00:00Z" }), is: "proven unnamed" },
  { why: "it works, and its time is another slot's", of: tried("a", { slot: "password2" }), is: "proven unnamed" },
  { why: "it works, and no time is recorded", of: tried("a", { madeAt: undefined as never }), is: "proven unnamed" },
])("judges a Secret by the login inside: $why", ({ of, is }) => {
  const { proven, unproven } = proofOf([of], azure);
  const all = [...proven.map(({ lapsed }) => `proven ${lapsed ?? ""}`.trim()), ...unproven.map(({ why }) => why)];
  expect(all).toEqual([is]);
});

test("trusts the annotation of an Entra token, which Azure does not show", () => {
  const { proven, disputed } = proofOf(
    [tried("a", { slot: undefined as never }), tried("b", { slot: undefined as never, inside: "T2" })],
    undefined,
  );
  expect({ lapsed: proven.map(({ lapsed }) => lapsed), disputed }).toEqual({ lapsed: [undefined, undefined], disputed: [] });
});

test.for<{ why: string; all: Tried[]; is: string }>([
  { why: "all hold the same password", all: [tried("a"), tried("b")], is: "" },
  { why: "one has an older password", all: [tried("a"), tried("b", { ...p2, inside: "T2" })], is: "" },
  { why: "two passwords are recorded as one", all: [tried("a"), tried("b", { inside: "T2" })], is: "a,b" },
  { why: "one password is recorded as two", all: [tried("a"), tried("b", p2)], is: "a,b" },
  {
    why: "the third Secret does not contradict them",
    all: [tried("a"), tried("b", { inside: "T2" }), tried("c", { ...p2, inside: "T3" })],
    is: "a,b",
  },
  { why: "the other does not work", all: [tried("a"), tried("b", { inside: "T2", accepted: "no" })], is: "" },
  {
    why: "the other records a password that Azure does not show",
    all: [tried("a"), tried("b", { madeAt: "2099-01-01T00:00:00Z" })],
    is: "",
  },
])("finds annotations that contradict each other: $why", ({ all, is }) => {
  expect(
    proofOf(all, azure)
      .disputed.map(({ to }) => to.name)
      .join(),
  ).toBe(is);
});

const previous = { ...p2, until: "2026-02-01T00:00:00Z" };

test.for<{ why: string; all: Tried[]; is: object | undefined }>([
  { why: "all record it", all: [tried("a", { previous }), tried("b", { previous })], is: previous },
  { why: "one does not", all: [tried("a", { previous }), tried("b")], is: undefined },
  { why: "one says another", all: [tried("a", { previous }), tried("b", { previous: { ...p2, madeAt: p1.madeAt } })], is: undefined },
  {
    why: "one records a longer grace period",
    all: [tried("a", { previous: { ...p2, until: "2027-01-01T00:00:00Z" } }), tried("b", { previous })],
    is: { ...p2, until: "2027-01-01T00:00:00Z" },
  },
  { why: "one records no grace period", all: [tried("a", { previous: p2 }), tried("b", { previous })], is: previous },
  { why: "a Secret without the login records another one", all: [tried("a", { previous }), tried("b", { accepted: "no" })], is: previous },
  { why: "only a Secret without the login records it", all: [tried("a"), tried("b", { previous, accepted: "no" })], is: undefined },
  { why: "Azure does not show what it holds", all: [tried("a", { madeAt: "2099-01-01T00:00:00Z", previous })], is: undefined },
])("returns the previous password that the holders of the next one record: $why", ({ all, is }) => {
  expect(proofOf(all, azure).proven[0]?.entry.previous).toEqual(is);
});

test.for<{ recorded: string | undefined; shown: string | undefined; is: string | undefined }>([
  { recorded: undefined, shown: "2026-03-01T00:00:00Z", is: "2026-03-01T00:00:00Z" },
  { recorded: "2099-01-01T00:00:00Z", shown: "2026-03-01T00:00:00Z", is: "2026-03-01T00:00:00Z" },
  { recorded: "2026-01-05T00:00:00Z", shown: undefined, is: undefined },
])("takes the expiry from Azure: recorded $recorded, shown $shown", ({ recorded, shown, is }) => {
  const { proven } = proofOf([tried("a", { expiresAt: recorded as never })], [{ ...p1, expiresAt: shown }]);
  expect(proven[0]?.entry.expiresAt).toBe(is);
});

test("keeps the other fields of an entry", () => {
  const of = tried("a", { by: "jane", previous: p2, expiresAt: "2026-03-01T00:00:00Z" });
  const { proven } = proofOf([of], [{ ...p1, expiresAt: "2026-03-01T00:00:00Z" }]);
  expect(proven).toEqual([of.member]);
});

test("judges ten thousand Secrets in linear time", () => {
  const all = Array.from({ length: 10_000 }, (_, index) => tried(`s${index}`, { previous: p2 }));
  const start = performance.now();
  expect(proofOf(all, azure).proven).toHaveLength(10_000);
  expect(performance.now() - start).toBeLessThan(2000);
});
