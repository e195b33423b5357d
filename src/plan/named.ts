/** As many repositories are named in a line. */
export const mostNamed = 10;

/** The first names of a list, and how many more there are: `app/api, app/web and 3 more`. */
export function inLine(names: readonly string[]): string {
  const rest = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
  return `${names.slice(0, mostNamed).join(", ")}${rest}`;
}
