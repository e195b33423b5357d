/** A stream to print to. `columns` is 0 if its width is unknown. */
export type Sink = { write(text: string): void; readonly isTTY: boolean; readonly columns: number };

/** A terminal with a person at it. Questions are printed unchanged. */
export type Terminal = {
  /** Waits for yes or no. Enter is no. @throws Interrupted */
  confirm(question: string): Promise<boolean>;
};

/** The environment variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Prints a line on stderr if `-v` is at least `level` (6 requests, 8 bodies, as in kubectl). `line` is called only then. */
export type Trace = (level: number, line: () => string) => void;

/** Waits some milliseconds. `what` is the server that the run waits for, and why: it is printed if the wait may be long. */
export type Sleep = (milliseconds: number, what?: string) => Promise<void>;

/** What requests to a server use. */
export type RequestTools = {
  readonly env: Environment;
  readonly trace: Trace;
  /** Returns the signal that aborts requests and waits. Called for each, because a rollback after an interruption uses another signal. */
  signal(writes?: boolean): AbortSignal;
  readonly sleep: Sleep;
  now(): Date;
};

/** Operations on the machine's files. A failure is a CliError of kind config. */
export type Files = {
  /** The type of a path; undefined if it does not exist. */
  look(path: string): Promise<"file" | "folder" | undefined>;
  read(path: string): Promise<string>;
  list(path: string): Promise<readonly string[]>;
  /** Reads a regular file of a folder. A link to a file in the folder is one, as in a mounted ConfigMap. */
  readIn(folder: string, name: string): Promise<string>;
  /** Creates a file that only you can read. @returns false if the path exists */
  create(path: string, text: string): Promise<boolean>;
  remove(path: string): Promise<void>;
};
