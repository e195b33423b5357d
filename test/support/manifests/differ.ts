import { unified } from "../../../src/output/unified.ts";

/** Returns the lines that only one of two texts contains: the removed and the added ones. */
export function differ(before: string, after: string): { readonly gone: string[]; readonly come: string[] } {
  const lines = unified(before.split("\n"), after.split("\n"));
  const signed = (sign: string) => lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(1));
  return { gone: signed("-"), come: signed("+") };
}
