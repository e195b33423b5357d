/** `key`, `!key`, `key=value`, `key!=value`, `key in (a, b)` or `key notin (a, b)`. */
const requirement = /^(?:(?:!\s*)?[\w./-]+|[\w./-]+(?:\s*(?:==?|!=)\s*[\w.-]*|\s+(?:in|notin)\s*\([\w.,\s-]*\)))$/;

/** Whether the API server reads a text as a label selector: `app=web,env in (a, b),!old` (apimachinery labels.Parse). */
export function isLabelSelector(text: string): boolean {
  const parts = text.match(/(?:[^,(]|\([^)]*\))+/g) ?? [];
  return parts.join(",") === text && parts.every((part) => requirement.test(part.trim()));
}
