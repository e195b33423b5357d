import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../../scripts/run.ts";
import { readOne } from "../../support/desired.ts";

const page = readFileSync(join(root, "docs/apply.md"), "utf8");
const [, first = ""] = /^```yaml\n([\s\S]*?)^```/m.exec(page) ?? [];

test("reads the first file of docs/apply.md", () => {
  expect(readOne(first)).toMatchObject([{ name: "teams", entries: [{ name: "acr-blue" }, { name: "acr" }] }]);
});
