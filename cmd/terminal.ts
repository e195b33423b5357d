import { createInterface } from "node:readline";
import type { Terminal } from "../src/env.ts";
import { Interrupted } from "../src/errors.ts";
import type { styleFor } from "../src/output/style.ts";

type Style = ReturnType<typeof styleFor>;

type Pressed = { readonly name?: string; readonly ctrl: boolean };

/** The lines of a checkbox prompt without its choices: the question, a blank line, an error and two lines of keys. */
const otherLines = 5;

/**
 * Returns the terminal of this process. It reads keys from stdin and writes to stderr, because stdout is for results.
 * @param signal returns the signal that interrupts the run
 */
export function terminalOf(input: NodeJS.ReadStream, output: NodeJS.WriteStream, style: Style, signal: () => AbortSignal): Terminal {
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
      const choices = labels.map((name, value) => ({ name, value }));
      const pageSize = Math.max(1, Math.min(10, (output.rows || 24) - otherLines));
      const prompt = { message: question, choices, pageSize, required: true, theme: themeOf(style) };
      return untilLeft(input, signal(), (ends) => checkbox(prompt, { input, output, clearPromptOnDone: true, signal: ends }));
    },
  };
}

/**
 * Ends a prompt on Escape, on Ctrl-D and if the terminal is closed. The library does none of this.
 * @returns undefined for a prompt that ended this way
 */
async function untilLeft<T>(
  input: NodeJS.ReadStream,
  interrupted: AbortSignal,
  ask: (ends: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const left = new AbortController();
  const leave = () => left.abort();
  const press = (_: unknown, { name, ctrl }: Pressed) => {
    if (name === "escape" || (ctrl && name === "d")) leave();
  };
  input.on("keypress", press);
  input.once("end", leave);
  try {
    return await ask(AbortSignal.any([left.signal, interrupted]));
  } catch (error) {
    if (left.signal.aborted) return undefined;
    const isCtrlC = error instanceof Error && error.name === "ExitPromptError";
    // The entry point decides what a signal does
    if (isCtrlC) process.emit("SIGINT");
    if (isCtrlC || interrupted.aborted) throw new Interrupted();
    throw error;
  } finally {
    input.off("keypress", press);
    input.off("end", leave);
  }
}

/** Returns the theme of prompts. The library would choose colors for stdout, and by its own rules. */
const themeOf = ({ bold, green, cyan, dim, red }: Style) => ({
  prefix: { idle: "", done: "" },
  icon: { checked: green("[x]"), unchecked: "[ ]", cursor: ">" },
  style: {
    message: (text: string) => bold(text),
    highlight: (text: string) => cyan(text),
    error: (text: string) => red(text),
    keysHelpTip: (keys: readonly (readonly [string, string])[]) =>
      dim([...keys.map(([key, action]) => `${key}: ${action}`), "esc: leave"].join(", ")),
  },
});
