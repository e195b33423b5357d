import { createInterface } from "node:readline";
import type { Key, Terminal } from "../src/env.ts";
import { Interrupted } from "../src/errors.ts";

/** Milliseconds after which Escape is itself, and not the beginning of an arrow. */
const escapeCodeTimeout = 50;

/** What a terminal has that does not know its size. */
const unknown = { columns: 80, rows: 24 };

type Pressed = { readonly name?: string; readonly ctrl: boolean; readonly meta: boolean };

/**
 * The terminal at which a person sits: keys from stdin, which readline takes apart, and the size of what stderr is shown on.
 * Node gives the terminal back as it was when readline is closed, and at any end of the process.
 *
 * @param signal what ends a wait
 */
export function terminalOf(stdin: () => NodeJS.ReadStream, shown: () => NodeJS.WriteStream, signal: () => AbortSignal): Terminal {
  return {
    size: () => ({ columns: shown().columns || unknown.columns, rows: shown().rows || unknown.rows }),
    until: async (hear) => {
      const ends = signal();
      const input = stdin();
      const lines = createInterface({ input, terminal: true, escapeCodeTimeout, historySize: 0 });
      // The keyboard gives no signals now; what Ctrl-C does is the entry's to say
      lines.on("SIGINT", () => process.emit("SIGINT"));
      // There may be no shell to go on with it
      lines.on("SIGTSTP", () => {});
      const { promise, resolve, reject } = Promise.withResolvers<NonNullable<ReturnType<typeof hear>>>();
      let over = false;
      const offer = (event: Key | "resized" | "ready") => {
        // Keys that come at once are all told of before anybody can stop listening
        if (over) return;
        try {
          const end = hear(event);
          over = end !== undefined;
          if (end !== undefined) resolve(end);
        } catch (error) {
          reject(error);
        }
      };
      const pressed = (text: string | undefined, key: Pressed) => offer(keyOf(text, key));
      const resized = () => offer("resized");
      const stop = () => reject(new Interrupted());
      input.on("keypress", pressed);
      shown().on("resize", resized);
      // By Ctrl-D, or since the terminal has gone
      lines.once("close", () => offer({ name: "escape", text: "" }));
      ends.addEventListener("abort", stop);
      if (ends.aborted) stop();
      offer("ready");
      try {
        return await promise;
      } finally {
        over = true;
        ends.removeEventListener("abort", stop);
        shown().off("resize", resized);
        input.off("keypress", pressed);
        lines.close();
      }
    },
  };
}

/** A key as readline tells it. What comes as several characters is a key's code, and types nothing. */
function keyOf(text: string | undefined, { name = "", ctrl, meta }: Pressed): Key {
  if (ctrl) return { name: `ctrl-${name}`, text: "" };
  const types = !meta && text !== undefined && [...text].length === 1 && text >= " " && text !== "\u007f";
  return { name: name === "enter" ? "return" : name, text: types ? text : "" };
}
