import type { Named } from "../context.ts";
import type { Secret } from "../objects.ts";
import { type Provenance, writeProvenance } from "./provenance.ts";

export const dockerConfigJson = "kubernetes.io/dockerconfigjson";

/** The Secret that we apply. Without a text (`dockerConfig`) it is a sketch for a dry run: nothing was minted yet. */
export function pullSecret({ namespace, name }: Named, provenance: Provenance, dockerConfig: string): Secret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, ...writeProvenance(provenance) },
    type: dockerConfigJson,
    data: { ".dockerconfigjson": Buffer.from(dockerConfig).toString("base64") },
  };
}
