import { CliError, usage, withLines } from "../src/errors.ts";
import type { Command } from "../src/hint.ts";
import { isInCluster, nameOf, type Ref, targetKinds } from "../src/kinds.ts";
import type { Secret } from "../src/objects.ts";
import { type DryRun, isFailed, type Outcome } from "../src/outcome.ts";
import { printable } from "../src/output/printable.ts";
import { loginsIn } from "../src/secret/login.ts";
import { inLine, joinNames, nameInPlace, pluralize } from "../src/wording.ts";
import { endsRun } from "./conclude.ts";
import type { Session } from "./session.ts";

type Asking = { readonly yes: boolean; readonly output: string | undefined; readonly "dry-run": DryRun };

/** Whether a run asks before it deletes. */
export const mustAsk = ({ yes, "dry-run": dryRun }: Omit<Asking, "output">): boolean => !yes && dryRun === "none";

/** Returns what the question shows, once its dry run has run with `anything`. */
export function openQuestion() {
  const shown = new Set<string>();
  return { shown, anything: { has: () => true, add: (id: string) => shown.add(id) } };
}

type Place = Pick<Asking, "output"> & {
  /** The namespace whose objects are named without it. */
  readonly home: string;
  /** The command that does not ask. */
  readonly again?: Command;
};

/**
 * Asks once before anything is deleted, and names the objects.
 * @param preview the outcomes of a dry run
 * @returns the outcomes of the preview
 * @throws CliError usage with these names if it cannot ask; cancelled if the user declines; the error of the run
 */
export async function confirmDeletion(
  session: Session,
  preview: AsyncIterable<Outcome>,
  { home, output, again }: Place,
): Promise<readonly Outcome[]> {
  const outcomes = await session.during("Checking what would be deleted", () => Array.fromAsync(preview));
  const refused = outcomes.find(endsRun)?.error;
  if (refused) throw refused;
  const failed = outcomes.find(({ error }) => error);
  if (failed?.error) throw incomplete(failed.to, failed.error);
  const [question, whole] = [mostNames, Number.POSITIVE_INFINITY].map((most) => questionOf(outcomes, home, most));
  if (output !== undefined || !session.terminal)
    throw usage(withLines("cannot ask for confirmation without a terminal or with -o; add --yes", whole), again);
  if (whole !== question) session.stderr.write(`${printable(whole?.replace(/\?$/, "") ?? "")}\n`);
  if (question === undefined || (await session.terminal.confirm(`${printable(question)} [y/N] `))) return outcomes;
  throw new CliError("cancelled", "aborted; nothing was deleted");
}

/** A question about a part of the changes would be answered for all of them. */
const incomplete = (to: Ref, { kind, message, hint }: CliError) =>
  new CliError(kind, withLines("the dry run failed, so nothing was asked or changed", `${nameInPlace(to)}: ${message}`), { hint });

/** How many names of one action a question has. All are printed before a question that leaves some out. */
const mostNames = 10;

/** Returns the question, for example `Delete secret/acr-myregistry, which serviceaccount/default names?` */
function questionOf(outcomes: readonly Outcome[], home: string, most: number): string | undefined {
  const listed = (verb: string, names: readonly string[]): string[] => (names.length > 0 ? [`${verb} ${joinNames(names, most)}`] : []);
  const part = (verb: string, of: readonly Outcome[]) => listed(verb, namesOf(of, home, most));
  const done = outcomes.filter((outcome) => !isFailed(outcome));
  const deleted = [true, false].flatMap((here) => done.filter(({ to, result }) => result === "deleted" && isInCluster(to) === here));
  const detached = done.filter(({ list, result }) => result === "patched" && list?.does === "detach");
  const annotated = done.filter(({ to, result }) => result === "configured" && targetKinds.some((kind) => kind === to.kind));
  const narrowed = done.flatMap(({ to, withdraws }) => (withdraws ? [`${joinNames(withdraws, most)} from ${nameOf(to)}`] : []));
  const ended = done.flatMap(({ to, slot }) => (slot === undefined ? [] : [`${slot} of ${nameOf(to)}`]));
  const taken = [
    ...listed("withdraw", narrowed),
    ...listed("end", ended),
    ...part("remove a login from", done.filter(losesLogin)),
    ...part("remove its name from", detached),
    ...part("remove the identity from", annotated),
  ];
  const adopted = done.flatMap(({ to, loses }) => (loses ? [`adopt ${nameInPlace(to)}${losing(loses)}`] : []));
  const needed = done.flatMap(({ neededBy }) => (neededBy === undefined ? [] : [`${neededBy}. `]));
  const parts = [...adopted, ...part("delete", deleted), ...taken];
  if (parts.length === 0) return undefined;
  const text = parts.join(", and ");
  return `${needed.join("")}${text.charAt(0).toUpperCase()}${text.slice(1)}?`;
}

/** Whether a Secret stays with the other logins inside. */
const losesLogin = ({ result, before, object }: Outcome): boolean => result === "configured" && countLogins(before) > countLogins(object);

const countLogins = (secret: Outcome["object"]): number => (secret ? loginsIn(secret as Secret).length : 0);

const losing = (loses: readonly string[]): string => (loses.length > 0 ? `, which loses ${loses.join(", ")}` : "");

/** Names the objects of one action. The same names in other namespaces are one object with these namespaces. */
function namesOf(outcomes: readonly Outcome[], home: string, most: number): readonly string[] {
  const here = ({ to: { namespace = home } }: Outcome) => namespace === home;
  const others = Map.groupBy(
    outcomes.filter((outcome) => !here(outcome)),
    ({ to }) => nameOf(to),
  );
  const elsewhere = [...others].map(([name, all]) => {
    const namespaces = all.map(({ to }) => to.namespace ?? "");
    return `${name} in ${pluralize(namespaces.length, "namespace", "namespaces")} ${inLine(namespaces, most)}`;
  });
  return [...outcomes.filter(here).map(({ to }) => nameOf(to)), ...elsewhere];
}
