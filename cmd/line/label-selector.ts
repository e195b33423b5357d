/** A requirement of a label selector (meta/v1 LabelSelectorRequirement). Without `values`, only the existence of the label counts. */
export type LabelRequirement = {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values?: readonly string[];
};

/**
 * Parses `app=web,tier!=db,env in (a, b),env notin (c),app,!app` like the API server (apimachinery labels.Parse).
 * @returns undefined if the text is not a selector
 */
export function parseLabelSelector(text: string): readonly LabelRequirement[] | undefined {
  const parts = text.match(/(?:[^,(]|\([^)]*\))+/g) ?? [];
  const read = parts.map(readPart);
  return parts.join(",") === text && read.every((part) => part !== undefined) ? read : undefined;
}

/** `key`, `!key`, `key=value`, `key!=value`, `key in (a, b)` or `key notin (a, b)`. */
const form = /^(?:(!\s*)?([\w./-]+)|([\w./-]+)(?:\s*(==?|!=)\s*([\w.-]*)|\s+(in|notin)\s*\(([\w.,\s-]*)\)))$/;

function readPart(part: string): LabelRequirement | undefined {
  const [match, not, key, name = key, equality, value, set, values] = form.exec(part.trim()) ?? [];
  if (match === undefined || name === undefined) return undefined;
  const wanted = (values ?? value)?.split(",").map((word) => word.trim());
  if (!wanted) return { key: name, operator: not === undefined ? "Exists" : "DoesNotExist" };
  return { key: name, operator: equality === "!=" || set === "notin" ? "NotIn" : "In", values: wanted };
}
