import { expect, test } from "vitest";
import { disjointSets } from "../../../src/plan/rotation.ts";

test("gives one representative to keys that are joined through others", () => {
  const { join, leadOf } = disjointSets();
  for (const [key, other] of ["ab", "cd", "bd", "aa", "ca", "ef"].map((pair) => [...pair] as [string, string])) join(key, other);

  expect(new Set([..."abcd"].map(leadOf)).size).toBe(1);
  expect(leadOf("e")).toBe(leadOf("f"));
  expect(new Set(["a", "e", "x"].map(leadOf)).size).toBe(3);
});

test("gives one representative to a long chain, joined from either end", () => {
  for (const order of [(at: number) => at, (at: number) => 9999 - at]) {
    const { join, leadOf } = disjointSets();
    for (let at = 0; at < 10_000; at++) join(`${order(at)}`, `${order(at) + 1}`);
    expect(leadOf("0")).toBe(leadOf("10000"));
  }
});
