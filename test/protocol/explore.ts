import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const model = join(import.meta.dirname, "..", "..", "docs", "protocol", "rotation.pml");

/** The actors, the number of crashes and lost responses, and the words that change the protocol (see docs/protocol/README.md). */
export type Situation = {
  readonly rotations?: 0 | 1 | 2;
  readonly creations?: 0 | 1;
  readonly persons?: 0 | 1;
  /** A tenant who writes annotations and labels in one namespace. */
  readonly tenants?: 0 | 1;
  /** A second team that creates a shared credential under the same Secret name. */
  readonly teams?: 0 | 1;
  readonly crashes?: number;
  readonly losses?: number;
  /** 1: the replaced password stays until the next rotation. 0: it is cleared at once. */
  readonly grace?: 0 | 1;
  /** How often a run starts again before it fails. */
  readonly rounds?: number;
  /** The Secrets in the clusters that the rotations select, as bits. */
  readonly scope?: number;
  readonly words?: readonly string[];
  /** The initial states as bits: the third Secret does not exist, has the password, or has an expired one. */
  readonly thirds?: number;
  /** The second slot is empty, has the previous password, has another user's, or has the password of the third Secret. */
  readonly seconds?: number;
};

/** The result: `broken` is a property that does not hold, and `steps` is one way to violate it. */
export type Explored = {
  readonly states: number;
  readonly broken?: string;
  readonly steps: readonly string[];
};

/** Recorded steps, and the initial state of the model. */
export type Trace = { readonly steps: readonly string[]; readonly ref: 0 | 1; readonly slots: number };

/** The result of a trace: the model can take exactly these steps in this order, cannot take them, or takes them and violates a property. */
export type Replayed = "replayed" | "refused" | "breaks";

/** Lets the model take the steps of each trace. */
export async function replay(traces: readonly Trace[], situation: Situation): Promise<Replayed[]> {
  const words = [...(situation.words ?? []), "TRACE"];
  const output = await inFolder(async (run, folder) => {
    await writeFile(join(folder, "trace.h"), headerOf(traces));
    await compile(run, { ...situation, words }, ["-O1"]);
    // -E ignores invalid end states: a deadlock is only a path that the trace does not take.
    return run("./pan", ["-m10000", "-E"]);
  });
  if (/Search not completed|max search depth too small/.test(output)) throw new Error(`not explored to the end:\n${output}`);
  const are = (word: string) => new Set([...output.matchAll(new RegExp(`^${word} (\\d+)`, "gm"))].map(([, at]) => Number(at)));
  const [replayed, broken] = [are("REPLAYED"), are("BROKEN")];
  return traces.map((_, at) => (!replayed.has(at) ? "refused" : broken.has(at) ? "breaks" : "replayed"));
}

/** Returns the traces in the form that the model reads: for each trace, the next step by the number of steps taken. */
const headerOf = (traces: readonly Trace[]): string =>
  [
    `#define TRACES ${traces.length}`,
    `#define STEPS(t) ${among(
      traces.map(({ steps }) => `${steps.length}`),
      "t",
    )}`,
    `#define FIRST_REF(t) ${among(
      traces.map(({ ref }) => `${ref}`),
      "t",
    )}`,
    `#define FIRST_SLOTS(t) ${among(
      traces.map(({ slots }) => `${slots}`),
      "t",
    )}`,
    `#define STEP(t, n) ${among(
      traces.map(({ steps }) => among(steps, "n")),
      "t",
    )}`,
    "",
  ].join("\n");

/** Returns an expression that selects one of these by a number. */
const among = (all: readonly string[], number: string): string =>
  all.reduceRight((rest, one, at) => `((${number}) == ${at} -> ${one} : ${rest})`, "0");

/**
 * Explores every order of the steps.
 *
 * @param optimize compiling with 2 takes three seconds longer than with 0, and exploring a million states takes one second less
 * @throws Error if some orders were not explored
 */
export function explore(situation: Situation, optimize: 0 | 1 | 2 = 1): Promise<Explored> {
  return inFolder(async (run) => {
    const defined = await compile(run, situation, [`-O${optimize}`, "-DCOLLAPSE"]);
    const output = await run("./pan", ["-m10000"]);
    const states = Number(/([\d.e+]+) states, stored/.exec(output)?.[1]);
    if (/errors: 0\b/.test(output) && !/Search not completed|max search depth too small/.test(output)) return { states, steps: [] };
    const steps = (await run("spin", ["-t", ...defined, "rotation.pml"])).split("\n").flatMap(readable);
    const broken = steps.find((step) => step.startsWith("BROKEN "))?.slice("BROKEN ".length);
    if (broken === undefined) throw new Error(`not explored to the end:\n${output}\n${steps.join("\n")}`);
    return { states, broken, steps };
  });
}

type Program = (file: string, args: readonly string[]) => Promise<string>;

/** Runs `work` in a folder with the model, and then removes the folder. */
async function inFolder<T>(work: (run: Program, folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "acr-secret-protocol-"));
  try {
    await copyFile(model, join(folder, "rotation.pml"));
    const run: Program = async (file, args) => (await promisify(execFile)(file, args, { cwd: folder, maxBuffer: 1 << 26 })).stdout;
    return await work(run, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Compiles `pan` from the model. @returns the definitions */
async function compile(run: Program, situation: Situation, flags: readonly string[]): Promise<string[]> {
  const defined = definitions(situation);
  await run("spin", ["-a", ...defined, "rotation.pml"]);
  await run("gcc", ["-w", "-DSAFETY", "-DNOBOUNDCHECK", "-DMEMLIM=12000", ...flags, "-o", "pan", "pan.c"]);
  return defined;
}

function definitions({ words = [], ...situation }: Situation): string[] {
  const { rotations = 2, creations = 1, persons = 1, crashes = 0, losses = 0, grace = 1, rounds = 2, scope = 7 } = situation;
  const { thirds = 7, seconds = 7, tenants = 0, teams = 0 } = situation;
  const numbers = Object.entries({
    ...{ ROTATIONS: rotations, CREATIONS: creations, PERSONS: persons, TENANTS: tenants, TEAMS: teams },
    ...{ CRASHES: crashes, LOSSES: losses },
    ...{ GRACE: grace, ROUNDS: rounds, SCOPE: scope, THIRDS: thirds, SECONDS: seconds },
  });
  return [...numbers.map(([name, value]) => `-D${name}=${value}`), ...words.map((word) => `-D${word}`)];
}

const actors: Readonly<Record<string, string>> = {
  "0": "rotate 1",
  "1": "rotate 2",
  "2": "create",
  "6": "the second team",
  "7": "the tenant",
  "8": "world",
  "9": "a person",
};

/** Returns a line of the replay that the model printed for readers, or an empty list. */
function readable(line: string): string[] {
  const [, word, actor = "", step] = /^\s*(?:(STEP) (\d)|BROKEN) (.*)$/.exec(line) ?? [];
  if (step === undefined) return [];
  return [word ? `${actors[actor]} ${step}` : `BROKEN ${step}`];
}
