import { expect, test } from "vitest";
import { explanationsIn } from "../../../../scripts/docs/explanations.ts";

test("returns paragraphs of one line with addresses instead of links, and code", () => {
  const page =
    "# explain\n\ntext\n\n## Flags\n\n### no-id\n\nNot this.\n\n## Verdicts\n\n### `refused`\n\nIt is\nrefused.\n\nSee [more.md](more.md#x).\nOr this:\n\n" +
    "```sh\na b\n\n  c\n```\n\nAnd so on.\n\n## Errors\n\n### usage\n\nIt is wrong.\n";

  expect(explanationsIn(page)).toEqual([
    {
      id: "refused",
      of: "verdict",
      means: "It is refused.",
      says: [
        { text: "See https://github.com/kubectl-acr-secret/kubectl-acr-secret/blob/main/docs/more.md#x. Or this:" },
        { code: "a b\n\n  c" },
        { text: "And so on." },
      ],
    },
    { id: "usage", of: "error", means: "It is wrong.", says: [] },
  ]);
});

test("rejects a section that does not begin with a paragraph", () => {
  expect(() => explanationsIn("## Errors\n\n### usage\n\n```sh\nx\n```\n")).toThrow("section usage does not begin");
});
