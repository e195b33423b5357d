import { nameOf, type Ref } from "../kinds.ts";

/** As many repositories are named in a line. */
export const mostNamed = 10;

/** The first names of a list, and how many more there are: `app/api, app/web and 3 more`. */
export function inLine(names: readonly string[], most = mostNamed): string {
  const rest = names.length > most ? ` and ${names.length - most} more` : "";
  return `${names.slice(0, most).join(", ")}${rest}`;
}

/** ` in namespace team-a of context prod`: where an object is, behind its name. */
export const placed = ({ namespace, context }: Pick<Ref, "namespace" | "context">): string =>
  ` in namespace ${namespace}${context === undefined ? "" : ` of context ${context}`}`;

/** `secret/acr in namespace team-a of context prod`: one that may be anywhere. */
export const namedThere = (to: Ref): string => `${nameOf(to)}${placed(to)}`;
