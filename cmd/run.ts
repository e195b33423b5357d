import { type Launched, release } from "../src/cluster/proxy-process.ts";
import { openInterruption } from "../src/interruption.ts";
import { processContext } from "./context.ts";
import { main } from "./main.ts";

/** What a shell says of a process that a signal ended: 128 and the signal's number. */
const endedBy = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143, SIGPIPE: 141 } as const;

/** Milliseconds within which a second signal is the same wish: a wrapper hands on the Ctrl-C that the terminal has sent to all. */
const echo = 100;

/** Runs this process's command line to its end. The only place that exits. */
export async function run(argv: readonly string[], launched: Launched | undefined): Promise<void> {
  const interruption = openInterruption();
  let stopped: { readonly code: number; readonly at: number } | undefined;
  /** The first wish to stop is heeded as soon as nothing is left half done; the second at once. */
  const stop = (code: number) => {
    if (stopped && performance.now() - stopped.at > echo) process.exit(stopped.code);
    stopped ??= { code, at: performance.now() };
    interruption.interrupt();
  };
  // A closed terminal or a lost ssh session sends SIGHUP
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) process.on(signal, () => stop(endedBy[signal]));

  // A reader that has seen enough (`| head`) ends a program; what is half done is ended well all the same
  let unread = false;
  process.stdout.on("error", () => {
    unread = true;
    interruption.interrupt();
  });
  // Nobody has to read what is said beside the results
  process.stderr.on("error", () => {});

  const code = await main(argv, processContext(interruption, launched));
  // A verb that did not come to use it has not ended it either
  if (launched) release(launched);
  // Idle connections would keep the process alive; what was printed has to be out first
  const lost = await written(process.stdout);
  await written(process.stderr);
  if (!stopped && (unread || lost)) process.exit(endedBy.SIGPIPE);
  process.exit(code === endedBy.SIGINT && stopped ? stopped.code : code);
}

/** Waits until all is written that was printed. @returns what went wrong with it */
const written = (stream: NodeJS.WriteStream) => new Promise<unknown>((resolve) => stream.write("", resolve));
