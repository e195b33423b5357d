import { expect, test } from "vitest";
import { Busy } from "../../src/errors.ts";
import { commandsIn } from "./commands.ts";
import { demo, exactly, lost, refused, stateOf } from "./demo.ts";
import { type Asked, is, losing, refusing } from "./fakes/asked.ts";
import type { FakeWorld } from "./fakes/world.ts";
import { type Run, run, type, type World } from "./in-process.ts";

/** Changes a world before a command line. If it returns a function, that is called after the command line. */
export type Given = (world: FakeWorld) => unknown;

/** All lines, or a pattern of the whole text. */
type Text = readonly string[] | RegExp;

/** A command line and its effects. */
export type Step = {
  readonly given?: Given | undefined;
  /** The words after `kubectl acr-secret`, or `printed`. */
  readonly command: string;
  readonly options?: World | undefined;
  readonly code?: number | undefined;
  /** Without a value, nothing may be printed if the code is not 0. */
  readonly stdout?: Text | undefined;
  /** Without a value, nothing may be printed if the code is 0. */
  readonly stderr?: Text | undefined;
  /** The writes, one per line. Without a value, there may be none if the code is not 0. */
  readonly writes?: Text | undefined;
  /** Some facts of `stateOf` after the command line. */
  readonly leaves?: object | undefined;
  readonly check?: ((world: FakeWorld, run: Run) => unknown) | undefined;
};

/** A situation. `does` is the name of the test. The command lines in `after` follow in the same world. */
export type Row = Step & {
  readonly does: string;
  readonly world?: (() => FakeWorld | Promise<FakeWorld>) | undefined;
  readonly after?: readonly Step[] | undefined;
};

export const any = /(?:)/;
/** The effects of a run that fails after it has begun to write. */
export const failed = { code: 1, stdout: any, stderr: any, writes: any } as const;
/** The line of a run that waits for more than ten seconds. */
export const waitLine = /^waiting up to \d+ (?:minutes|seconds) for Azure: .*\n$/;
/** Stands for the first command of this plugin that the step before printed. */
export const printed = "(printed)";
/** The same command line again changes nothing. */
export const unchanged = (command: string, more: Partial<Step> = {}): Step => ({
  command,
  stdout: /^(\S+ unchanged.*\n)+$/,
  writes: [],
  ...more,
});

/** Defines a test for each row. A row without a world starts with `open`. `options` are those of all command lines. */
export function testRows(rows: readonly Row[], open: () => FakeWorld | Promise<FakeWorld> = demo, options: World = {}): void {
  for (const row of rows)
    test(row.does, async () => {
      const world = await (row.world ?? open)();
      let before: Run | undefined;
      for (const step of [row, ...(row.after ?? [])])
        before = await take({ ...step, options: { ...options, ...step.options } }, world, before);
    });
}

/** The hint after a run that has ended a login, and the command lines that print it. Without -o and --dry-run. */
export const nodesHint = /^hint: nodes that have an image still start it for pods with an ended login; .*\/end-access\.md\n/m;
const endsLogins = /^(?!.*(?: -o |--dry-run))(?:delete .*--revoke|apply |rotate (?=.*--grace 0)(?=.*--force))/;

/** The hint after a run of `apply` by a person. */
const scheduleHint = /^hint: run this again before .*, or let a CronJob do it:\n.* schedule .*\n/m;

/** The hint after a run that has created a token without an expiry, and the command lines that print it. */
export const unendingHint = /^hint: the password never expires; .*\n/m;
const createsUnending = /^create (?!.*(?:-o |--dry-run|--expires-in|--service-principal|--entra|--admin|--username|--export))/;

async function take(step: Step, world: FakeWorld, before: Run | undefined): Promise<Run> {
  const { given, command, options = {}, code = 0, check } = step;
  const undo = await given?.(world);
  world.asking.forget();
  const ran =
    command === printed ? await run(commandIn(before), { ...world.ports, ...options }) : await type(command, world.ports, options);
  if (typeof undo === "function") undo();
  const writes = world.asking.writes.map((call) => `${call}\n`).join("");
  const nothing = code === 0 ? undefined : [];
  const printedText = ran.stderr.replace(scheduleHint, "");
  const withNodes = printedText.replace(unendingHint, "");
  if (withNodes !== printedText) expect({ code, command }).toEqual({ code: 0, command: expect.stringMatching(createsUnending) });
  const stderr = withNodes.replace(nodesHint, "");
  if (stderr !== withNodes) expect({ code, command }).toEqual({ code: 0, command: expect.stringMatching(endsLogins) });
  expect({ ...ran, stderr, writes }, command).toEqual({
    stdout: matching(step.stdout ?? nothing),
    stderr: matching(step.stderr ?? (code === 0 ? [] : undefined)),
    code,
    writes: matching(step.writes ?? nothing),
  });
  if (step.leaves) expect(stateOf(world), command).toMatchObject(step.leaves);
  await check?.(world, ran);
  return ran;
}

function matching(text: Text = any): unknown {
  return text instanceof RegExp ? expect.stringMatching(text) : text.map((line) => `${line}\n`).join("");
}

function commandIn(run: Run | undefined): readonly string[] {
  const [first] = commandsIn(`${run?.stdout}${run?.stderr}`);
  return first?.argv ?? expect.unreachable("no command was printed");
}

/** Runs command lines that must succeed. */
export const typed =
  (...lines: readonly string[]): Given =>
  async ({ ports }) => {
    for (const line of lines) expect(await type(line, ports), line).toMatchObject({ code: 0 });
  };

export const all =
  (...givens: readonly Given[]): Given =>
  async (world) => {
    const undos: unknown[] = [];
    for (const given of givens) undos.push(await given(world));
    return () => {
      for (const undo of undos) if (typeof undo === "function") undo();
    };
  };

/** Which calls: those that begin with a text, or those that a function selects. */
type Calls = string | ((asked: Asked) => boolean);
const selects = (calls: Calls) => (typeof calls === "string" ? is(calls) : calls);

/** Rejects calls, dry runs included. */
export const refuse =
  (calls: Calls, error: () => Error = refused, times?: number): Given =>
  ({ asking }) =>
    asking.around(refusing(selects(calls), error, times));

/** Loses the response to the first of these calls. */
export const lose =
  (calls: Calls): Given =>
  ({ asking }) =>
    asking.around(losing(selects(calls), lost));

/** Answers the first `times` of these calls instead of the port. */
export const answer =
  (calls: Calls, answered: unknown, times = Number.POSITIVE_INFINITY): Given =>
  ({ asking }) => {
    let left = times;
    return asking.around(async (asked, next) => (selects(calls)(asked) && left-- > 0 ? answered : next()));
  };

/** Acts once, before the first call of this kind. */
export const before =
  (call: string, act: Given): Given =>
  (world) => {
    const undo = world.asking.around(async (asked, next) => {
      if (!exactly(call)(asked)) return next();
      undo();
      await act(world);
      return next();
    });
  };

/** Acts once while Azure rejects a call because of another write. */
export const whileBusy =
  (call: string, act: Given): Given =>
  (world) => {
    const undo = world.asking.around(async (asked, next) => {
      if (!is(call)(asked)) return next();
      undo();
      await act(world);
      throw new Busy("one write at a time", 30_000);
    });
    return undo;
  };
