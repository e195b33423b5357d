/** As many repositories are named in a line. */
export const mostNamed = 10;

/** The first names of a list, and how many more there are: `app/api, app/web and 3 more`. */
export function inLine(names: readonly string[], most = mostNamed): string {
  const rest = names.length > most ? ` and ${names.length - most} more` : "";
  return `${names.slice(0, most).join(", ")}${rest}`;
}
