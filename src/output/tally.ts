import { kinds, type Ref } from "../kinds.ts";
import { type Result as ObjectResult, type Outcome, results } from "../outcome.ts";
import { counted } from "../wording.ts";

/** `widened`: nothing changed in the place, but the credential of its Secret got more rights. */
type Word = ObjectResult | "failed" | "left" | "widened";

/** The most important result first. An interrupted place is unfinished, whatever its other outcomes are. */
const order: readonly Word[] = ["failed", "left", ...results.filter((word) => word !== "unchanged"), "widened", "unchanged"];

/** The result of a place, and the kind and the names of the objects with this result. */
type Result = { readonly word: Word; readonly kind: Ref["kind"]; readonly names: readonly string[] };

/**
 * Counts the result of each place: its most important outcome.
 * @param ends whether an outcome ends access to images
 */
export function openTally(ends: (outcome: Outcome) => boolean = () => false) {
  const byPlace = new Map<string, Result>();
  const updated: Ref["kind"][] = [];
  const blocked = new Set<string>();
  let failures = 0;
  let deletedPasswords = 0;
  let attaches = false;
  let endsAccess = false;
  /** The credential of the following places got more rights. Its outcome comes before theirs. */
  let widens = false;
  let isBetweenPlaces = true;

  function countAzure({ to, result, slot, grants, withdraws, error, left }: Outcome): void {
    if (result === undefined || kinds[to.kind].at !== "azure" || slot !== undefined || result === "deleted") return;
    if (!isBetweenPlaces) widens = false;
    isBetweenPlaces = true;
    if (result !== "configured" || !(grants ?? withdraws) || error || left) return;
    widens = true;
    updated.push(to.kind);
  }

  function countIn(place: string, outcome: Outcome): void {
    const word = tallied(outcome);
    isBetweenPlaces = false;
    if (word === undefined) return;
    const { kind, name } = outcome.to;
    const result = { word: widens && word === "unchanged" ? "widened" : word, kind, names: [name] } as const;
    byPlace.set(place, strongest(byPlace.get(place), result));
  }

  return {
    count: (outcome: Outcome): void => {
      if (isFailure(outcome)) failures++;
      if (outcome.slot !== undefined) deletedPasswords++;
      if (outcome.isBlocked) blocked.add(outcome.to.name);
      attaches ||= !isFailure(outcome) && outcome.list?.does === "attach" && outcome.result === "patched";
      endsAccess ||= ends(outcome);
      const { namespace } = outcome.to;
      if (namespace === undefined) countAzure(outcome);
      else countIn(namespace, outcome);
    },
    get failures() {
      return failures;
    },
    /** Whether a list has got the Secret. */
    get attaches() {
      return attaches;
    },
    /** Whether access to images has ended. */
    get endsAccess() {
      return endsAccess;
    },
    /** The places with a result. */
    get places() {
      return byPlace.size;
    },
    /** The places that an interruption left unfinished. */
    get left() {
      return [...byPlace.values()].filter(({ word }) => word === "left").length;
    },
    /**
     * `998 Secrets created, 1 scope map configured, 1 namespace unchanged, 1 namespace failed, 1 namespace blocked`; without unfinished
     * places. Deleted passwords are counted if nothing else was done.
     */
    summary: () => {
      const done = summaryOf([...byPlace.values()], updated);
      const ended = !done && deletedPasswords > 0 ? `${counted(deletedPasswords, "password")} deleted` : "";
      return [done, ended, blocked.size > 0 ? `${counted(blocked.size, "namespace")} blocked` : ""].filter(Boolean).join(", ");
    },
  };
}

const isFailure = ({ error, left }: Outcome) => error !== undefined || left === "failed";

function tallied(outcome: Outcome): Word | undefined {
  if (isFailure(outcome)) return "failed";
  return outcome.left ? "left" : outcome.result;
}

function strongest(before: Result | undefined, result: Result): Result {
  if (before === undefined || order.indexOf(result.word) < order.indexOf(before.word)) return result;
  if (before.word !== result.word || before.kind !== result.kind) return before;
  return { ...before, names: [...new Set([...before.names, ...result.names])] };
}

function summaryOf(places: readonly Result[], updated: readonly Ref["kind"][]): string {
  const changed = results.flatMap((word) => (word === "unchanged" ? [] : byKind(kindsOf(places, word)).map((text) => `${text} ${word}`)));
  const plain = (["unchanged", "failed"] as const).flatMap((wanted) => {
    const count = places.filter(({ word }) => word === wanted).length;
    return count === 0 ? [] : [`${counted(count, "namespace")} ${wanted}`];
  });
  return [...changed, ...byKind(updated).map((text) => `${text} configured`), ...plain].join(", ");
}

const kindsOf = (places: readonly Result[], wanted: Word): Ref["kind"][] =>
  places.flatMap(({ word, kind, names }) => (word === wanted ? names.map(() => kind) : []));

/** `2 Secrets`, `1 scope map` */
const byKind = (all: readonly Ref["kind"][]): string[] =>
  [...Map.groupBy(all, (kind) => kind)].map(([kind, same]) => counted(same.length, nounOf(kind)));

function nounOf(kind: Ref["kind"]): string {
  const row = kinds[kind];
  return row.at === "cluster" ? row.kind : row.called;
}
