import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { causes } from "../../../src/check/cause.ts";

test("docs/check.md has a row for each cause, as it is", () => {
  const page = readFileSync(new URL("../../../docs/check.md", import.meta.url), "utf8");
  const fails = { fine: "no", note: "if it was named", failure: "yes" };
  const rows = Object.entries(causes).map(
    ([id, { words, pulls, severity }]) =>
      `| \`${id}\` | ${words} | ${pulls === "unknown" ? pulls : pulls ? "yes" : "no"} | ${fails[severity]} |\n`,
  );

  expect(/<!-- causes -->\n.*\n.*\n([\s\S]*?)<!-- \/causes -->/.exec(page)?.[1]).toBe(rows.join(""));
});
