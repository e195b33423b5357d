import { CliError, ProxyEnded, permissionHint, withLines } from "../src/errors.ts";
import { type Command, inPlace, plugin } from "../src/hint.ts";
import type { Ref } from "../src/kinds.ts";
import type { DryRun, Outcome } from "../src/outcome.ts";
import { printError } from "../src/output/error.ts";
import type { DesiredEntry } from "../src/output/format.ts";
import { type Form, openPrinter, type Printer } from "../src/output/printer.ts";
import { openTally } from "../src/output/tally.ts";
import { drySuffix, type PlaceDetail, placePrefix } from "../src/output/words.ts";
import { counted, inLine, pluralize } from "../src/wording.ts";
import { pagesAddress } from "./project.ts";
import type { Session } from "./session.ts";
import { failureCode } from "./verb.ts";

/** The flags that select how a run prints its changes. */
type PrintingFlags = {
  readonly "dry-run": DryRun;
  readonly diff: boolean;
  readonly output: Exclude<Form, "diff">;
  readonly "show-managed-fields": boolean;
  /** `-o json|yaml` prints the data of Secrets. */
  readonly passwords?: true;
  /** What `-o file` prints. */
  readonly desired?: DesiredEntry | undefined;
  /** The namespace of the run. Lines name other namespaces. */
  readonly home?: string | undefined;
  /** Whether an outcome ends access to images that nodes may still start. */
  readonly endsAccess?: ((outcome: Outcome) => boolean) | undefined;
};

/** The namespaces of a run, and whether they were discovered; undefined if they are not known before it. */
type Places = { readonly namespaces: readonly string[] | undefined; readonly open: boolean };

export const whereOf = ({ open, namespaces }: Places): PlaceDetail => (!open && (namespaces ?? []).length <= 1 ? "one" : "namespaces");

/**
 * Prints the outcomes of a run on namespaces, and a summary.
 * @throws CliError of the only namespace, if there is one
 * @returns the exit code
 */
export async function conclude(outcomes: AsyncIterable<Outcome>, session: Session, flags: PrintingFlags, places: Places): Promise<number> {
  const where = whereOf(places);
  const how = {
    where,
    dryRun: flags["dry-run"],
    managedFields: flags["show-managed-fields"],
    passwords: flags.passwords,
    home: flags.home,
    desired: flags.desired,
  };
  const printer = openPrinter(flags.diff ? "diff" : flags.output, { ...session, ...how });
  const total = places.namespaces?.length;
  const tally = await printOutcomes(withUnread(outcomes, session), session, {
    printer,
    where,
    total: total ?? 0,
    endsAccess: flags.endsAccess,
  });
  const left = Math.max(0, (total ?? tally.places) - tally.places) + tally.left;
  return endOf(tally, { session, flags, places, where, total, left, differs: printer.differs ?? false });
}

type End = {
  readonly session: Session;
  readonly flags: PrintingFlags;
  readonly places: Places;
  readonly where: PlaceDetail;
  readonly total: number | undefined;
  /** The namespaces that an interruption left unfinished. */
  readonly left: number;
  readonly differs: boolean;
};

/** Prints the summary of a run. @returns the exit code */
function endOf(tally: ReturnType<typeof openTally>, { session, flags, places, where, total, left, differs }: End): number {
  const interrupted = session.interrupted();
  const done = tally.summary();
  const summary = done ? `${done}${drySuffix[flags.diff ? "client" : flags["dry-run"]]}` : total === 0 ? "no namespace matches" : "";
  session.stderr.write(summaryLine(summary, where, interrupted ? left : undefined));
  if (interrupted) return 130;
  const code = tally.failures > 0 ? failureCode(flags.diff) : Number(differs);
  if (printsHints(code, flags)) hintNext(tally, session, checkOf(places, where));
  return code;
}

/** @param check finds what still keeps pods from pulling */
function hintNext({ attaches, endsAccess }: ReturnType<typeof openTally>, { terminal, hint }: Session, check: Command): void {
  if (attaches && terminal) hint(check);
  const still = "nodes that have an image still start it for pods with an ended login; to end that too, see";
  if (endsAccess) hint(`${still} ${pagesAddress}end-access.md`);
}

