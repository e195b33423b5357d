/** A stream to print to. `columns` is 0 if its width is unknown. */
export type Sink = { write(text: string): void; readonly isTTY: boolean; readonly columns: number };

/** A terminal with a person at it. The questions and labels are shown as they are. */
export type Terminal = {
  /** Waits for yes or no. Enter is no. @throws Interrupted */
  confirm(question: string): Promise<boolean>;
  /** Lets the person select labels. @returns their indexes, at least one; undefined after Escape or Ctrl-D @throws Interrupted */
  select(question: string, labels: readonly string[]): Promise<readonly number[] | undefined>;
};

/** The environment variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Prints a line on stderr if `-v` is at least `level` (6 requests, 8 bodies, as in kubectl). `line` is called only then. */
export type Trace = (level: number, line: () => string) => void;
