import { writeFile } from "node:fs/promises";
import { openInterruption } from "../src/interruption.ts";
import { end, type Launched } from "../src/kube/kubectl.ts";
import { lastLines } from "../src/output/printable.ts";
import { type Context, processContext, written } from "./context.ts";
import { outputError } from "./files.ts";
import { lostOutputCode, main } from "./main.ts";

/** The exit codes for a process that a signal ended: 128 and the signal's number. */
const endedBy = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143, SIGPIPE: 141 } as const;

/** Milliseconds in which a second signal counts as the same one. The terminal sends Ctrl-C to all processes, and a wrapper forwards it. */
const echo = 100;

/** Runs this process's command line to its end. This is the only function that exits. */
export async function run(argv: readonly string[], launched: Launched | undefined): Promise<void> {
  const interruption = openInterruption();
  let stopped: { readonly code: number; readonly at: number } | undefined;
  /** Stops the run. After the first signal, the run ends when no change is incomplete; after the second one, immediately. */
  const stop = (code: number) => {
    if (stopped && performance.now() - stopped.at > echo) process.exit(stopped.code);
    stopped ??= { code, at: performance.now() };
    interruption.interrupt();
  };
  // A closed terminal or a lost ssh session sends SIGHUP
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) process.on(signal, () => stop(endedBy[signal]));

  // If nothing reads the output anymore (for example `| head`), or the disk is full, finish writes in progress and stop
  let lost: NodeJS.ErrnoException | undefined;
  process.stdout.on("error", (error) => {
    lost ??= error;
    interruption.interrupt();
  });
  // Output on stderr is optional, so its errors are ignored
  process.stderr.on("error", () => {});

  const { context, record } = recordingSummary(processContext(interruption, launched));
  const code = await main(argv, context);
  await record(code);
  // A verb that did not use the kubectl process has not stopped it either
  if (launched) end(launched.child);
  // Idle connections would keep the process running, so it exits. All output must be written first
  lost ??= await written(process.stdout);
  if (lost && lost.code !== "EPIPE") process.stderr.write(`error: ${outputError(lost).message}\n`);
  await written(process.stderr);
  if (!stopped && lost) process.exit(lost.code === "EPIPE" ? endedBy.SIGPIPE : await lostOutputCode(argv));
  process.exit(code === endedBy.SIGINT && stopped ? stopped.code : code);
}

/**
 * Returns the context, and a function that writes the last lines of stderr to the file in TERMINATION_MESSAGE_PATH. The kubelet copies this
 * file to the pod's status (core/v1 terminationMessagePath). After a failure the file stays empty, so the kubelet reads the log instead.
 */
function recordingSummary(context: Context): { readonly context: Context; record(code: number): Promise<void> } {
  const { env, stderr } = context;
  const file = env["TERMINATION_MESSAGE_PATH"];
  if (file === undefined) return { context, record: async () => {} };
  let text = "";
  const write = (more: string) => {
    text = lastLines(text + more);
    stderr.write(more);
  };
  const record = async (code: number) => {
    if (code === 0) await writeFile(file, text.trimEnd()).catch(() => {});
  };
  return { context: { ...context, stderr: { ...stderr, write } }, record };
}
