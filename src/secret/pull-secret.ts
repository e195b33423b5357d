import type { Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import { toData } from "./docker-config.ts";
import { type Entry, noteEntries } from "./entry.ts";

export const dockerConfigJson = "kubernetes.io/dockerconfigjson";

/** A pull secret as it is made where there is none. @param config the text under `.dockerconfigjson` */
export function pullSecret({ namespace = "", name }: Ref, entry: Entry, config: string): Secret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, ...noteEntries([entry]) },
    type: dockerConfigJson,
    data: { ".dockerconfigjson": toData(config) },
  };
}

/** The merge patch that gives a Secret, on the version that it was looked at, another login; what else is on it stays. */
export function pullSecretPatch(version: string, entry: Entry, config: string): object {
  return { metadata: { resourceVersion: version, ...noteEntries([entry]) }, data: { ".dockerconfigjson": toData(config) } };
}
