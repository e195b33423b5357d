import type { Shelf, Shelved } from "../../../src/shelf.ts";

/** A shelf in memory, which outlives the command lines that use it. */
export function fakeShelf(): Shelf & { readonly lying: ReadonlyMap<string, Shelved> } {
  const lying = new Map<string, Shelved>();
  let count = 0;
  return {
    lying,
    put: async (one) => {
      const path = `/home/jane/.kube/acr-secret/${++count}.json`;
      lying.set(path, structuredClone(one));
      return path;
    },
    all: async () => [...lying].map(([path, one]) => ({ ...one, path })),
    drop: async (path) => void lying.delete(path),
  };
}
