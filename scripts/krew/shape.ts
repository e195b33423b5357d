/** Returns the problems with the structure of a value at a path of a manifest, or an empty list. */
export type Shape = (value: unknown, path: string) => string[];

export const text: Shape = (value, path) => {
  if (typeof value !== "string") return [`fields: ${path} is not a text`];
  return value.trim() === "" ? [`fields: ${path} is empty`] : [];
};

/** Accepts one of these texts. */
export const oneOf =
  (...known: string[]): Shape =>
  (value, path) =>
    known.includes(value as string) ? [] : [`fields: ${path} is ${JSON.stringify(value)}, not ${known.join(" or ")}`];

/** Accepts a list with at least one item. Krew rejects an empty list, even if the list is optional. */
export const listOf =
  (item: Shape): Shape =>
  (value, path) => {
    if (!Array.isArray(value)) return [`fields: ${path} is not a list`];
    if (value.length === 0) return [`fields: ${path} is an empty list`];
    return value.flatMap((one, index) => item(one, `${path}[${index}]`));
  };

/** Accepts a mapping with these fields and no others. Krew itself ignores unknown fields, and therefore misspelled ones. */
export const fields =
  (required: Readonly<Record<string, Shape>>, optional: Readonly<Record<string, Shape>> = {}): Shape =>
  (value, path) => {
    if (!isMapping(value)) return [`fields: ${path || "the manifest"} is not a mapping`];
    if (path !== "" && Object.keys(value).length === 0) return [`fields: ${path} is an empty mapping`];
    const known = { ...required, ...optional };
    const at = (key: string) => (path === "" ? key : `${path}.${key}`);
    const missing = Object.keys(required).filter((key) => !(key in value));
    return [
      ...missing.map((key) => `fields: ${at(key)} is missing`),
      ...Object.entries(value).flatMap(([key, one]) => known[key]?.(one, at(key)) ?? [`fields: ${at(key)} is not known to Krew`]),
    ];
  };

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
