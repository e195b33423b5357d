/** The files of the machine, where more than a text is wanted of them. What cannot be done is a CliError of kind config. */
export type Files = {
  /** What is there; undefined for nothing. */
  look(path: string): Promise<"file" | "folder" | undefined>;
  /** What a folder holds, by name. */
  list(folder: string): Promise<readonly { readonly name: string; readonly isFolder: boolean }[]>;
  bytes(path: string): Promise<Uint8Array>;
  /** Gives files other contents: all of them, or none where one cannot be written or is not as it was read. */
  replace(files: readonly Replacement[]): Promise<void>;
  /** Creates a file that only you can read. @returns false if the path exists */
  create(path: string, text: string): Promise<boolean>;
  remove(path: string): Promise<void>;
};

export type Replacement = { readonly path: string; readonly before: Uint8Array; readonly after: Uint8Array };
