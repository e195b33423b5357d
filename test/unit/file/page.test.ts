import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../../scripts/run.ts";
import { readOne } from "../../support/desired.ts";

const page = readFileSync(join(root, "docs/apply.md"), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(([, text = ""]) => text);

test("reads the first file of docs/apply.md", () => {
  expect(readOne(blocks("yaml")[0] ?? "")).toMatchObject([{ name: "teams", entries: [{ name: "acr-blue" }, { name: "acr" }] }]);
});

test("prints the errors of docs/apply.md", () => {
  const message = (blocks("text")[0] ?? "").replace("error: ", "").trimEnd();

  expect(() => readOne(blocks("yaml")[1] ?? "")).toThrow(expect.objectContaining({ message }));
});