/** Returns the command that finds what still keeps pods from pulling, after a run that attached a Secret. */
const checkOf = ({ namespaces }: Places, where: PlaceDetail): Command =>
  where === "one" ? { ...plugin("check"), namespace: namespaces?.[0] } : { ...plugin("check", "--all-namespaces"), namespace: "" };

/** Whether to print the next step after a run: only for people, and only if it has changed something. */
export const printsHints = (code: number, { output, "dry-run": dryRun }: PrintingFlags): boolean =>
  code === 0 && output === undefined && dryRun === "none";

/** Whether an outcome ends a login: its password, its account in Azure, its right to a repository, or a copy of its Secret. */
export const endsLogin = ({ result, slot, withdraws = [] }: Outcome): boolean =>
  withdraws.length > 0 || result === "deleted" || (result === "configured" && slot !== undefined);

/** Whether an outcome is the error of a run on one namespace, and not the error of one of its credentials. */
export const endsRun = ({ error, endsPlace }: Outcome): boolean => error !== undefined && endsPlace === true;

/** Names the namespaces that may hold a password, and that could not be read, once. */
async function* withUnread(outcomes: AsyncIterable<Outcome>, { unread }: Session): AsyncGenerator<Outcome> {
  yield* outcomes;
  const names = [...unread.keys()].sort();
  const [name = ""] = names;
  const which = `${pluralize(names.length, "namespace", "namespaces")} ${inLine(names)}`;
  const message = withLines(`cannot list the Secrets of ${which}, which may hold a password`, unread.get(name)?.message);
  if (names.length > 0) yield { to: { kind: "namespace", name }, error: new CliError("forbidden", message) };
}

/** Yields the outcomes without the error that the end of the proxy causes for each object. @throws ProxyEnded after the last outcome */
async function* withoutProxyErrors(outcomes: AsyncIterable<Outcome>): AsyncGenerator<Outcome> {
  let ended: ProxyEnded | undefined;
  for await (const outcome of outcomes) {
    const { error, ...rest } = outcome;
    if (!(error instanceof ProxyEnded)) yield outcome;
    else {
      ended = error;
      if (rest.messages) yield { ...rest, left: "failed" };
    }
  }
  if (ended) throw ended;
}

/**
 * Prints and counts each outcome of a verb that writes, as soon as it is known.
 * @throws CliError of the only namespace, if there is one; ProxyEnded
 */
export async function printOutcomes(
  outcomes: AsyncIterable<Outcome>,
  { count, hint }: Session,
  {
    printer,
    where,
    total,
    endsAccess,
  }: Pick<PrintingFlags, "endsAccess"> & {
    readonly printer: Printer;
    readonly where: PlaceDetail;
    readonly total: number;
  },
): Promise<ReturnType<typeof openTally>> {
  const tally = openTally(endsAccess);
  const bar = count(total);
  let next: string | undefined;
  try {
    for await (const outcome of withoutProxyErrors(outcomes)) {
      if (where === "one" && endsRun(outcome)) throw outcome.error;
      tally.count(outcome);
      next ??= permissionHint(outcome.error);
      bar.clear();
      await printer.print(outcome);
      bar.show(tally.places);
    }
  } finally {
    bar.clear();
    await printer.end();
  }
  if (next !== undefined) hint(next);
  return tally;
}

export function printPlaceError(session: Session, error: unknown, at: Ref, where: PlaceDetail): void {
  const formatCommand = (fix: Command) => session.formatCommand(inPlace(fix, at));
  printError({ ...session, formatCommand }, error, placePrefix(at, where));
}

/**
 * Returns the summary of a run on several namespaces, or of an interrupted run.
 * @param left the number of namespaces that are not done; absent for a complete run
 */
function summaryLine(summary: string, where: PlaceDetail, left: number | undefined): string {
  if (where === "one") return "";
  if (left === undefined) return `${summary || "nothing to do"}\n`;
  const rest = left > 0 ? `; ${counted(left, "namespace")} left` : "";
  return `interrupted: ${summary || "nothing was done"}${rest}. Run the same command again to continue.\n`;
}
