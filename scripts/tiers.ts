import { readdirSync } from "node:fs";
import { join } from "node:path";
import { nodeParts, plugin, servers } from "./prepare.ts";
import { root } from "./run.ts";

/** Makes ready what a tier stands on, and says in one sentence what this machine lacks for it and how to get that. */
export type Preparation = (say: (line: string) => void) => Promise<string | undefined>;

/** A tier is a checker of the whole checkout, or the vitest project over test/NAME. */
export type Tier = {
  readonly name: string;
  readonly checker?: { readonly script: string; readonly args: readonly string[] };
  readonly needs: readonly Preparation[];
};

/** Every tier, in the order they run: what is quick and likely to fail comes first. */
const all: readonly Tier[] = [
  { name: "types", checker: { script: "typescript/bin/tsc", args: ["-p", "."] }, needs: [] },
  {
    name: "lint",
    checker: { script: "@biomejs/biome/bin/biome", args: ["check", "--diagnostic-level=warn", "--error-on-warnings", "."] },
    needs: [],
  },
  { name: "unit", needs: [] },
  { name: "cli", needs: [] },
  { name: "sandbox", needs: [servers] },
  { name: "azure", needs: [servers] },
  { name: "cluster", needs: [servers, plugin] },
  { name: "docs", needs: [servers, plugin] },
  { name: "node", needs: [nodeParts, servers] },
  { name: "krew", needs: [servers, plugin] },
];

/** The tiers that have something to run: a folder without tests is not a tier yet. */
export function tiers(): Tier[] {
  return all.filter(({ name, checker }) => checker || hasTests(join(root, "test", name)));
}

function hasTests(folder: string): boolean {
  try {
    return readdirSync(folder, { recursive: true }).some((name) => name.toString().endsWith(".test.ts"));
  } catch {
    return false;
  }
}
