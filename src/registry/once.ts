import type { ImageRef, Login, Proof, Registry } from "./port.ts";

/**
 * Asks a registry once for what is asked several times in a run: one image with one login, whatever Secret, ServiceAccount or
 * namespace it comes from. Who asks while the first answer is on its way waits for that one.
 */
export function askOnce(registry: Registry): Registry {
  const proofs = new Map<string, Promise<Proof>>();
  return {
    ...registry,
    prove(image, login) {
      const key = keyOf(image, login);
      const known = proofs.get(key);
      if (known) return known;
      const proof = registry.prove(image, login);
      proofs.set(key, proof);
      // What was thrown is no answer of the registry
      proof.catch(() => proofs.delete(key));
      return proof;
    },
  };
}

/** The password is hashed, so that no key of the map holds its text. */
const keyOf = ({ host, repository, reference }: ImageRef, login: Login | undefined): string =>
  JSON.stringify([host, repository, reference, login?.password.hash(login.username)]);
