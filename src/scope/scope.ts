/** What a command is about: namespaces of clusters. Plain data, as the command line said it. */
export type Scope = {
  readonly contexts: "current" | "all" | readonly string[];
  readonly namespaces: "current" | "all" | { readonly names: readonly string[]; readonly globs: readonly string[] };
  /** A label selector for namespaces; it goes with `all`. */
  readonly selector: string | undefined;
  /** Globs of namespaces that are left out. */
  readonly exclude: readonly string[];
  /** `kube-*` is left out unless it is asked for. */
  readonly includeSystem: boolean;
};

/** Whether the namespaces have to be asked for, so that there may be any number of them. */
export const isOpen = ({ namespaces, selector }: Scope): boolean =>
  namespaces === "all" || selector !== undefined || (namespaces !== "current" && namespaces.globs.length > 0);

/** Whether a namespace belongs to a scope. One that is named, or the current one, does so whatever it is called, unless it is left out. */
export function includes({ namespaces, exclude, includeSystem }: Scope, name: string, writes: boolean): boolean {
  const named = namespaces === "current" || (namespaces !== "all" && namespaces.names.includes(name));
  if (exclude.some((glob) => matchesGlob(glob, name))) return false;
  if (named) return true;
  if (writes && !includeSystem && name.startsWith("kube-")) return false;
  return namespaces === "all" || namespaces.globs.some((glob) => matchesGlob(glob, name));
}

/** Whether a word may name several: it has what no name has. */
export const isGlob = (word: string): boolean => /[*?]/.test(word);

/** `*` stands for any text, `?` for one character. */
export function matchesGlob(glob: string, name: string): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${pattern}$`, "s").test(name);
}
