import { expect, test } from "vitest";
import { clocked } from "../../../src/registry/clock.ts";

const now = () => new Date("2026-01-01T01:30:00Z");
const answering = (date: string | undefined) => async () => ({ status: 200, text: "", header: () => date });
const request = { method: "GET", url: "https://r.azurecr.io/v2/" } as const;

test.for([
  { date: "Thu, 01 Jan 2026 00:00:00 GMT", ahead: -90 * 60_000 },
  { date: "Thu, 01 Jan 2026 01:30:05 GMT", ahead: 5000 },
  { date: "soon", ahead: undefined },
  { date: undefined, ahead: undefined },
])("compares the clock of a host that answers with the date $date", async ({ date, ahead }) => {
  const { http, aheadBy } = clocked(answering(date), now);
  expect(aheadBy("r.azurecr.io")).toBeUndefined();

  await http(request);

  expect([aheadBy("r.azurecr.io"), aheadBy("other.azurecr.io")]).toEqual([ahead, undefined]);
});
