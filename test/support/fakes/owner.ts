import type { Owner } from "../../../src/credential/kind.ts";

/** Whose a credential is to be, where no cluster is asked. */
export function ownerCalled(name: string, words = ""): Owner {
  return {
    secret: "acr",
    words,
    wordsInCluster: async () => words,
    isInOneCluster: async () => true,
    ownName: async () => name,
    owns: async () => true,
    alone: true,
  };
}
