/** One call of a fake port: `create secret demo/acr`, `generatePassword demo-acr-1 password1`, `prove app/web:1`. */
export type Asked = {
  readonly port: "cluster" | "azure" | "registry";
  readonly call: string;
  /** What it is about: `secret demo/acr`. */
  readonly at: string;
  readonly namespace?: string | undefined;
  readonly writes: boolean;
  readonly dryRun: boolean;
};

/** Stands around every call: lets it through, refuses it, delays it, or loses its answer. */
export type Around = (asked: Asked, next: () => Promise<unknown>) => Promise<unknown>;

export type Asking = {
  /** Every call so far that changes something, in the order of their beginning. */
  readonly writes: readonly string[];
  /** Every call so far. */
  readonly all: readonly string[];
  /** Puts something around every later call; the last one is the outermost. @returns what takes it away again */
  around(one: Around): () => void;
  /** Forgets the calls so far. */
  forget(): void;
  ask<T>(asked: Asked, answer: () => T | Promise<T>): Promise<T>;
};

/** What the fake ports of one world share: the record of their calls, and what a test puts around them. */
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

/** Refuses the calls that `matches` says, `times` times. */
export function refusing(matches: (asked: Asked) => boolean, error: () => Error, times = Number.POSITIVE_INFINITY): Around {
  let left = times;
  return async (asked, next) => {
    if (left === 0 || !matches(asked)) return next();
    left--;
    throw error();
  };
}

/** Carries out the calls that `matches` says and loses their answers, `times` times. */
export function losing(matches: (asked: Asked) => boolean, error: () => Error, times = 1): Around {
  let left = times;
  return async (asked, next) => {
    if (left === 0 || !matches(asked)) return next();
    left--;
    await next();
    throw error();
  };
}

/** Whether a call is this one, as it is recorded: `create secret demo/acr`. */
export const is =
  (text: string) =>
  ({ call, at, dryRun }: Asked): boolean =>
    `${call} ${at}${dryRun ? " (dry run)" : ""}`.startsWith(text);
