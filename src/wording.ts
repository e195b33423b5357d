import { argumentKind, kinds, nameOf, type Ref, type TargetKind } from "./kinds.ts";

/** The maximum number of names in a line. */
export const maxNames = 10;

/** Returns the first names of a list and the number of the others: `app/api, app/web and 3 more`. */
export function inLine(names: readonly string[], most = maxNames): string {
  const rest = names.length > most ? ` and ${names.length - most} more` : "";
  return `${names.slice(0, most).join(", ")}${rest}`;
}

/** `app, web or api` */
export const either = (names: readonly string[]): string => names.join(", ").replace(/, (?=[^,]*$)/, " or ");

/** Returns the namespace of an object to append to its name, for example ` in namespace team-a`. */
export const placed = ({ namespace }: Pick<Ref, "namespace">): string => ` in namespace ${namespace}`;

/** Returns an object's name with its place, for example `secret/acr in namespace team-a`. */
export const nameInPlace = (to: Ref): string => `${nameOf(to)}${placed(to)}`;

/** Returns a target as the command line names it: `deployment/web`. */
export const targetArgument = ({ kind, name }: Ref<TargetKind>): string => nameOf({ kind: argumentKind(kind), name });

/** Whether an object is a pod or creates pods: a ServiceAccount doesn't. */
export const hasPods = ({ kind }: Pick<Ref<TargetKind>, "kind">): boolean => "podSpec" in kinds[kind];

export const pluralize = (count: number, singular: string, plural: string): string => (count === 1 ? singular : plural);

/** `1 image`, `2 images` */
export const counted = (count: number, noun: string): string => `${count} ${pluralize(count, noun, `${noun}s`)}`;

/** Quotes an unusual name for a sentence: an object, a registry or Azure may return any text, which could imitate a line of output. */
export const shownName = (name: string): string => (/^[\w.:/*-]+$/.test(name) ? name : JSON.stringify(name));

/** Joins names: `a, b and c`; for many, `a, b, c and 9 more`. */
export function joinNames(names: readonly string[], most = 3): string {
  if (names.length > most) return inLine(names, most);
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}
