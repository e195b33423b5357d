import { expect, test } from "vitest";
import { inLine, joinNames, nameInPlace } from "../../src/wording.ts";

const names = (count: number) => Array.from({ length: count }, (_, index) => `r${index}`);

test.for([
  { count: 0, line: "" },
  { count: 1, line: "r0" },
  { count: 10, line: "r0, r1, r2, r3, r4, r5, r6, r7, r8, r9" },
  { count: 11, line: "r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 and 1 more" },
  { count: 13, line: "r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 and 3 more" },
])("shows at most ten of $count names in a line", ({ count, line }) => {
  expect(inLine(names(count))).toBe(line);
});

const of = (namespace: string) => ({ kind: "secret", namespace, name: "acr" }) as const;

test("joins the first names with their places", () => {
  expect(joinNames([of("a"), of("b"), of("c"), of("d"), of("e")].map(nameInPlace))).toBe(
    "secret/acr in namespace a, secret/acr in namespace b, secret/acr in namespace c and 2 more",
  );
});
