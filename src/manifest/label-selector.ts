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

/** `key`, `!key`, `key=value`, `key!=value`, `key in (a, b)` or `key notin (a, b)`. */
const form = /^(?:(!\s*)?([\w./-]+)|([\w./-]+)(?:\s*(==?|!=)\s*([\w.-]*)|\s+(in|notin)\s*\(([\w.,\s-]*)\)))$/;

function readPart(part: string): Selector | undefined {
  const [match, not, key, name = key, equality, value, set, values] = form.exec(part.trim()) ?? [];
  if (match === undefined || name === undefined) return undefined;
  const wanted = (values ?? value)?.split(",").map((word) => word.trim());
  const isNegative = not !== undefined || equality === "!=" || set === "notin";
  return (labels) => (Object.hasOwn(labels, name) && (!wanted || wanted.includes(labels[name] ?? ""))) !== isNegative;
}
