import type { Explanation } from "../../cmd/explain.ts";

/** The headings of a page under which ids stand, each as a heading of its own. */
const headings: Readonly<Record<string, Explanation["of"]>> = { Verdicts: "verdict", Warnings: "warning", Errors: "error" };

/**
 * What a page explains: a section for each id, of which the first paragraph says in one line what it means.
 *
 * @throws Error for an id without that
 */
export function explanationsIn(page: string): Explanation[] {
  return page.split(/^## /m).flatMap((chapter) => {
    const [title = "", ...sections] = chapter.split(/^### /m);
    const of = headings[title.split("\n")[0] ?? ""];
    return of === undefined ? [] : sections.map((section) => explanationIn(section, of));
  });
}

/** As the file that the plugin carries. */
export const explanationsFile = (page: string): string => `${JSON.stringify(explanationsIn(page), null, 2)}\n`;

function explanationIn(section: string, of: Explanation["of"]): Explanation {
  const [id = "", ...lines] = section.split("\n");
  const [first, ...says] = blocksOf(lines.join("\n"));
  if (!first || "code" in first) throw new Error(`the page does not say in a paragraph what ${id} means`);
  return { id, of, means: first.text, says };
}

/** Paragraphs, each in one line and without links, and blocks of code. */
function blocksOf(text: string): Explanation["says"] {
  return [...text.matchAll(/^```\w*\n([\s\S]*?)\n```$|^(?!```)\S[\s\S]*?(?=\n\n|\n*$(?![\s\S]))/gm)].map(([block, code]) =>
    code === undefined ? { text: block.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1").replaceAll("\n", " ") } : { code },
  );
}
