import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/run.ts";

/** Returns the commands below a heading of docs/install.md. @throws Error if there are none */
export function commandsOf(heading: string): string[] {
  const [, section = ""] = readFileSync(join(root, "docs/install.md"), "utf8").split(`\n## ${heading}\n`);
  const [, block = ""] = /^```sh\n([\s\S]*?)^```$/m.exec(section.split("\n## ")[0] ?? "") ?? [];
  if (block === "") throw new Error(`docs/install.md has no command under ${heading}`);
  return block.trim().split("\n");
}
