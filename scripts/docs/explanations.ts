import type { Explanation } from "../../cmd/explain.ts";
import { pagesAddress } from "../../cmd/project.ts";

/** The pages with explanations. */
export const explaining = ["docs/explain.md", "docs/doctor.md", "docs/secretless.md"];

/** The chapters of these pages, and what their sections explain. */
const chapters: Readonly<Record<string, Explanation["of"]>> = {
  Verdicts: "verdict",
  Warnings: "warning",
  Errors: "error",
  Checks: "check",
  "Ways to pull": "way",
};

/**
 * Returns the explanations on a page: a section for each id. The first paragraph of a section explains the id in one line.
 *
 * @throws Error for an id without such a paragraph
 */
export function explanationsIn(page: string): Explanation[] {
  return page.split(/^## /m).flatMap((chapter) => {
    const [title = "", ...sections] = chapter.split(/^### /m);
    const of = chapters[title.split("\n")[0] ?? ""];
    return of === undefined ? [] : sections.map((section) => explanationIn(section, of));
  });
}

/** Returns the text of cmd/explain/texts.json. */
export const explanationsFile = (pages: readonly string[]): string => `${JSON.stringify(pages.flatMap(explanationsIn), null, 2)}\n`;

function explanationIn(section: string, of: Explanation["of"]): Explanation {
  const [title = "", ...lines] = section.split("\n");
  const id = title.replaceAll("`", "");
  const [first, ...says] = blocksOf(lines.join("\n"));
  if (!first || "code" in first) throw new Error(`section ${id} does not begin with a paragraph`);
  return { id, of, means: first.text, says };
}

/** Returns paragraphs, each as one line with addresses instead of links, and code blocks. */
function blocksOf(text: string): Explanation["says"] {
  return [...text.matchAll(/^```\w*\n([\s\S]*?)\n```$|^(?!```)\S[\s\S]*?(?=\n\n|\n*$(?![\s\S]))/gm)].map(([block, code]) =>
    code === undefined ? { text: block.replaceAll(/\[[^\]]+\]\(([^)]+)\)/g, `${pagesAddress}$1`).replaceAll("\n", " ") } : { code },
  );
}
