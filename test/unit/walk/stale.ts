type Store = Map<unknown, unknown> | unknown[];

/** Keeps a copy of what fake servers store. @returns a function that answers a read, which must not wait, from the copy */
export function remember(stores: readonly Store[]): <T>(read: () => T) => T {
  const past = structuredClone(stores);
  return (read) => {
    const now = stores.map((store) => (Array.isArray(store) ? [...store] : new Map(store)));
    fill(stores, past);
    try {
      return read();
    } finally {
      fill(stores, now);
    }
  };
}

function fill(stores: readonly Store[], contents: readonly Store[]): void {
  for (const [index, store] of stores.entries()) {
    const content = contents[index] ?? [];
    if (Array.isArray(store)) store.splice(0, store.length, ...content);
    else {
      store.clear();
      for (const [key, value] of content as Map<unknown, unknown>) store.set(key, value);
    }
  }
}
