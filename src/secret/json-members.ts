/** A member of an object in a JSON text (RFC 8259), and where its value stands. */
export type Member = { readonly key: string; readonly from: number; readonly to: number };

/**
 * The members of an object, for a change that leaves every other character of the text as it is.
 * @param text valid JSON
 * @param at where the object's brace stands
 */
export function membersAt(text: string, at: number): Member[] {
  const members: Member[] = [];
  for (let name = next(text, at + 1); text[name] !== "}"; ) {
    const named = endOf(text, name);
    const from = next(text, named);
    const to = endOf(text, from);
    members.push({ key: JSON.parse(text.slice(name, named)) as string, from, to });
    name = next(text, to);
  }
  return members;
}

const between = /[\s:,]*/y;
const scalar = /"(?:[^"\\]|\\.)*"|[^\s,:{}[\]"]+/y;

/** Where the next name, value or bracket stands. */
export const next = (text: string, at: number): number => after(between, text, at);

/** Where the value ends that begins at a place; without recursion, since anybody can nest it as deep as he likes. */
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
