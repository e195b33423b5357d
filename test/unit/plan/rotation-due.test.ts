import { expect, test } from "vitest";
import { type Member, type NotDue, notDue } from "../../../src/plan/rotation.ts";

type Password = Pick<Member, "entry" | "lapsed">;

const password = (of: Partial<Member["entry"]>, lapsed?: Member["lapsed"]): Password => ({
  entry: { hosts: ["myregistry.azurecr.io"], kind: "acr-token", identity: "t", ...of },
  ...(lapsed && { lapsed }),
});
const day = (number: number) => `2026-01-0${number}T00:00:00Z`;
const ends = (at?: string) => password(at === undefined ? {} : { expiresAt: at });
const created = (at?: string, lapsed?: Member["lapsed"]) => password(at === undefined ? {} : { madeAt: at }, lapsed);

test.for<{ what: string; passwords: Password[]; endsBy?: number; createdBy?: number; reasons: NotDue[] }>([
  { what: "no limit is given", passwords: [ends()], reasons: [] },
  { what: "it expires then", passwords: [ends(day(5))], endsBy: 5, reasons: [] },
  { what: "it expires later", passwords: [ends(day(6))], endsBy: 5, reasons: ["later"] },
  { what: "one of several expires", passwords: [ends(day(9)), ends(day(3))], endsBy: 5, reasons: [] },
  { what: "it never expires", passwords: [ends()], endsBy: 5, reasons: ["never"] },
  { what: "the recorded expiry is not a time", passwords: [ends("some day"), ends()], endsBy: 5, reasons: ["unknown"] },
  { what: "it was created then", passwords: [created(day(5))], createdBy: 5, reasons: [] },
  { what: "it was created later", passwords: [created(day(6))], createdBy: 5, reasons: ["young"] },
  { what: "one of several is older", passwords: [created(day(6)), created(day(4))], createdBy: 5, reasons: [] },
  { what: "no creation time is known", passwords: [created()], createdBy: 5, reasons: [] },
  { what: "Azure does not show the recorded password", passwords: [created(day(6), "unnamed")], createdBy: 5, reasons: [] },
  { what: "the registry rejects it", passwords: [created(day(6), "dead")], createdBy: 5, reasons: [] },
  { what: "it expires, and is young", passwords: [password({ expiresAt: day(5), madeAt: day(6) })], endsBy: 5, createdBy: 5, reasons: [] },
  { what: "it is old, and never expires", passwords: [created(day(4))], endsBy: 5, createdBy: 5, reasons: [] },
  { what: "it is young, and never expires", passwords: [created(day(6))], endsBy: 5, createdBy: 5, reasons: ["never", "young"] },
])("returns $reasons when $what", ({ passwords, endsBy, createdBy, reasons }) => {
  const limit = (number?: number) => (number === undefined ? undefined : new Date(day(number)));

  expect(notDue(passwords, { endsBy: limit(endsBy), createdBy: limit(createdBy) })).toEqual(reasons);
});
