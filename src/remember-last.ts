/**
 * Remembers what came of the last key: thousands of Secrets of a run hold the same.
 * @returns gives what `make` made of the last key where this is the same one, else makes it
 */
export function rememberLast<T>(): (key: string, make: () => T) => T {
  let last: { readonly key: string; readonly made: T } | undefined;
  return (key, make) => {
    if (last?.key !== key) last = { key, made: make() };
    return last.made;
  };
}
