import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { faults } from "../record/faults.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, "..", "..", path), "utf8");
const all = faults.flatMap((fault) => (fault.patches ? [fault] : []));

test.for(all.map((fault) => [fault.id, fault] as const))("finds the sources and the test of the fault %s", ([, fault]) => {
  const counts = fault.patches.map(({ file, old }) => ({ old, count: read(file).split(old).length - 1 }));

  expect(counts).toEqual(fault.patches.map(({ old }) => ({ old, count: 1 })));
  expect(fault.patches.filter(({ old, now }) => old === now)).toEqual([]);
});

test("has one record of each fault", () => {
  expect(new Set(faults.map(({ id }) => id)).size).toBe(faults.length);
});
