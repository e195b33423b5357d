/** A comma, and behind it a quoted field with doubled quotes inside, or text up to the next comma. */
const field = /,(?:"((?:[^"]|"")*)"(?=,|$)|([^,]*))/g;

/** Splits a value of a repeatable flag at its commas, as pflag's StringSlice does: `"a,b"` in quotes is one element (RFC 4180). */
export const splitList = (text: string): string[] =>
  [...`,${text}`.matchAll(field)].map(([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain);

/** Writes one element so that `splitList` returns it as it is. */
export const listWord = (element: string): string => (/[,"]/.test(element) ? `"${element.replaceAll('"', '""')}"` : element);
