import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const model = join(import.meta.dirname, "..", "..", "docs", "protocol", "rotation.pml");

/** Who acts, how often what goes wrong, and how the protocol is changed (docs/protocol/README.md names the words). */
export type Situation = {
  readonly rotations?: 1 | 2;
  readonly creations?: 0 | 1;
  readonly persons?: 0 | 1;
  readonly crashes?: number;
  readonly losses?: number;
  /** 1: what was replaced stays until the next rotation; 0: it is cleared at once. */
  readonly grace?: 0 | 1;
  /** How often a run begins anew before it gives up. */
  readonly rounds?: number;
  /** The Secrets that the rotations see, as bits. */
  readonly scope?: number;
  readonly words?: readonly string[];
};

/** What came of it: `broken` is the property that does not hold, `steps` one way to there. */
export type Explored = { readonly states: number; readonly broken?: string; readonly steps: readonly string[] };

/** Explores every order of the steps. @throws Error where not all of them were */
export async function explore(situation: Situation): Promise<Explored> {
  const folder = await mkdtemp(join(tmpdir(), "acr-secret-protocol-"));
  const run = async (file: string, args: readonly string[]) => {
    const { stdout } = await promisify(execFile)(file, args, { cwd: folder, maxBuffer: 1 << 26 });
    return stdout;
  };
  try {
    await copyFile(model, join(folder, "rotation.pml"));
    const defined = definitions(situation);
    await run("spin", ["-a", ...defined, "rotation.pml"]);
    await run("gcc", ["-w", "-O2", "-DSAFETY", "-DCOLLAPSE", "-DNOBOUNDCHECK", "-DMEMLIM=4000", "-o", "pan", "pan.c"]);
    const told = await run("./pan", ["-m10000"]);
    const states = Number(/([\d.e+]+) states, stored/.exec(told)?.[1]);
    if (/errors: 0\b/.test(told) && !/Search not completed|max search depth too small/.test(told)) return { states, steps: [] };
    const steps = (await run("spin", ["-t", ...defined, "rotation.pml"])).split("\n").flatMap(readable);
    const broken = steps.find((step) => step.startsWith("BROKEN "))?.slice("BROKEN ".length);
    if (broken === undefined) throw new Error(`not explored to the end:\n${told}\n${steps.join("\n")}`);
    return { states, broken, steps };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function definitions({ words = [], ...situation }: Situation): string[] {
  const { rotations = 2, creations = 1, persons = 1, crashes = 0, losses = 0, grace = 1, rounds = 2, scope = 7 } = situation;
  const numbers = Object.entries({
    ...{ ROTATIONS: rotations, CREATIONS: creations, PERSONS: persons, CRASHES: crashes, LOSSES: losses },
    ...{ GRACE: grace, ROUNDS: rounds, SCOPE: scope },
  });
  return [...numbers.map(([name, value]) => `-D${name}=${value}`), ...words.map((word) => `-D${word}`)];
}

const actors: Readonly<Record<string, string>> = { "0": "rotate 1", "1": "rotate 2", "2": "create", "8": "world", "9": "a person" };

/** A line of the replay that the model wrote for people. */
function readable(line: string): string[] {
  const [, word, actor = "", step] = /^\s*(?:(STEP) (\d)|BROKEN) (.*)$/.exec(line) ?? [];
  if (step === undefined) return [];
  return [word ? `${actors[actor]} ${step}` : `BROKEN ${step}`];
}
