import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { progressOn } from "../../../src/output/progress.ts";

/** Records the first texts of spinners, which write to this process's stderr themselves. */
function spinnerTexts(): readonly string[] {
  const lines: string[] = [];
  const { stderr } = process;
  const { write } = stderr;
  stderr.write = (text: string | Uint8Array) => lines.push(String(text)) > 0;
  onTestFinished(() => {
    stderr.write = write;
  });
  return lines;
}

test("shows one line at a time for concurrent work", async () => {
  const lines = spinnerTexts();
  const { during } = progressOn({ write: () => {}, isTTY: true, columns: 80 }, {}, 0, () => new Date());
  const work = async (what: string) => {
    for (let round = 0; round < 20; round++) await turn();
    return what;
  };

  expect(await Promise.all(["a", "b"].map((what) => during(what, () => work(what))))).toEqual(["a", "b"]);
  await during("c", () => work("c"));

  expect(lines).toEqual(["- a\n", "- c\n"]);
});
