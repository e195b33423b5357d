import { expect, test } from "vitest";
import { statusError } from "../../../src/kube/status.ts";
import { chanceFrom } from "../../support/fakes/chance.ts";
import { account, namespace } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { takesAll } from "../../support/sampled.ts";

// A file of `apply` is edited, applied while something is in the way, and applied again when nothing is. At no request, a namespace loses a
// repository that it could pull and that the files still name for it. The last run takes away what they do not name.

const homes = ["platform", "own-1", "team-0"];
const teams = ["team-0", "team-1", "own-1", "own-2"];
const all = ["platform", ...teams];
const names = ["acr-a", "acr-b", "acr-c"];
const repositories = ["app/web", "app/api"];
const accounts = ["default", "ci"];

/** An entry of a file. */
type Entry = {
  readonly name: string;
  /** The namespaces of its sources, or the one of its source and those of the copies. */
  readonly places: { readonly eachOf: readonly string[] } | { readonly namespace: string; readonly copyTo: readonly string[] };
  readonly repositories: readonly string[];
  readonly isPrincipal: boolean;
  readonly serviceAccounts: readonly string[];
};

type Files = readonly { readonly home: string; readonly entries: readonly Entry[] }[];

type Draw = {
  pick<T>(from: readonly T[]): T;
  some<T>(from: readonly T[]): readonly T[];
  /** Whether one of `in100` hundredths was drawn. */
  is(in100: number): boolean;
};

function drawing(seed: number): Draw {
  const chance = chanceFrom(seed);
  function pick<T>(from: readonly T[]): T {
    return from[chance(from.length)] ?? expect.unreachable("nothing to draw from");
  }
  function some<T>(from: readonly T[]): readonly T[] {
    const drawn = from.filter(() => chance(2) === 0);
    return drawn.length > 0 ? drawn : [pick(from)];
  }
  return { pick, some, is: (in100) => chance(100) < in100 };
}

type Mode = FakeWorld["azure"]["facts"]["mode"];

/** Only in a registry with ABAC, a role can be limited to repositories. */
const repositoriesOf = (isPrincipal: boolean, mode: Mode, { some }: Draw): readonly string[] =>
  isPrincipal && mode === "legacy" ? ["*"] : some(repositories);

function drawPlaces({ pick, some, is }: Draw): Entry["places"] {
  return is(35) ? { eachOf: some(teams) } : { namespace: pick(homes), copyTo: is(15) ? [] : some(all) };
}

function drawEntry(name: string, mode: Mode, draw: Draw): Entry {
  const isPrincipal = draw.is(25);
  const serviceAccounts = draw.is(70) ? ["default"] : draw.some(accounts);
  return { name, places: drawPlaces(draw), repositories: repositoriesOf(isPrincipal, mode, draw), isPrincipal, serviceAccounts };
}

/** Changes one property of an entry, or nothing, or all of them. */
function edited(entry: Entry, mode: Mode, draw: Draw): Entry {
  const other = drawEntry(entry.name, mode, draw);
  const { isPrincipal, repositories: some, places, serviceAccounts } = other;
  return draw.pick<Entry>([
    entry,
    other,
    { ...entry, name: draw.pick(names) },
    { ...entry, places },
    { ...entry, places },
    { ...entry, isPrincipal, repositories: some },
    { ...entry, repositories: repositoriesOf(entry.isPrincipal, mode, draw) },
    { ...entry, repositories: repositoriesOf(entry.isPrincipal, mode, draw) },
    { ...entry, serviceAccounts },
  ]);
}

function editedAll(entries: readonly Entry[], mode: Mode, draw: Draw): readonly Entry[] {
  const more = draw.is(30) ? [drawEntry(draw.pick(names), mode, draw)] : [];
  const kept = draw.is(10) ? entries.slice(1) : entries;
  return [...kept.map((entry) => edited(entry, mode, draw)), ...more];
}

const asFiles = (entries: readonly Entry[], areTwo: boolean): Files =>
  areTwo && entries.length > 1
    ? [
        { home: "platform", entries: entries.slice(0, 1) },
        { home: "own-2", entries: entries.slice(1) },
      ]
    : [{ home: "platform", entries }];

