import type { randomUUID } from "node:crypto";
import { chanceFrom } from "../support/fakes/chance.ts";
import { fileBy } from "../unit/walk/files.ts";
import { type Act, Play, type Program } from "../unit/walk/play.ts";
import { pass, stateOf } from "../unit/walk/scenarios.ts";
import { name } from "../unit/walk/watch.ts";
import { acts, type Round, type Step } from "./round.ts";

/** How many runs are under way at a time. */
const atATime = 4;

const prune = "prune --registry myregistry --exported=all --older-than 0s --yes";
const exitCodes = [0, 1, 2, 130];

/** Plays a round. @returns why it fails, with what happened; undefined if it doesn't */
export async function playRound(round: Round): Promise<string | undefined> {
  const { seed, azureAhead, steps } = round;
  const restore = seedIds(seed);
  const play = new Play();
  play.azureAhead = azureAhead;
  play.isClusterKnown = true;
  try {
    const runs = new Map<number, number>();
    for (const step of steps) await perform(play, step, runs);
    for (const [index] of play.programs.entries()) await end(play, index);
    await endsWell(play, round);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    restore();
  }
}

async function perform(play: Play, step: Step, runs: Map<number, number>): Promise<void> {
  if ("acts" in step) return play.act(acts.get(step.acts) as Act);
  if ("passes" in step) return play.pass(step.passes);
  if ("goes" in step) {
    const index = runs.get(step.goes);
    return index === undefined ? undefined : end(play, index, step.requests);
  }
  const [oldest = 0, ...others] = [...play.programs.entries()].flatMap(([index, { state }]) => (state === "going" ? [index] : []));
  if (others.length + 1 >= atATime) await end(play, oldest);
  await endOtherVersions(play, step.line);
  play.add(step.line, step.fates, step.ahead);
  runs.set(step.starts, play.programs.length - 1);
}

/** Two versions of a file at a time each take away what only the other one names. */
async function endOtherVersions(play: Play, line: string): Promise<void> {
  const file = fileBy(line);
  if (!file) return;
  for (const [index, program] of play.programs.entries())
    if (fileBy(program.line)?.secret === file.secret && program.line !== line) await end(play, index);
}

/** Lets a run send some requests, or go to its end. */
async function end(play: Play, index: number, requests = Number.POSITIVE_INFINITY): Promise<void> {
  await play.play([[index, requests]]);
  play.watch.check();
  const { run } = play.programs[index] as Program;
  if (run && !exitCodes.includes(run.code)) play.fail(`a run exits with ${run.code}`);
}

/** Without disturbances, a command makes what its user wants, and prune deletes what is left. */
async function endsWell(play: Play, { line, steps }: Round): Promise<void> {
  await play.pass(60_000);
  play.act(tenantsLeave);
  play.act(pass);
  play.act(pass);
  const isDisturbed = steps.some((step) => "acts" in step);
  if (await asks(play, line)) {
    // It asks before it overwrites what others have written
    if (isDisturbed) return;
    // A Secret that was deleted without --revoke has left two passwords that nothing records
    await again(play, prune);
    await again(play, line);
  }
  // A password that a person has ended in a grace period is replaced after it
  play.act(pass);
  await again(play, line);
  const unserved = [...unservedBy(play), ...(await unservedByOther(play, steps))];
  if (unserved.length > 0) play.fail(`no login in ${unserved}`);
  if (stateOf(play).secrets.some(({ at, isClaimed }) => isClaimed && at === `app/${name}`)) play.fail("the source is claimed");
  await again(play, prune);
  // The same, and one password of a token, which prune keeps as a whole
  if (!isDisturbed && stateOf(play).unknown > 0) await again(play, "rotate -A --grace 0 --force");
  if (!isDisturbed && stateOf(play).unknown > 0) play.fail("passwords are left");
}

/** @returns the namespaces that have no login of the source */
function unservedBy(play: Play): readonly string[] {
  const { secrets } = stateOf(play);
  const isServed = (of: string) => secrets.some(({ at, state }) => at === `${of}/${name}` && state === "has the login");
  return ["app", "b", "c"].filter((at) => !isServed(at));
}

/** Applies the other file that a round applied last. @returns the namespaces that have none of its logins */
async function unservedByOther(play: Play, steps: readonly Step[]): Promise<readonly string[]> {
  const lines = steps.flatMap((step) => ("line" in step && fileBy(step.line)?.secret === "acr-other" ? [step.line] : []));
  const line = lines.at(-1);
  if (line === undefined) return [];
  const last = `${line.replace(/ --prune.*/, "")} --prune --yes`;
  // An old read makes a run leave a Secret whose credential it ends. The run prints how to delete it
  if ((await play.alone(last)).run?.code !== 0) for (const deletion of deletionsIn(play)) await play.alone(deletion);
  await again(play, last);
  const { secrets } = stateOf(play);
  const pulls = (of: string) => secrets.some(({ at, state }) => at === `${of}/acr-other` && state !== "has no login");
  return fileBy(line)?.given.filter((at) => !pulls(at)) ?? [];
}

/** The commands that runs have printed for Secrets that can't be deleted without them. */
const deletionsIn = ({ programs }: Play): readonly string[] =>
  programs.flatMap(({ run }) =>
    [...(run?.stderr ?? "").matchAll(/to delete it anyway, run:\n.*kubectl acr-secret (.*)/g)].map(([, line]) => `${line} --yes`),
  );

/** Runs a command that must succeed, unless it asks a user for --force. @returns whether it asks */
async function asks(play: Play, line: string): Promise<boolean> {
  const { run } = await play.alone(line);
  play.watch.check();
  if (run?.code === 0) return false;
  return run?.stderr.includes("--force") || play.fail(`the last ${line.split(" ")[0]} fails`);
}

/** What tenants have written in their namespaces would make the command ask. */
function tenantsLeave({ world: { cluster } }: Play): void {
  for (const { metadata } of cluster.all("secret").filter((one) => one.metadata.name !== "acr-other"))
    if (metadata.namespace === "b" || metadata.namespace === "evil") cluster.remove("secret", metadata.namespace, metadata.name);
}

async function again(play: Play, line: string): Promise<void> {
  if (await asks(play, line)) play.fail(`the last ${line.split(" ")[0]} asks`);
}

/** Makes the ids that commands create the same in each play of a round. @returns how to restore them */
function seedIds(seed: number): () => void {
  const chance = chanceFrom(seed);
  const digits = (count: number) => Array.from({ length: count }, () => chance(16).toString(16)).join("");
  const seeded = () => [8, 4, 4, 4, 12].map(digits).join("-") as ReturnType<typeof randomUUID>;
  const before = crypto.randomUUID;
  crypto.randomUUID = seeded;
  return () => {
    crypto.randomUUID = before;
  };
}
