import { expect, test } from "vitest";
import { createFaults } from "../../../sandbox/azure/faults.ts";

const request = { method: "GET", host: "management.azure.com", path: "/subscriptions?api-version=2022-12-01" };

test("shows a new object after the longest of its delays", () => {
  let now = 1000;
  const faults = createFaults(() => now);
  faults.add({ kind: "replication", of: "roles", milliseconds: 50 });
  faults.add({ kind: "replication", of: "roles", milliseconds: 200 });

  expect([faults.replicated("roles", 1000), faults.replicated("secrets", 1000)]).toEqual([false, true]);
  now = 1199;
  expect(faults.replicated("roles", 1000)).toBe(false);
  now = 1200;
  expect(faults.replicated("roles", 1000)).toBe(true);
});

test("delays some new objects without a fault, unless a fault says for how long", () => {
  const faults = createFaults(() => 1500, { roles: 1000 });

  expect([faults.replicated("roles", 1000), faults.replicated("roles", 500), faults.replicated("secrets", 1500)]).toEqual([
    false,
    true,
    true,
  ]);
  faults.add({ kind: "replication", of: "roles", milliseconds: 0 });
  expect(faults.replicated("roles", 1500)).toBe(true);
});

test("delays only the passwords that a delay names", () => {
  const faults = createFaults(() => 1000);
  faults.add({ kind: "replication", of: "tokenPasswords", milliseconds: 50, name: /slow/ });

  expect(["a-slow-one", "another", undefined].map((name) => faults.replicated("tokenPasswords", 1000, name))).toEqual([false, true, true]);
});

test("lets requests pass before a fault when the fault says how many", () => {
  const faults = createFaults(() => 0);
  faults.add({ kind: "drop", path: /./, after: 2, times: 1 });

  expect(Array.from({ length: 4 }, () => faults.strike(request).drop)).toEqual([false, false, true, false]);
});

test("applies one fault to a request, and adds the delays", () => {
  const faults = createFaults(() => 0);
  faults.add({ kind: "slow", milliseconds: 5, path: /./ });
  faults.add({ kind: "slow", milliseconds: 7, path: /./, times: 1 });
  faults.add({ kind: "status", status: 429, path: /./, times: 1 });
  faults.add({ kind: "drop", path: /./, times: 1 });

  expect(faults.strike(request)).toMatchObject({ wait: 12, drop: false, answer: { status: 429 } });
  expect(faults.strike(request)).toEqual({ wait: 5, drop: true });
  expect(faults.strike(request)).toEqual({ wait: 5, drop: false });
  faults.reset();
  expect(faults.strike(request)).toEqual({ wait: 0, drop: false });
  let wait = 0;
  faults.add({ kind: "slow", milliseconds: () => ++wait, path: /./ });
  expect([faults.strike(request).wait, faults.strike(request).wait]).toEqual([1, 2]);
});

test("loses the response of one request for each fault", () => {
  const faults = createFaults(() => 0);
  faults.add({ kind: "lose", path: /./, times: 1 });
  faults.add({ kind: "lose", half: true, path: /./, times: 1 });

  expect([faults.strike(request).lose, faults.strike(request).lose, faults.strike(request).lose]).toEqual(["all", "half", undefined]);
});

test.for([
  { where: { path: /api-version/ }, strikes: true },
  { where: { path: /tokens/ }, strikes: false },
  { where: { path: /./, method: "PUT" }, strikes: false },
  { where: { path: /./, host: /azurecr/ }, strikes: false },
  { where: { path: /./, host: /^management/, method: "GET" }, strikes: true },
])("applies a fault of $where: $strikes", ({ where, strikes }) => {
  const faults = createFaults(() => 0);
  faults.add({ kind: "drop", ...where });

  expect(faults.strike(request).drop).toBe(strikes);
});