/** A YAML document may be JSON. */
const textOf = (files: Files): string =>
  files
    .map(({ home, entries }) => ({ name: "teams", namespace: home, registry: "myregistry", pullSecrets: entries.map(asWritten) }))
    .map((file) => `${JSON.stringify(file)}\n`)
    .join("---\n");

function asWritten({ name, places, repositories: named, isPrincipal, serviceAccounts }: Entry): object {
  const where =
    "eachOf" in places
      ? { eachOf: { names: places.eachOf } }
      : { namespace: places.namespace, ...(places.copyTo.length > 0 && { copyTo: { names: places.copyTo } }) };
  return { name, ...where, repositories: named, serviceAccounts, ...(isPrincipal && { credential: "service-principal" }) };
}

const targetsOf = ({ places }: Entry): readonly string[] =>
  "eachOf" in places ? places.eachOf : places.copyTo.length > 0 ? places.copyTo : [places.namespace];

const sourcesOf = ({ places }: Entry): readonly string[] => ("eachOf" in places ? places.eachOf : [places.namespace]);

/** Whether two entries make the same Secret. Such files are refused. */
function isRefused(entries: readonly Entry[]): boolean {
  const made = entries.flatMap((entry) => [...new Set([...sourcesOf(entry), ...targetsOf(entry)])].map((at) => `${at}/${entry.name}`));
  return new Set(made).size < made.length;
}

/** What a Secret's login pulls. */
function pulledBy({ azure, loginIn }: FakeWorld, at: string, name: string): readonly string[] {
  const login = loginIn(at, name);
  if (!login || !azure.knows(login)) return [];
  const token = azure.tokens.get(login.username);
  const map = token && azure.scopeMaps.get(token.scopeMapId.split("/").at(-1) ?? "");
  const isGranted = (repository: string) =>
    map
      ? map.actions.includes(`repositories/${repository}/content/read`)
      : azure.directory.pulls(login.username, repository, azure.facts.mode);
  return repositories.filter(isGranted);
}

/** What pods pull, as NAMESPACE SERVICEACCOUNT REPOSITORY. */
function pulledIn(world: FakeWorld): ReadonlySet<string> {
  const pulledAs = (at: string, account: string) =>
    (world.cluster.get("serviceaccount", at, account)?.imagePullSecrets ?? []).flatMap(({ name = "" }) => pulledBy(world, at, name));
  return new Set(
    all.flatMap((at) => accounts.flatMap((account) => pulledAs(at, account).map((repository) => `${at} ${account} ${repository}`))),
  );
}

const wantedBy = (entries: readonly Entry[]): ReadonlySet<string> =>
  new Set(
    entries.flatMap((entry) => {
      const named = entry.repositories.includes("*") ? repositories : entry.repositories;
      const pods = targetsOf(entry).flatMap((at) => entry.serviceAccounts.map((account) => `${at} ${account}`));
      return pods.flatMap((pod) => named.map((repository) => `${pod} ${repository}`));
    }),
  );

function quota(): Error {
  const message = 'secrets "acr" is forbidden: exceeded quota: few, requested: secrets=1';
  return statusError({ status: 403, phrase: "Forbidden", text: JSON.stringify({ kind: "Status", reason: "Forbidden", message }) });
}

type Obstacle = { readonly verbs: readonly string[]; readonly at: string };

function drawObstacle({ pick, is }: Draw): Obstacle {
  const verbs = pick([["create"], ["patch"], ["create", "patch"], []]);
  const [at, name, account] = [pick(all), is(30) ? "" : pick(names), pick(accounts)];
  return { verbs, at: is(80) ? `secret ${at}/${name}` : `serviceaccount ${at}/${account}` };
}

