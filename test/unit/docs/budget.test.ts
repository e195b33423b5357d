import { expect, test } from "vitest";
import { pageLimit, wordsByPage, wordsIn } from "../../../scripts/house/measure.ts";

test("has no page above the limit of words", () => {
  expect([...wordsByPage()].filter(([, count]) => count > pageLimit)).toEqual([]);
});

test("counts the words of tables, code and generated parts, without comments and signs", () => {
  const page =
    "# One [two](three) – 4\n\n```sh\nfive | six\n```\n\n<!-- before\nno\n-->\n\n<!-- flags:list -->\n| seven |\n<!-- /flags -->\n";

  expect(wordsIn(page)).toBe(7);
});
