import { expect, test } from "vitest";
import { explanationsIn } from "../../../../scripts/docs/explanations.ts";

test("turns a page's sections into paragraphs of one line, without links, and keeps code", () => {
  const page =
    "# explain\n\ntext\n\n## Flags\n\n### no-id\n\nNot this.\n\n## Verdicts\n\n### refused\n\nIt is\nrefused.\n\n[More](more.md) of\nthis:\n\n" +
    "```sh\na b\n\n  c\n```\n\nAnd so on.\n\n## Errors\n\n### usage\n\nIt is wrong.\n";

  expect(explanationsIn(page)).toEqual([
    {
      id: "refused",
      of: "verdict",
      means: "It is refused.",
      says: [{ text: "More of this:" }, { code: "a b\n\n  c" }, { text: "And so on." }],
    },
    { id: "usage", of: "error", means: "It is wrong.", says: [] },
  ]);
});

test("refuses a section that does not explain its id", () => {
  expect(() => explanationsIn("## Errors\n\n### usage\n\n```sh\nx\n```\n")).toThrow("what usage means");
});
