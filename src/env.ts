/** A stream to print to. `columns` is 0 if its width is unknown. */
export type Sink = { write(text: string): void; readonly isTTY: boolean; readonly columns: number };

/** A key that was pressed: its name (`up`, `return`, `ctrl-a`) and the text that it types. Either may be empty. */
export type Key = { readonly name: string; readonly text: string };

/** Width and height of a terminal, in characters. */
export type Size = { readonly columns: number; readonly rows: number };

export type Terminal = {
  size(): Size;
  /**
   * Passes each key and each change of the size to `hear` until it returns a value. The terminal echoes no key from `ready` on, the first
   * event.
   * @throws CliError cancelled if interrupted; what `hear` throws
   */
  until<T extends object>(hear: (event: Key | "resized" | "ready") => T | undefined): Promise<T>;
};

/** The environment variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Prints a line on stderr if `-v` is at least `level` (6 requests, 8 bodies, as in kubectl). `line` is called only then. */
export type Trace = (level: number, line: () => string) => void;
