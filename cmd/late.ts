/** What is made when it is first asked for. */
export type Late<T> = {
  get(): T;
  /** What was made; undefined where nobody has asked. */
  readonly made: T | undefined;
};

export function late<T extends object>(make: () => T): Late<T> {
  let made: T | undefined;
  return {
    get: () => {
      made ??= make();
      return made;
    },
    get made() {
      return made;
    },
  };
}
