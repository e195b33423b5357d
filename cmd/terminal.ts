import { createInterface } from "node:readline";
import type { Terminal } from "../src/env.ts";
import { Interrupted } from "../src/errors.ts";

type Pressed = { readonly name?: string; readonly ctrl: boolean };

/** The lines of a checkbox prompt without its choices: the question, a blank line, an error and two lines of keys. */
const otherLines = 5;

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
    select: async (question, labels) => {
      const { default: checkbox } = await import("@inquirer/checkbox");
      const [interrupted, left] = [signal(), new AbortController()];
      const leave = () => left.abort();
      // The library ignores these keys
      const press = (_: unknown, { name, ctrl }: Pressed) => (name === "escape" || (ctrl && name === "d")) && leave();
      input.on("keypress", press).once("end", leave);
      const choices = labels.map((name, value) => ({ name, value }));
      const pageSize = Math.max(1, Math.min(10, (output.rows || 24) - otherLines));
      const how = { input, output, clearPromptOnDone: true, signal: AbortSignal.any([left.signal, interrupted]) };
      return checkbox({ message: question, choices, pageSize, required: true, theme }, how)
        .catch((error: Error) => {
          // The entry point decides what a signal does
          if (error.name === "ExitPromptError") process.emit("SIGINT");
          if (interrupted.aborted) throw new Interrupted();
          if (!left.signal.aborted) throw error;
          return undefined;
        })
        .finally(() => input.off("keypress", press).off("end", leave));
    },
  };
}

/** Characters that every terminal shows, and the key that the library doesn't know. */
const theme = {
  prefix: "",
  icon: { checked: "[x]", unchecked: "[ ]", cursor: ">" },
  style: { keysHelpTip: (keys: readonly (readonly string[])[]) => [...keys.map((key) => key.join(": ")), "esc: leave"].join(", ") },
};
