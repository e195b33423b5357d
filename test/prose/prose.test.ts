import { expect, test } from "vitest";
import { readTexts } from "../../scripts/prose/texts.ts";
import { type Alert, checkPages, checkTexts } from "../../scripts/prose/vale.ts";

const texts = readTexts();

const placesOf = (alerts: readonly Alert[]) => alerts.map(({ file, line, message, text }) => `${file}:${line}: ${message} ${text}`);
const errorsOf = (alerts: readonly Alert[]) => placesOf(alerts.filter(({ severity }) => severity === "error"));

test("accepts the words of every page", async () => {
  expect(errorsOf(await checkPages())).toEqual([]);
});

test("accepts the words of every message and help text", async () => {
  expect(errorsOf(await checkTexts("messages", texts.messages))).toEqual([]);
});

test.for(["comments", "tests", "rows"] as const)("finds at most 3 alerts in 100 %s", async (kind) => {
  const alerts = placesOf(await checkTexts(kind, texts[kind]));

  expect(alerts.length, alerts.join("\n")).toBeLessThanOrEqual(0.03 * texts[kind].length);
});

test("reports a word that a reader must read twice", async () => {
  const alerts = await checkTexts("messages", [{ file: "a.ts", line: 7, text: "Nobody was asked whether it is to be made anew" }]);

  expect(alerts.map(({ file, line, rule }) => `${file}:${line} ${rule}`)).toEqual([
    "a.ts:7 Plain.Actor",
    "a.ts:7 Plain.Words",
    "a.ts:7 Plain.Words",
  ]);
});
