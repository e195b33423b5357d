import { type Cause, causes } from "../../src/check/cause.ts";
import texts from "./texts.json" with { type: "json" };

/** What an id stands for. One word may be the id of a verdict and of a warning. */
export type Explanation = {
  readonly id: string;
  readonly of: "verdict" | "warning" | "error";
  /** In one line. */
  readonly means: string;
  /** Paragraphs of one line each, and what is to be typed. */
  readonly says: readonly ({ readonly text: string } | { readonly code: string })[];
};

/** The sections of docs/explain.md, in its order: `npm run docs` writes them. */
export const explanations = texts as readonly Explanation[];

/** The words that the column VERDICT has for an id. */
export const wordsOf = ({ id, of }: Explanation): string | undefined =>
  of === "verdict" && Object.hasOwn(causes, id) ? causes[id as Cause].words : undefined;

/** What is explained under an id, or under a verdict's words; nothing where it is none of them. */
export function explained(wanted: string): readonly Explanation[] {
  const small = wanted.toLowerCase();
  const byId = explanations.filter(({ id }) => id.toLowerCase() === small);
  return byId.length > 0 ? byId : explanations.filter((each) => wordsOf(each)?.toLowerCase() === small);
}
