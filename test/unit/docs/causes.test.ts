import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { causes } from "../../../src/check/cause.ts";

const read = (page: string) => readFileSync(new URL(`../../../docs/${page}`, import.meta.url), "utf8");

test("docs/check.md has a row for each cause, as it is, which leads to its section", () => {
  const fails = { fine: "no", note: "if it was named", failure: "yes" };
  const rows = Object.entries(causes).map(
    ([id, { words, pulls, severity }]) =>
      `| [\`${id}\`](troubleshooting.md#${id}) | ${words} | ${pulls === "unknown" ? pulls : pulls ? "yes" : "no"} | ${fails[severity]} |\n`,
  );

  expect(/<!-- causes -->\n.*\n.*\n([\s\S]*?)<!-- \/causes -->/.exec(read("check.md"))?.[1]).toBe(rows.join(""));
});

test("docs/troubleshooting.md has a section for each cause, which opens with its words", () => {
  const sections = [...read("troubleshooting.md").matchAll(/^## (\S+)\n\n\*\*(.*?)\.\*\* /gm)].map(([, id, words]) => [id, words]);

  expect(sections).toEqual(Object.entries(causes).map(([id, { words }]) => [id, words]));
});
