import { CliError } from "../../src/errors.ts";
import { isInCluster, joinNames, nameOf } from "../../src/kinds.ts";
import { isFailed, type Outcome } from "../../src/outcome.ts";
import { printable } from "../../src/output/printable.ts";
import type { PlaceDetail } from "../../src/output/words.ts";
import { counted } from "../../src/wording.ts";
import { endsRun } from "../conclude.ts";
import type { Session } from "../session.ts";

/**
 * Asks once before anything is deleted, and names the objects.
 * @param preview the outcomes of a dry run
 * @throws CliError cancelled if the user declines; the error of the only namespace
 */
export async function confirmDeletion(session: Session, preview: AsyncIterable<Outcome>, where: PlaceDetail): Promise<void> {
  const outcomes = await session.during("Checking what would be deleted", () => Array.fromAsync(preview));
  const refused = where === "one" ? outcomes.find(endsRun)?.error : undefined;
  if (refused) throw refused;
  const question = questionOf(outcomes, where);
  if (question === undefined || !session.terminal) return;
  if (!(await session.terminal.confirm(`${printable(question)} [y/N] `))) throw new CliError("cancelled", "aborted; nothing was deleted");
}

/** Returns the question, for example `Delete secret/acr-myregistry, which serviceaccount/default names?` */
function questionOf(outcomes: readonly Outcome[], where: PlaceDetail): string | undefined {
  const done = outcomes.filter((outcome) => !isFailed(outcome));
  const named = (is: (outcome: Outcome) => boolean) => done.filter(is).map(({ to }) => nameOf(to));
  const deleted = [true, false].flatMap((here) => named(({ to, result }) => result === "deleted" && isInCluster(to) === here));
  const detached = named(({ list, result }) => result === "patched" && list?.does === "detach");
  const parts = [...part("delete", deleted, where), ...part("remove its name from", detached, where)];
  if (parts.length === 0) return undefined;
  const text = parts.join(", and ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}?`;
}

/** Describes the objects of one action. In several namespaces, the same names occur repeatedly, so they are counted. */
function part(verb: string, names: readonly string[], where: PlaceDetail): string[] {
  if (names.length === 0) return [];
  const distinct = new Map<string, number>();
  for (const name of names) distinct.set(name, (distinct.get(name) ?? 0) + 1);
  const words = [...distinct].map(([name, count]) => (where === "one" ? name : `${name} in ${counted(count, "namespace")}`));
  return [`${verb} ${joinNames(words, 5)}`];
}
