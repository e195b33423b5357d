import { type Cause, causes } from "../src/check/cause.ts";
import { causesIn } from "../src/check/message.ts";
import { type CliError, usage } from "../src/errors.ts";
import { plugin, shell } from "../src/hint.ts";
import type { Item } from "../src/output/items.ts";
import { wrapped } from "../src/output/printable.ts";
import { table } from "../src/output/table.ts";
import { either } from "../src/wording.ts";
import texts from "./explain/texts.json" with { type: "json" };
import { printReport } from "./findings.ts";
import { formatFlag, noHeaders } from "./line/flags.ts";
import { near } from "./line/nearest.ts";
import { verb } from "./verb.ts";

export const explain = verb({
  usage: "explain [ID]",
  description: [
    "Explains a verdict of check, an ID of doctor, a warning or an error: what it means, its cause and what to do. Works offline. ID is a " +
      "value of cause, id, ids or error.kind in -o json and -o jsonl, a text of the column VERDICT, or a message of the kubelet. Without ID, lists all IDs.",
  ],
  examples: [
    "# List all IDs",
    "kubectl acr-secret explain",
    "# Explain a verdict by its ID",
    "kubectl acr-secret explain out-of-scope",
    "# Explain a verdict by its text",
    "kubectl acr-secret explain credential rejected",
  ],
  flags: {
    output: formatFlag("data"),
    ...noHeaders,
  },
  // The words of a verdict don't need quotes
  most: Number.POSITIVE_INFINITY,
  complete: async (_, words) => (words.length > 0 ? [] : explanations.map(({ id, means }) => `${id}\t${means}`)),
  async run({ flags, args }, session) {
    const found = args.length === 0 ? explanations : explained(args.join(" "));
    if (found.length === 0) throw unknown(args.join(" "));
    if (flags.output !== undefined) await printReport(session, "explain", flags.output, found.map(itemOf));
    else if (args.length > 0) session.print(found.map((each) => rendered(each, session.stdout.columns)).join("\n"));
    else {
      const rows = found.map((each) => [each.id, each.of, verdictOf(each) ?? "", each.means]);
      session.print(table(["ID", "TYPE", "VERDICT", "MEANS"], rows, { headers: !flags["no-headers"] }));
    }
    return 0;
  },
});

const itemOf = (each: Explanation): Item => ({
  id: each.id,
  type: each.of,
  verdict: verdictOf(each),
  means: each.means,
  says: each.says.map(textOf).join("\n\n"),
});

const listing = shell("kubectl acr-secret explain");

function unknown(word: string): CliError {
  if (/^(?:ErrImagePull|ImagePullBackOff)$/i.test(word))
    return usage(`${word} has many causes`, { ...plugin("check"), when: "to find the cause, run" });
  const known = explanations.flatMap((each) => [each.id, verdictOf(each) ?? each.id]);
  const ids = near(word, known)
    .flatMap(explained)
    .map(({ id }) => id);
  const suggested = [...new Set(ids)].slice(0, 5);
  return usage(`unknown id ${JSON.stringify(word)}`, suggested.length > 0 ? `did you mean ${either(suggested)}?` : listing);
}

/** The maximum line width for readable text, and the default if the terminal's width is unknown. */
const widest = 80;

/** Returns an explanation in the form for a terminal. @param columns the width of the terminal; 0 if unknown */
export function rendered(explanation: Explanation, columns: number): string {
  const { id, of, means, says } = explanation;
  const verdict = verdictOf(explanation);
  const head = `${id} (${of})${verdict === undefined ? "" : `: ${verdict}`}`;
  const lines = (text: string) => wrapped(text, Math.min(widest, columns || widest)).join("\n");
  const blocks = says.map((block) => ("code" in block ? textOf(block) : lines(block.text)));
  return [lines(head), lines(means), ...blocks].map((block) => `${block}\n`).join("\n");
}

/** Returns a paragraph as one line, or indented commands. */
const textOf = (block: Block): string => ("code" in block ? block.code.replaceAll(/^/gm, "  ") : block.text);

/** A paragraph, or commands. */
type Block = { readonly text: string } | { readonly code: string };

/** The explanation of an id. A verdict and a warning can have the same id. A check or a way to pull is an id of doctor. */
export type Explanation = {
  readonly id: string;
  readonly of: "verdict" | "warning" | "error" | "check" | "way";
  /** A summary in one line. */
  readonly means: string;
  readonly says: readonly Block[];
};

/** The sections of docs/explain.md and docs/doctor.md, in the same order. `npm run docs` generates them. */
export const explanations = texts as readonly Explanation[];

/** Returns the words of the VERDICT column for an id; undefined for a warning or an error. */
const verdictOf = ({ id, of }: Explanation): string | undefined => (of === "verdict" ? causes[id as Cause].words : undefined);

/** Returns the explanations for an id, for the words of a verdict, or for a message of the kubelet; an empty list if nothing matches. */
function explained(wanted: string): readonly Explanation[] {
  const lower = wanted.toLowerCase();
  const byId = explanations.filter(({ id }) => id.toLowerCase() === lower);
  if (byId.length > 0) return byId;
  const byWords = explanations.filter((each) => verdictOf(each)?.toLowerCase() === lower);
  const meant: readonly string[] = byWords.length > 0 ? [] : causesIn(wanted);
  return [...byWords, ...explanations.filter(({ id, of }) => of === "verdict" && meant.includes(id))];
}
