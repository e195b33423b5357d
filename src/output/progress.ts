import type { Environment, Sink } from "../env.ts";
import { printable, shortened } from "./printable.ts";
import { colored } from "./style.ts";

/** Shows progress, on terminals only, and removes it afterwards. */
type Progress = {
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** Prints a line instead of the current one. */
  print(text: string): void;
  /** Shows the progress of a run over many places; nothing for a single place. */
  count(total: number): { show(done: number): void; clear(): void };
};

/**
 * A spinner on stderr. It is off without a terminal, in CI, and with TERM=dumb. It is off on a terminal of unknown width, because ora would
 * redraw forever. With `-v` it is off, because it would overwrite the trace.
 */
export function progressOn(stderr: Sink, env: Environment, verbosity: number, now: () => Date): Progress {
  const enabled = stderr.isTTY && stderr.columns > 0 && env["CI"] === undefined && env["TERM"] !== "dumb" && verbosity < 4;
  const none = { show: () => {}, clear: () => {} };
  const print = (text: string) => stderr.write(`${printable(text)}\n`);
  if (!enabled) return { print, during: (_, work) => work(), count: () => none };
  let counting = false;
  let spinning = false;
  return {
    print: (text) => {
      if (counting) stderr.write(clearLine);
      print(text);
    },
    count: (total) => {
      counting = total > 1;
      return counting ? counter(stderr, total, now) : none;
    },
    during: async (what, work) => {
      // There is only one line for progress
      if (counting || spinning) return work();
      spinning = true;
      const { default: ora } = await import("ora");
      const spinner = ora({ text: fitting(what, stderr), discardStdin: false, color: colored(stderr, env) ? "cyan" : false }).start();
      try {
        return await work();
      } finally {
        spinner.stop();
        spinning = false;
      }
    },
  };
}

const clearLine = "\r\u001b[K";

/** A line that wraps could not be removed again. The spinner needs two columns. */
const fitting = (what: string, { columns }: Sink) => shortened(printable(what), columns - 3);

/** `412 of 1000 namespaces, 180/s, 3s left`, redrawn in place. */
function counter(stderr: Sink, total: number, now: () => Date): { show(done: number): void; clear(): void } {
  const start = now().getTime();
  let shown = false;
  return {
    show: (done) => {
      shown = true;
      const rate = done / Math.max((now().getTime() - start) / 1000, 0.001);
      const left = rate > 0 ? `, ${Math.round(rate)}/s, ${Math.ceil((total - done) / rate)}s left` : "";
      stderr.write(`${shortened(`${done} of ${total} namespaces${left}`, stderr.columns - 1)}`);
    },
    clear: () => {
      if (shown) stderr.write(clearLine);
      shown = false;
    },
  };
}
