/** Whether labels match a selector. */
type Selector = (labels: Readonly<Record<string, string>>) => boolean;

/**
 * Parses `app=web,tier!=db,env in (a, b),env notin (c),app,!app` like the API server (apimachinery labels.Parse).
 * @returns undefined if the text is not a selector
 */
export function readSelector(text: string): Selector | undefined {
  const parts = text.match(/(?:[^,(]|\([^)]*\))+/g) ?? [];
  const read = parts.map(readPart);
  return parts.join(",") === text && read.every((part) => part !== undefined) ? (labels) => read.every((part) => part(labels)) : undefined;
}

const key = "([\\w./-]+)";
const forms: readonly (readonly [RegExp, (name: string, words: string) => Selector])[] = [
  [new RegExp(`^${key}$`), (name) => (labels) => Object.hasOwn(labels, name)],
  [new RegExp(`^!\\s*${key}$`), (name) => (labels) => !Object.hasOwn(labels, name)],
  [new RegExp(`^${key}\\s*==?\\s*([\\w.-]*)$`), (name, value) => (labels) => Object.hasOwn(labels, name) && labels[name] === value],
  [new RegExp(`^${key}\\s*!=\\s*([\\w.-]*)$`), (name, value) => (labels) => !Object.hasOwn(labels, name) || labels[name] !== value],
  [
    new RegExp(`^${key}\\s+in\\s*\\(([\\w.,\\s-]*)\\)$`),
    (name, values) => (labels) => Object.hasOwn(labels, name) && listed(values).includes(labels[name] ?? ""),
  ],
  [
    new RegExp(`^${key}\\s+notin\\s*\\(([\\w.,\\s-]*)\\)$`),
    (name, values) => (labels) => !Object.hasOwn(labels, name) || !listed(values).includes(labels[name] ?? ""),
  ],
];

const listed = (words: string) => words.split(",").map((word) => word.trim());

function readPart(part: string): Selector | undefined {
  for (const [form, selector] of forms) {
    const [, name, words = ""] = form.exec(part.trim()) ?? [];
    if (name !== undefined) return selector(name, words);
  }
  return undefined;
}
