import { createInterface } from "node:readline";
import type { Terminal } from "../src/env.ts";
import { Interrupted } from "../src/errors.ts";

type Pressed = { readonly name?: string };

/**
 * Returns the terminal of this process. It reads keys from stdin and writes to stderr, because stdout is for results.
 * @param signal returns the signal that interrupts the run
 */
export function terminalOf(input: NodeJS.ReadStream, output: NodeJS.WriteStream, signal: () => AbortSignal): Terminal {
  return {
    confirm: async (question) => {
      const lines = createInterface({ input, terminal: true, historySize: 0 });
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      const stop = () => reject(new Interrupted());
      const press = (text = "", { name = "" }: Pressed) => {
        if (text.toLowerCase() === "y") resolve(true);
        if (text.toLowerCase() === "n" || ["return", "enter", "escape"].includes(name)) resolve(false);
      };
      // In raw mode the keyboard sends no signals
      lines.on("SIGINT", () => process.emit("SIGINT"));
      lines.on("SIGTSTP", () => {});
      // After Ctrl-D, or if the terminal is closed
      lines.once("close", () => resolve(false));
      input.on("keypress", press);
      const ends = signal();
      ends.addEventListener("abort", stop);
      output.write(question);
      try {
        const yes = await promise;
        output.write(yes ? "y\n" : "n\n");
        return yes;
      } finally {
        ends.removeEventListener("abort", stop);
        input.off("keypress", press);
        lines.close();
      }
    },
  };
}