/** A user deletes a Secret, or a namespace, which is created again. */
function drawDeletion({ pick, is }: Draw): (world: FakeWorld) => void {
  const [at, name] = [pick(all), pick(names)];
  if (is(25)) return ({ cluster }) => cluster.remove("secret", at, name);
  if (!is(10)) return () => undefined;
  return ({ cluster }) => {
    for (const { metadata } of cluster.all("secret").filter((one) => one.metadata.namespace === at))
      cluster.remove("secret", at, metadata.name);
    cluster.remove("namespace", "", at);
    cluster.put(namespace(at, { uid: "another" }));
  };
}

/** The world, and the time in it. */
function start(mode: Mode) {
  const world = worldOf(all);
  const clock = { now: Date.parse("2026-01-01T00:00:00Z") };
  world.azure.images.add("app/api:1");
  world.azure.facts.mode = mode;
  world.cluster.about.now = () => clock.now;
  world.azure.clock.made = () => clock.now;
  for (const at of all) for (const name of accounts) world.cluster.put(account(at, name));
  return { world, clock };
}

/** The entries of two or three files, one after the other, and what happens before the last one is applied. */
type Round = {
  readonly mode: Mode;
  readonly before: readonly (readonly Entry[])[];
  readonly last: readonly Entry[];
  /** The entries are in two files. */
  readonly areTwo: boolean;
  readonly flags: string;
  readonly remove: (world: FakeWorld) => void;
  readonly obstacle: Obstacle;
};

function drawRound(draw: Draw): Round {
  const mode = draw.is(60) ? "abac" : "legacy";
  const first = draw.some(names).map((name) => drawEntry(name, mode, draw));
  const before = draw.is(60) ? [first, editedAll(first, mode, draw)] : [first];
  const last = before.length > 1 && draw.is(30) ? first : editedAll(before.at(-1) ?? first, mode, draw);
  const flags = `${draw.is(50) ? " --prune" : ""}${draw.is(60) ? " --skip-blocked" : ""} --yes`;
  return { mode, before, last, areTwo: draw.is(15), flags, remove: drawDeletion(draw), obstacle: drawObstacle(draw) };
}

/** @returns what was lost, with the request after which it was; undefined if nothing is in the cluster before the last file */
async function play({ mode, before, last, areTwo, flags, remove, obstacle }: Round): Promise<readonly string[] | undefined> {
  const { world, clock } = start(mode);
  async function apply(entries: readonly Entry[], more: string) {
    clock.now += 300_000;
    const adopted = areTwo ? entries.flatMap((entry) => sourcesOf(entry).map((at) => ` --adopt ${at}/${entry.name}`)) : [];
    const options = { stdin: textOf(asFiles(entries, areTwo)), now: () => new Date(clock.now) };
    return type(`apply -f -${[...new Set(adopted)].join("")}${more}`, world.ports, options);
  }
  for (const entries of before) if ((await apply(entries, " --prune --yes")).code !== 0) return undefined;
  remove(world);
  const pulled = pulledIn(world).intersection(wantedBy(last));
  const losses: string[] = [];
  const stop = world.asking.around(async ({ call, at }, next) => {
    if (obstacle.verbs.some((verb) => `${call} ${at}`.startsWith(`${verb} ${obstacle.at}`))) throw quota();
    const answer = await next();
    const lost = pulled.difference(pulledIn(world));
    if (lost.size > 0) losses.push(`${[...lost].join(", ")} after ${call} ${at}`);
    return answer;
  });
  for (const _ of ["first", "second"]) await apply(last, flags);
  stop();
  return losses;
}

const seed = Number(process.env["SEED"] ?? process.env["SAMPLE"] ?? 1) % 1e6;
const rounds = 50;

test.for(Array.from({ length: takesAll ? 40 : 2 }, (_, part) => part))(
  "apply loses nothing when its files are edited (part %i)",
  async (part) => {
    let played = 0;
    for (let index = 0; index < rounds; index++) {
      const one = (seed * 40 + part) * rounds + index;
      const round = drawRound(drawing(one));
      const losses = [...round.before, round.last].some(isRefused) ? undefined : await play(round);
      expect(losses ?? [], `SEED=${seed}, round ${one}: ${JSON.stringify(round)}`).toEqual([]);
      if (losses) played++;
    }
    expect(played).toBeGreaterThan(rounds / 4);
  },
);
