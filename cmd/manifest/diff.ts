import { diffLines, linesOf } from "../../src/output/diff-lines.ts";
import { styleFor } from "../../src/output/style.ts";
import type { Context } from "../context.ts";

/** A manifest as it is, and as it would be. */
type Manifest = { readonly name: string; readonly before: string; readonly after: string };

/** Prints what of each manifest would change. @returns the exit code: 1 where something would, as of kubectl diff */
export function printDiff(manifests: readonly Manifest[], { stdout, env }: Pick<Context, "stdout" | "env">): number {
  const style = styleFor(stdout, env);
  const lines = manifests.flatMap(({ name, before, after }) => diffLines({ name, before: linesOf(before), after: linesOf(after) }, style));
  if (lines.length > 0) stdout.write(`${lines.join("\n")}\n`);
  return lines.length > 0 ? 1 : 0;
}
