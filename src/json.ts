/** A JSON object that others wrote. Its fields can have any type. */
export type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** Returns the object in a JSON text; undefined for any other text. */
export function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

// A value of another type counts as absent.

export const objectOf = (value: unknown): Json => (isObject(value) ? value : {});

export const objectsOf = (value: unknown): Json[] => (Array.isArray(value) ? value.map(objectOf) : []);

export const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);

/** A member of an object in a JSON text (RFC 8259): the position of its name, and those of its value. */
type JsonMember = { readonly key: string; readonly start: number; readonly from: number; readonly to: number };

/**
 * Returns the members of an object, also those with the same name, of which JSON.parse returns only the last.
 * @param text valid JSON
 * @param at the position of the object's brace
 */
export function membersAt(text: string, at: number): JsonMember[] {
  const members: JsonMember[] = [];
  for (let name = next(text, at + 1); text[name] !== "}"; ) {
    const named = endOf(text, name);
    const from = next(text, named);
    const to = endOf(text, from);
    members.push({ key: JSON.parse(text.slice(name, named)) as string, start: name, from, to });
    name = next(text, to);
  }
  return members;
}

const between = /[\s:,]*/y;
const scalar = /"(?:[^"\\]|\\.)*"|[^\s,:{}[\]"]+/y;

/** The position of the next name, value or bracket. */
const next = (text: string, at: number): number => after(between, text, at);

/** The end of the value that starts at a position. Not recursive, because anyone can write deeply nested values. */
function endOf(text: string, at: number): number {
  let depth = 0;
  let end = at;
  do {
    const from = next(text, end);
    const open = "{[".includes(text[from] as string);
    const close = "}]".includes(text[from] as string);
    if (open) depth++;
    if (close) depth--;
    end = open || close ? from + 1 : after(scalar, text, from);
  } while (depth > 0);
  return end;
}

function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.exec(text);
  return pattern.lastIndex;
}
