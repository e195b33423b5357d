import type { ImageRef, Login, Registry } from "../../src/context.ts";
import { buildKeyring } from "../../src/kubelet/keyring.ts";
import type { Secret } from "../../src/objects.ts";
import type { Held } from "../../src/plan/store.ts";
import { readProvenance } from "../../src/secret/provenance.ts";

/** A Secret for a plan, and the login inside for a registry, as the kubelet would pick it. */
export function readHeld(secret: Secret, host: string): { held: Held; login: Login | undefined } {
  const provenance = readProvenance(secret);
  const held: Held = {
    uid: secret.metadata.uid ?? "",
    type: secret.type ?? "Opaque",
    immutable: secret.immutable ?? false,
    credential: "unproven",
    ...(provenance && { provenance }),
  };
  const keyring = buildKeyring([{ ...secret, name: secret.metadata.name }]);
  return { held, login: keyring.lookup({ host, repository: "any", reference: "latest" })[0]?.login };
}

/** Asks the registry whether the credential that a Secret holds still pulls one of these images. */
export async function testHeld(
  held: Held,
  login: Login | undefined,
  image: ImageRef | undefined,
  registry: Registry,
  now: Date,
): Promise<Held> {
  const expiresAt = held.provenance?.expiresAt;
  if (!login || (expiresAt && new Date(expiresAt) <= now)) return { ...held, credential: "dead" };
  if (!image) return held;
  const { verdict } = await registry.prove(image, login);
  return { ...held, credential: verdict === "pulls" ? "works" : verdict === "refused" ? "dead" : "unproven" };
}
