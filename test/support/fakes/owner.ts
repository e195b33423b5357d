import type { Owner } from "../../../src/credential/kind.ts";

/** Returns the owner of a credential without a cluster. */
export function ownerCalled(name: string, words = ""): Owner {
  return {
    secret: "acr",
    words,
    wordsInCluster: async () => words,
    ownName: async () => name,
    owns: async () => true,
    alone: true,
  };
}
