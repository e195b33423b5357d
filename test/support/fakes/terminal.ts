import type { Key, Size, Terminal } from "../../../src/env.ts";
import { Interrupted } from "../../../src/errors.ts";

/** What a person does at a terminal: types a text, presses a key, `<down>`, or makes the window another size. */
export type Doing = string | Size;

/** A terminal at which somebody does this, one after the other. @param interrupt what Ctrl-C calls */
export function fakeTerminal(doings: readonly Doing[], interrupt: () => void): Terminal {
  let size: Size = { columns: 80, rows: 24 };
  function* events() {
    yield "ready" as const;
    for (const doing of doings) {
      if (typeof doing === "string") yield* keysOf(doing);
      else {
        size = doing;
        yield "resized" as const;
      }
    }
  }
  return {
    size: () => size,
    until: async (hear) => {
      for (const event of events()) {
        if (typeof event === "object" && event.name === "ctrl-c") {
          interrupt();
          throw new Interrupted();
        }
        const end = hear(event);
        if (end !== undefined) return end;
      }
      throw new Error("nobody presses another key");
    },
  };
}

/** The keys of `<down>`, or of a text. */
export const keysOf = (doing: string): Key[] =>
  /^<.+>$/.test(doing) ? [{ name: doing.slice(1, -1), text: "" }] : [...doing].map((text) => ({ name: text === " " ? "space" : "", text }));
