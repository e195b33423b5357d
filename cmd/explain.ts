import { type Cause, causes } from "../src/check/cause.ts";
import { type CliError, usage } from "../src/errors.ts";
import type { Fix } from "../src/fix.ts";
import { printData } from "../src/output/object.ts";
import { wrapped } from "../src/output/printable.ts";
import { table } from "../src/output/table.ts";
import texts from "./explain/texts.json" with { type: "json" };
import { formats, noHeaders } from "./line/flags.ts";
import { near } from "./line/nearest.ts";
import { verb } from "./verb.ts";

export const explain = verb({
  usage: "explain [ID]",
  description:
    "Tells what a verdict of check, a warning or an error means, why it comes, and what to do. Nobody is asked. ID is what stands under " +
    "cause, ids or error.kind in -o json and -o jsonl, or the words in the column VERDICT. Without it all ids are listed.",
  examples: [
    "# Every id",
    "kubectl acr-secret explain",
    "# A verdict, by its id or by its words",
    "kubectl acr-secret explain out-of-scope",
    "kubectl acr-secret explain credential refused",
  ],
  flags: {
    ...noHeaders,
    output: formats(["json", "yaml"]),
  },
  // The words of a verdict can be given without quotes
  most: Number.POSITIVE_INFINITY,
  read: (word) => word,
  complete: async (_, words) => (words.length > 0 ? [] : explanations.map(({ id, means }) => `${id}\t${means}`)),
  async run({ flags, args }, session) {
    const found = args.length === 0 ? explanations : explained(args.join(" "));
    if (found.length === 0) throw unknown(args.join(" "));
    if (flags.output !== undefined) session.print(await printData(listOf(found), flags.output));
    else if (args.length > 0) session.print(found.map((each) => rendered(each, session.stdout.columns)).join("\n"));
    else {
      const rows = found.map(({ id, of, means }) => [id, of, means]);
      session.print(table(["ID", "OF", "MEANS"], rows, { headers: !flags["no-headers"] }));
    }
    return 0;
  },
});

const listOf = (found: readonly Explanation[]) => ({
  apiVersion: "acr-secret/v1",
  kind: "ExplanationList",
  items: found.map((each) => ({ id: each.id, of: each.of, verdict: wordsOf(each), means: each.means, says: plain(each) })),
});

const listing: Fix = { do: "shell", argv: ["kubectl", "acr-secret", "explain"] };

function unknown(word: string): CliError {
  const known = explanations.flatMap((each) => [each.id, wordsOf(each) ?? each.id]);
  const ids = new Set(
    near(word, known)
      .flatMap(explained)
      .map(({ id }) => id),
  );
  const meant = [...ids].slice(0, 5);
  return usage(
    `unknown id ${JSON.stringify(word)}`,
    meant.length > 0 ? `did you mean ${meant.join(", ").replace(/, (?=[^,]*$)/, " or ")}?` : listing,
  );
}

/** The maximum line width for readable text, and the default if the terminal's width is unknown. */
const widest = 80;

/** Returns an explanation in the form for a terminal. @param columns the width of the terminal; 0 if unknown */
export function rendered(explanation: Explanation, columns: number): string {
  const { id, of, means, says } = explanation;
  const words = wordsOf(explanation);
  const head = `${id} (${of})${words === undefined ? "" : `: ${words}`}`;
  const lines = (text: string) => wrapped(text, Math.min(widest, columns || widest)).join("\n");
  const blocks = says.map((block) => ("code" in block ? indented(block.code) : lines(block.text)));
  return [lines(head), lines(means), ...blocks].map((block) => `${block}\n`).join("\n");
}

/** Returns the text of an explanation without line wrapping. */
export const plain = ({ says }: Explanation): string =>
  says.map((block) => ("code" in block ? indented(block.code) : block.text)).join("\n\n");

const indented = (code: string): string => code.replaceAll(/^/gm, "  ");

/** The explanation of an id. A word can be the id of a verdict and of a warning. */
export type Explanation = {
  readonly id: string;
  readonly of: "verdict" | "warning" | "error";
  /** A summary in one line. */
  readonly means: string;
  /** Paragraphs of one line each, and commands. */
  readonly says: readonly ({ readonly text: string } | { readonly code: string })[];
};

/** The sections of docs/explain.md, in the same order. `npm run docs` generates them. */
export const explanations = texts as readonly Explanation[];

/** Returns the words for an id in the column VERDICT. */
export const wordsOf = ({ id, of }: Explanation): string | undefined =>
  of === "verdict" && Object.hasOwn(causes, id) ? causes[id as Cause].words : undefined;

/** Returns the explanations for an id, or for the words of a verdict; none if there is no such id. */
export function explained(wanted: string): readonly Explanation[] {
  const small = wanted.toLowerCase();
  const byId = explanations.filter(({ id }) => id.toLowerCase() === small);
  return byId.length > 0 ? byId : explanations.filter((each) => wordsOf(each)?.toLowerCase() === small);
}
