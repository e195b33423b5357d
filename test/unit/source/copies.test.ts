import { expect, test } from "vitest";
import { checkCopies } from "../../../src/source/places.ts";

const copies = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`namespace-${index}`, "00000000-0000-4000-8000-000000000000"]));

test("accepts the list of ten thousand copies", () => {
  expect(() => checkCopies(copies(10_000))).not.toThrow();
});

test("rejects a list of copies that does not fit into a Secret", () => {
  expect(() => checkCopies(copies(20_000))).toThrow(/^the list of 20,000 copies has \d+ bytes, and a Secret has room for 983040$/);
});
