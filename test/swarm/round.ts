import { chanceFrom } from "../support/fakes/chance.ts";
import { persons, tenants, tools } from "../unit/walk/acts.ts";
import { type Act, type Fate, failures, kills, lags } from "../unit/walk/play.ts";
import { apply, attach, copies, create, detach, endPassword, type Kind, remove, rotate } from "../unit/walk/scenarios.ts";
import { colleagues } from "./colleagues.ts";

/** One step of a round. A run has a number of its own, so a list without some of its steps can be played, too. */
export type Step =
  | { readonly starts: number; readonly line: string; readonly fates: Readonly<Record<number, Fate>>; readonly ahead: number }
  /** A run sends some requests. */
  | { readonly goes: number; readonly requests: number }
  | { readonly acts: string }
  /** Milliseconds. */
  | { readonly passes: number };

/** Everything that a seed decides. */
export type Round = {
  readonly seed: number;
  /** The command that makes what must exist at the end. */
  readonly line: string;
  /** Milliseconds by which Azure's clock is ahead. */
  readonly azureAhead: number;
  readonly steps: readonly Step[];
};

/** What the users of a round have in common: the commands of a file fail for a Secret of others. */
type Way = {
  /** It makes what must exist at the end. */
  readonly line: string;
  readonly lines: readonly string[];
  readonly fates: readonly Fate[];
  readonly acts: readonly Act[];
};

/** A record says which key its Secret holds. A tenant who writes another one gives up its own login. */
const honest = tenants.filter(({ name }) => name !== "writesTheRecordOfTheSource");
const all: readonly Act[] = [...honest, ...tools, ...persons, ...colleagues, endPassword];
/** By name. */
export const acts: ReadonlyMap<string, Act> = new Map(all.map((act) => [act.name, act]));

const minute = 60_000;
const prune = (flags: string) => `prune --registry myregistry ${flags} --yes`;

function common(kind: Kind): readonly string[] {
  return [
    ...["0", "1h", "next"].map(rotate),
    `${rotate("next")} --older-than 12h`,
    `${remove} --revoke`,
    prune("--older-than 0s"),
    prune("--older-than 12h"),
    prune("--exported=all"),
    attach,
    detach,
    create(kind, "--export").replace(" --serviceaccount default", ""),
  ];
}

function created(kind: Kind): Way {
  const line = create(kind, copies);
  const lines = [line, line, line, create(kind), create(kind, "--copy-to b"), remove, "delete acr-myregistry -n b --yes", ...common(kind)];
  return { line, lines, fates: [...kills, ...failures, ...lags], acts: all };
}

const applied = ["copies", "copies", "one", "alone", "unlisted", "aging", "each", "each-less", "each-and-copies", "copies-and-each"];
/** Another file, for the same namespaces. */
const others = ["other", "other", "other-one", "other-each"];
/** Without an entry, `apply --prune` revokes the whole token, and only warns of a Secret of others that holds its login. */
const holding = /^(keepsTheLogin|removesTheLabel|namesAnotherSource|generatesPassword.|helmLabelsThe.*)$/;

function appliedFrom(kind: Kind): Way {
  const lines = [...applied, ...others].map((file, at) => apply(kind, file, at % 2 === 0 ? " --prune --yes" : ""));
  const { fates } = created(kind);
  const acting = all.filter(({ name }) => !holding.test(name));
  // Azure may show a scope map before its token, which a prune of any age takes for a leftover
  const more = common(kind).filter((line) => !line.includes("--older-than 0s"));
  return { line: apply(kind, "copies", " --prune --yes"), lines: [...lines, ...more], fates, acts: acting };
}

/** A setup has no claim, so a deletion or a stale read at the same time can leave annotations without it. */
function secretless(kind: Kind): Way {
  const own = "secretless create default --registry myregistry -n app";
  const way = created(kind);
  // It has no age, so prune deletes a part that a run has just made, and the run makes it again
  const lines = way.lines.filter((line) => !line.startsWith("prune"));
  return { ...way, lines: [...lines, ...Array.from({ length: 8 }, () => own)], fates: [...kills, ...failures] };
}

/** Returns what a seed decides. */
export function draw(seed: number): Round {
  const chance = chanceFrom(seed);
  const pick: Pick = (from) => from[chance(from.length)] as (typeof from)[number];
  const kind = pick<Kind>(["", " --service-principal"]);
  const way = pick([created, created, appliedFrom, appliedFrom, secretless])(kind);
  const azureAhead = clock(pick, chance);
  const starts = chance(4) > 0;
  const first: readonly Step[] = [
    { starts: 0, line: way.line, fates: {}, ahead: 0 },
    { goes: 0, requests: 999 },
    { passes: pick([minute, 1500 * minute]) },
  ];
  return { seed, line: way.line, azureAhead, steps: [...(starts ? first : []), ...drawSteps(way, pick, chance)] };
}

type Chance = (below: number) => number;
type Pick = <T>(from: readonly T[]) => T;

/** Milliseconds by which a clock is ahead. */
const clock = (pick: Pick, chance: Chance): number => pick([0, 0, chance(110) * 1000 - 55_000]);

function drawSteps({ lines, fates, acts: others }: Way, pick: Pick, chance: Chance): Step[] {
  const isDisturbed = chance(2) === 0;
  // Azure does not show who generated a password. Prune may delete a token with one of a person, if its Secret was deleted
  const prunes = chance(2) === 0;
  const usual = isDisturbed && !prunes ? lines.filter((line) => !line.startsWith("prune")) : lines;
  const acting = prunes ? others.filter(({ name }) => !name.startsWith("generatesPassword")) : others;
  const start = (starts: number): Step => {
    const line = pick(usual);
    const drawn = Array.from({ length: pick([0, 0, 1, 1, 2]) }, () => [1 + chance(pick([8, 24, 60])), pick(fates)] as const);
    return { starts, line, ahead: clock(pick, chance), fates: Object.fromEntries(drawn) };
  };
  const steps = [start(1), start(2)];
  let runs = 3;
  const next = (what: number): Step => {
    if (what < 4) return start(runs++);
    if (what < 6) return { passes: pick([1000, minute, 10 * minute, 70 * minute, 1500 * minute]) };
    if (what < 8 && isDisturbed) return { acts: pick(acting).name };
    return { goes: Math.max(1, runs - 1 - chance(4)), requests: pick([1, 2, 5, 12, 30, 999]) };
  };
  for (let left = 8 + chance(24); left > 0; left--) steps.push(next(chance(20)));
  return steps;
}
