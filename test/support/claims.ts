/** A test that a page names at its end: `[label]: ../test/x.test.ts "its name"`. */
export type NamedTest = { readonly label: string; readonly path: string; readonly name: string };

/** A sentence of a page, and the labels of the tests that prove it. */
export type Sentence = { readonly text: string; readonly tests: readonly string[] };

/** Returns the tests that a page names. */
export const testsOf = (page: string): NamedTest[] =>
  [...page.matchAll(/^\[(.+)\]: \.\.\/(\S+) "(.+)"$/gm)].map(([, label = "", path = "", name = ""]) => ({ label, path, name }));

/** Returns the sentences below the heading "Guarantees", without the bold words at the start of an item. */
export function sentencesOf(page: string): Sentence[] {
  const section = /^## Guarantees[^\n]*\n([\s\S]*?)(?=^## )/m.exec(page)?.[1] ?? "";
  const items = section
    .split(/^- /m)
    .slice(1)
    .map((item) => item.replace(/\n\n[\s\S]*/, ""));
  return items.flatMap((item) =>
    item
      .replace(/^\*\*.*?\*\*/s, "")
      .replace(/\s+/g, " ")
      .split(/\.(?= |$)/)
      .map((text) => text.trim())
      .filter((text) => text !== "")
      .map(readSentence),
  );
}

/** `([one], [another])` */
const named = /\s*\((\[[^()]+\])\)/g;

const readSentence = (text: string): Sentence => ({
  text: text.replace(named, ""),
  tests: [...text.matchAll(named)].flatMap(([, labels = ""]) => labels.slice(1, -1).split("], [")),
});

/** Returns every quoted text in a source: the names of its tests, and of the rows of its tables. */
export const namesIn = (source: string): string[] =>
  [...source.matchAll(/"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/g)].map(([, double, tick = ""]) => double?.replace(/\\(.)/g, "$1") ?? tick);
