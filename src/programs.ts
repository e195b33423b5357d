/** The programs that are found by their names, in the folders of PATH. What cannot be done is a CliError of kind config. */
export type Programs = {
  readonly system: "posix" | "windows";
  /** The folders of PATH, in their order. */
  readonly folders: readonly string[];
  /** The path of the program that runs under this name; undefined for none. */
  find(name: string): Promise<string | undefined>;
  /** Whether a folder, by whatever path to it, is one of these. */
  searches(folder: string): Promise<boolean>;
  /** Why nothing can be put into a folder; undefined where it can. */
  closed(folder: string): Promise<string | undefined>;
  /** The text of a file; undefined where there is none. */
  read(path: string): Promise<string | undefined>;
  /** Makes a program of this text, or another of the one that is there. */
  put(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
};
