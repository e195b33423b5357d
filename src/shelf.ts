/** What an object was that is deleted to be made anew: its manifest, its uid, and that of its namespace. */
export type Shelved = { readonly in: string; readonly uid: string; readonly object: object };

/** Where manifests lie until what they are of stands again: outside of the process, so that a run that is killed leaves them to the next. */
export type Shelf = {
  /** @returns the file that has it, which `kubectl create -f` takes @throws CliError config where it cannot be kept */
  put(one: Shelved): Promise<string>;
  all(): Promise<readonly (Shelved & { readonly path: string })[]>;
  drop(path: string): Promise<void>;
};
