/** What the API server takes for a name (RFC 1123 subdomain). A pod may refer to other names: no Secret has one. */
export const isObjectName = (name: string): boolean =>
  name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name);

/** A name for a sentence: one that somebody could forge a line with is shown in quotes. */
export const shownName = (name: string): string => (isObjectName(name) ? name : JSON.stringify(name));

/** `a, b and c`; of many, `a, b, c and 9 more`. */
export function listed(items: readonly string[], most = 3): string {
  if (items.length > most) return `${items.slice(0, most).join(", ")} and ${items.length - most} more`;
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} and ${last}`;
}
