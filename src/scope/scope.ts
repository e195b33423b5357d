/** The namespaces that a command line selects, as plain data. */
export type Scope = {
  readonly namespaces: "current" | "all" | { readonly names: readonly string[]; readonly globs: readonly string[] };
  /** A label selector for namespaces. Requires `all`. */
  readonly selector: string | undefined;
  /** Patterns of namespaces to skip. */
  readonly exclude: readonly string[];
  /** Includes `kube-*`, which is skipped by default. */
  readonly includeSystem: boolean;
};

/** Whether the namespaces must be listed by the server, so that their number is not known. */
export const isOpen = ({ namespaces, selector }: Scope): boolean =>
  namespaces === "all" || selector !== undefined || (namespaces !== "current" && namespaces.globs.length > 0);

/** Whether a scope contains a namespace. A named or current namespace is contained regardless of its name, unless it is excluded. */
export function includes({ namespaces, exclude, includeSystem }: Scope, name: string, writes: boolean): boolean {
  const named = namespaces === "current" || (namespaces !== "all" && namespaces.names.includes(name));
  if (exclude.some((glob) => matchesGlob(glob, name))) return false;
  if (named) return true;
  if (writes && !includeSystem && name.startsWith("kube-")) return false;
  return namespaces === "all" || namespaces.globs.some((glob) => matchesGlob(glob, name));
}

/** Returns the scope of the namespaces with these names or patterns; without any, of all that the selector selects. */
export function scopeOfNamespaces(words: readonly string[], selector?: string): Scope {
  const names = [...new Set(words.filter((word) => !isGlob(word)))];
  const globs = [...new Set(words.filter(isGlob))];
  return { namespaces: words.length > 0 ? { names, globs } : "all", selector, exclude: [], includeSystem: false };
}

/** Whether a word is a pattern: it contains a character that no name contains. */
export const isGlob = (word: string): boolean => /[*?]/.test(word);

/**
 * Whether a name matches a pattern, in which `*` stands for any text and `?` for one character. Anyone in a namespace can record a pattern,
 * so it goes back only to the last `*`: a regular expression needs hours for some patterns.
 */
export function matchesGlob(glob: string, name: string): boolean {
  let [at, star, from] = [0, -1, 0];
  for (let next = 0; next < name.length; ) {
    if (glob[at] === "*") [star, from] = [at++, next];
    else if (glob[at] === "?" || glob[at] === name[next]) [at, next] = [at + 1, next + 1];
    else if (star < 0) return false;
    else [at, next] = [star + 1, ++from];
  }
  return /^\**$/.test(glob.slice(at));
}
