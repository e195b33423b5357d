import { expect, test } from "vitest";
import { disjointSets, independentGroups, type Member, rotationsOf } from "../../../src/plan/rotation.ts";

/** Returns a Secret whose annotation records these logins, each as `IDENTITY` or `IDENTITY@HOST`. */
const secret = (name: string, ...logins: readonly string[]): Member[] =>
  logins.map((login) => {
    const [identity = "", host = "myregistry.azurecr.io"] = login.split("@");
    const entry = { kind: "acr-token", hosts: [host], identity, slot: "password1", renewal: "made" } as unknown as Member["entry"];
    return { to: { kind: "secret", namespace: "demo", name }, entry };
  });

test.for<{ what: string; held: readonly Member[][]; groups: readonly (readonly string[])[] }>([
  { what: "nothing", held: [], groups: [] },
  { what: "separate credentials", held: [secret("a", "x"), secret("b", "y")], groups: [["x"], ["y"]] },
  { what: "one credential in two Secrets", held: [secret("a", "x"), secret("b", "x")], groups: [["x"]] },
  { what: "two credentials in one Secret", held: [secret("a", "x", "y@other.azurecr.io"), secret("b", "z")], groups: [["x", "y"], ["z"]] },
  {
    what: "a chain of Secrets with two each",
    held: [secret("c", "z", "w@other.azurecr.io"), secret("a", "x", "y@other.azurecr.io"), secret("b", "z", "y@other.azurecr.io")],
    groups: [["z", "w", "x", "y"]],
  },
  { what: "one name in another case", held: [secret("a", "x"), secret("b", "X")], groups: [["x", "X"]] },
  { what: "one name at two registries", held: [secret("a", "x"), secret("b", "x@other.azurecr.io")], groups: [["x", "x"]] },
])("groups rotations: $what", ({ held, groups }) => {
  const found = independentGroups(rotationsOf(held.flat(), () => true));
  expect(found.map((group) => group.map(({ identity }) => identity))).toEqual(groups);
});

test("puts a chain of thousands of Secrets into one group", () => {
  const held = Array.from({ length: 5000 }, (_, index) => secret(`s${index}`, `id-${index}`, `id-${index + 1}@other.azurecr.io`));
  expect(independentGroups(rotationsOf(held.flat(), () => true))).toHaveLength(1);
});

test("gives one representative to keys that are joined through others", () => {
  const { join, representativeOf } = disjointSets();
  for (const [key, other] of ["ab", "cd", "bd", "aa", "ca", "ef"].map((pair) => [...pair] as [string, string])) join(key, other);

  expect(new Set([..."abcd"].map(representativeOf)).size).toBe(1);
  expect(representativeOf("e")).toBe(representativeOf("f"));
  expect(new Set(["a", "e", "x"].map(representativeOf)).size).toBe(3);
});

test("gives one representative to a long chain, joined from either end", () => {
  for (const order of [(at: number) => at, (at: number) => 9999 - at]) {
    const { join, representativeOf } = disjointSets();
    for (let at = 0; at < 10_000; at++) join(`${order(at)}`, `${order(at) + 1}`);
    expect(representativeOf("0")).toBe(representativeOf("10000"));
  }
});
