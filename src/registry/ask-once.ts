import type { ImageRef, Login, Platform, Proof, Registry } from "./port.ts";

/**
 * Sends each question of a run only once: one image with one login, whatever Secret, ServiceAccount or namespace it comes from. Callers
 * that ask at the same time share one request.
 */
export function askOnce(registry: Registry): Registry {
  const proofs = new Map<string, Promise<Proof>>();
  return {
    ...registry,
    prove(image, login, platforms) {
      const key = keyOf(image, login, platforms);
      const proof = proofs.get(key) ?? registry.prove(image, login, platforms);
      proofs.set(key, proof);
      // An exception is not a response of the registry, so it is not cached
      proof.catch(() => proofs.delete(key));
      return proof;
    },
  };
}

/** The password is hashed, so that no key of the map contains its text. */
const keyOf = ({ host, repository, reference }: ImageRef, login: Login | undefined, platforms: readonly Platform[] | undefined): string =>
  JSON.stringify([host, repository, reference, login?.password.hash(login.username), platforms]);
