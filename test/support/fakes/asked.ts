/** One call of a fake port: `create secret demo/acr`, `generatePassword demo-acr-1 password1`, `prove app/web:1`. */
export type Asked = {
  readonly port: "cluster" | "azure" | "registry";
  readonly call: string;
  /** The object of the call: `secret demo/acr`. */
  readonly at: string;
  readonly namespace?: string | undefined;
  readonly writes: boolean;
  readonly dryRun: boolean;
};

/** Wraps every call: lets it pass, rejects it, delays it, or loses its response. */
export type Around = (asked: Asked, next: () => Promise<unknown>) => Promise<unknown>;

export type Asking = {
  /** Every call so far that changes something, in the order of their start. */
  readonly writes: readonly string[];
  readonly all: readonly string[];
  /** Adds a wrapper around every later call. The last one is the outermost. @returns a function that removes it */
  around(one: Around): () => void;
  forget(): void;
  ask<T>(asked: Asked, answer: () => T | Promise<T>): Promise<T>;
};

/** Returns the state that the fake ports of one world share: the record of their calls, and the wrappers of a test. */
export function openAsking(): Asking {
  const all: { readonly text: string; readonly writes: boolean }[] = [];
  const arounds: Around[] = [];
  return {
    get writes() {
      return all.flatMap(({ text, writes }) => (writes ? text : []));
    },
    get all() {
      return all.map(({ text }) => text);
    },
    around: (one) => {
      arounds.push(one);
      return () => void arounds.splice(arounds.indexOf(one), 1);
    },
    forget: () => void all.splice(0),
    ask: async <T>(asked: Asked, answer: () => T | Promise<T>) => {
      all.push({ text: `${asked.call} ${asked.at}${asked.dryRun ? " (dry run)" : ""}`, writes: asked.writes && !asked.dryRun });
      const through = arounds.reduce<() => Promise<unknown>>(
        (next, one) => () => one(asked, next),
        async () => answer(),
      );
      return (await through()) as T;
    },
  };
}

/** Rejects the first `times` calls for which `matches` is true. */
export function refusing(matches: (asked: Asked) => boolean, error: () => Error, times = Number.POSITIVE_INFINITY): Around {
  let left = times;
  return async (asked, next) => {
    if (left === 0 || !matches(asked)) return next();
    left--;
    throw error();
  };
}

/** Applies the calls for which `matches` is true, but loses their responses, `times` times. */
export function losing(matches: (asked: Asked) => boolean, error: () => Error, times = 1): Around {
  let left = times;
  return async (asked, next) => {
    if (left === 0 || !matches(asked)) return next();
    left--;
    await next();
    throw error();
  };
}

/** Whether a call is the given one, as it is recorded: `create secret demo/acr`. */
export const is =
  (text: string) =>
  ({ call, at, dryRun }: Asked): boolean =>
    `${call} ${at}${dryRun ? " (dry run)" : ""}`.startsWith(text);
