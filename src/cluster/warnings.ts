/**
 * The text of a `Warning` header of the API server (RFC 7234 5.5): `299 - "v1 Foo is deprecated"`.
 * Other codes are for caches, and give undefined.
 */
export function warningText(header: string): string | undefined {
  const text = /^299 \S+ "((?:[^"\\]|\\.)*)"/.exec(header)?.[1];
  return text?.replace(/\\(.)/g, "$1");
}
