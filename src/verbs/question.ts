import { CliError } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import { copiesOf } from "../secret/record.ts";
import { nameInPlace } from "../wording.ts";

/** What a run may take away: what the user saw in the question, or anything without one. It gets what the run takes away. */
export type Question = { has(id: string): boolean; add(id: string): unknown };

export const notShown = (what: string) =>
  new CliError("conflict", `${what} was not in the question, so it stays`, { hint: "run the command again" });

/** The error if something was not in the question. */
export function unshown(what: string, id: string, question: Question): CliError | undefined {
  if (!question.has(id)) return notShown(what);
  question.add(id);
  return undefined;
}

/** The error if a source has copies that were not in the question. @param id names the source */
export function unshownCopies(secret: Secret, to: Ref<"secret">, id: string, question: Question): CliError | undefined {
  const errors = Object.entries(copiesOf(secret)).map((copy) =>
    unshown(`the copy in namespace ${copy[0]} of ${nameInPlace(to)}`, [id, ...copy].join(), question),
  );
  return errors.find((error) => error);
}
